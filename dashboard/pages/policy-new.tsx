import { useState } from "react";
import type { PolicyTestCase } from "../../shared/api/policies.ts";
import { useWrite } from "../api.ts";
import { AllTheSame } from "../components/all-the-same.tsx";
import { CedarEditor } from "../components/cedar-editor.tsx";
import { Field } from "../components/field.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Failure, issueOf } from "../components/states.tsx";
import { navigate } from "../lib/router.ts";
import { useUnsavedGuard } from "../lib/unsaved.ts";
import { useValidation } from "./policy-draft.ts";
import { PolicyFormCard } from "./policy-form.tsx";
import { PolicyReview } from "./policy-review.tsx";
import { PolicyTests } from "./policy-tests.tsx";
import { Tester } from "./tester.tsx";

const TEMPLATE = `// Who may do what, and when.
permit (
  principal in Group::"engineering",
  action in Action::"access",
  resource == App::"wiki"
);
`;

export function NewPolicy() {
  const [name, setName] = useState("");
  const [source, setSource] = useState(TEMPLATE);
  const [tests, setTests] = useState<readonly PolicyTestCase[]>([]);
  const validation = useValidation(source);
  const create = useWrite("policies.create");
  useUnsavedGuard(source !== TEMPLATE && !create.isSuccess);
  const [reviewed, setReviewed] = useState<string | null>(null);
  const body = { name: name.trim(), source, tests: [...tests] };
  const open = { onSuccess: (policy: { id: string }) => navigate("policies", policy.id) };
  return (
    <>
      <PageHead title="Write a policy" />
      <Failure error={create.error} />
      <AllTheSame write={create} label="Publish all the same" onDone={open.onSuccess} />
      <div className="card">
        <Field label="Name" error={issueOf(create.error, "/name")}>
          {(c) => (
            <input {...c} value={name} maxLength={100} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
        <PolicyFormCard
          source={source}
          forms={validation.forms}
          onlyText={validation.onlyText}
          onChange={setSource}
        />
        <h2 className="spaced">Cedar</h2>
        <CedarEditor label="Policy text" source={source} onChange={setSource} {...validation} />
        <div className="actions">
          <button
            type="button"
            className="button"
            disabled={!validation.valid || body.name === ""}
            onClick={() => setReviewed(source)}
          >
            Review
          </button>
          <button
            type="button"
            className="button plain"
            disabled={!validation.valid || body.name === "" || create.isPending}
            onClick={() => create.mutate({ body: { ...body, shadow: true } }, open)}
          >
            Try it in shadow
          </button>
        </div>
        <p className="muted">
          In shadow, it is asked with every request and decides nothing. Each decision keeps what it would
          have changed.
        </p>
      </div>
      {reviewed === source && validation.valid && body.name !== "" && (
        <PolicyReview
          name={body.name}
          source={source}
          tests={tests}
          label="Publish"
          busy={create.isPending}
          onPublish={({ despiteTests, despiteLockOut }) =>
            create.mutate(
              {
                body: { ...body, ...(despiteTests ? { despiteTests } : {}) },
                query: despiteLockOut ? { despiteLockOut } : {},
              },
              open,
            )
          }
          onBack={() => setReviewed(null)}
        />
      )}
      <h2>Try it before publishing</h2>
      <Tester
        draft={validation.valid ? { name: name.trim() || "draft", source } : null}
        waits={!validation.valid}
        onKeep={(test) => setTests([...tests, test])}
      />
      <h2>Tests</h2>
      <PolicyTests tests={tests} onRemove={(at) => setTests(tests.toSpliced(at, 1))} />
    </>
  );
}
