import { useState } from "react";
import { ApiError } from "../../shared/api/client.ts";
import type { Answer } from "../../shared/api/endpoints.ts";
import type { PolicyTestCase } from "../../shared/api/policies.ts";
import { call, etagOf, useApi, useMayWrite, useWrite } from "../api.ts";
import { CedarEditor } from "../components/cedar-editor.tsx";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { Conflict } from "../components/conflict.tsx";
import { Field } from "../components/field.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Failure, issueOf, Loaded } from "../components/states.tsx";
import { navigate } from "../lib/router.ts";
import { useUnsavedGuard } from "../lib/unsaved.ts";
import { HistoryCard } from "./history-card.tsx";
import { useValidation } from "./policy-draft.ts";
import { PolicyFormCard } from "./policy-form.tsx";
import { PolicyReach } from "./policy-reach.tsx";
import { PolicyTests } from "./policy-tests.tsx";
import { PolicyVersions } from "./policy-versions.tsx";
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
  return (
    <>
      <PageHead title="Write a policy" />
      <Failure error={create.error} />
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
            disabled={!validation.valid || name.trim() === "" || create.isPending}
            onClick={() =>
              create.mutate(
                { body: { name: name.trim(), source, tests: [...tests] } },
                { onSuccess: (policy) => navigate("policies", policy.id) },
              )
            }
          >
            Publish
          </button>
        </div>
      </div>
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

export function EditPolicy({ id }: { readonly id: string }) {
  const policy = useApi("policies.get", { params: { policy: id } });
  return (
    <>
      <PageHead title={policy.data?.name ?? "Policy"} />
      <Loaded query={policy}>{(data) => <EditLoadedPolicy loaded={data} />}</Loaded>
    </>
  );
}

type Policy = Answer<"policies.get">;

const isFailedTest = (error: unknown): boolean =>
  error instanceof ApiError && error.problem.code === "policy_test_failed";

/** Edits the version that was loaded first; a newer one only replaces it when the administrator says so. */
function EditLoadedPolicy({ loaded }: { readonly loaded: Policy }) {
  const [base, setBase] = useState(loaded);
  const [source, setSource] = useState(loaded.source);
  const [tests, setTests] = useState<readonly PolicyTestCase[]>(loaded.tests);
  const [note, setNote] = useState("");
  const mayWrite = useMayWrite();
  const validation = useValidation(source);
  const publish = useWrite("policies.publish");
  const update = useWrite("policies.update");
  const rollback = useWrite("policies.rollback");
  const remove = useWrite("policies.delete");
  const writes = [publish, update, rollback, remove];
  const text = { source, note, tests: [...tests] };
  const target = { params: { policy: base.id }, ifMatch: etagOf(base) };
  const changed = source !== base.source || tests !== base.tests;
  useUnsavedGuard(changed);

  const take = (policy: Policy) => {
    setBase(policy);
    setSource(policy.source);
    setTests(policy.tests);
    setNote("");
  };
  const begin = () => {
    for (const write of writes) write.reset();
  };
  const takeTheirs = async () => {
    take(await call("policies.get", { params: { policy: base.id } }));
    begin();
  };
  return (
    <>
      <Conflict error={writes.find((write) => write.error)?.error} onReload={takeTheirs} />
      {isFailedTest(publish.error) && (
        <ConfirmButton
          label="Publish all the same"
          question="Publish although tests fail?"
          onConfirm={(why) =>
            publish.mutate(
              { ...target, note: why, body: { ...text, despiteTests: true } },
              { onSuccess: take },
            )
          }
        >
          The audit log keeps which tests failed. They stay with the policy and must hold next time.
        </ConfirmButton>
      )}
      {writes.some((write) => write.isSuccess) && (
        <p className="notice good" role="status">
          Done: version {base.currentVersion} is {base.enabled ? "in force" : "switched off"}.
        </p>
      )}
      <div className="card">
        {mayWrite && (
          <PolicyFormCard
            source={source}
            forms={validation.forms}
            onlyText={validation.onlyText}
            onChange={setSource}
          />
        )}
        <CedarEditor
          label="Policy text"
          source={source}
          onChange={setSource}
          readOnly={!mayWrite}
          {...validation}
        />
        {mayWrite && (
          <>
            <Field label="Note about this change">
              {(c) => (
                <input
                  {...c}
                  value={note}
                  maxLength={500}
                  onChange={(event) => setNote(event.target.value)}
                />
              )}
            </Field>
            <div className="actions spaced">
              <button
                type="button"
                className="button"
                disabled={!changed || !validation.valid || publish.isPending}
                onClick={() => {
                  begin();
                  publish.mutate({ ...target, body: text }, { onSuccess: take });
                }}
              >
                Publish version {base.currentVersion + 1}
              </button>
              <SwitchPolicy
                policy={base}
                busy={update.isPending}
                onSwitch={(why) => {
                  begin();
                  // Keeps what is being typed: only the state of the policy changes.
                  update.mutate(
                    { ...target, note: why, body: { enabled: !base.enabled } },
                    { onSuccess: setBase },
                  );
                }}
              />
              <ConfirmButton
                label="Delete"
                question={`Delete the policy ${base.name}?`}
                onConfirm={(why) =>
                  remove.mutate({ ...target, note: why }, { onSuccess: () => navigate("policies") })
                }
              >
                All its versions go with it. Streams that only it allowed are cut at once.
              </ConfirmButton>
            </div>
          </>
        )}
      </div>
      <h2>Try it{changed ? " before publishing" : ""}</h2>
      <Tester
        draft={changed && validation.valid ? { name: base.name, source } : null}
        waits={changed && !validation.valid}
        {...(mayWrite ? { onKeep: (test: PolicyTestCase) => setTests([...tests, test]) } : {})}
      />
      <h2>Tests</h2>
      <PolicyTests tests={tests} onRemove={mayWrite ? (at) => setTests(tests.toSpliced(at, 1)) : null} />
      <h2>Versions</h2>
      <PolicyVersions
        policyId={base.id}
        current={{ number: base.currentVersion, source: base.source }}
        onTake={setSource}
        wouldLose={changed}
        onRestore={
          mayWrite
            ? (number, why) => {
                begin();
                rollback.mutate({ ...target, note: why, body: { number } }, { onSuccess: take });
              }
            : null
        }
      />
      <PolicyReach source={base.source} />
      <HistoryCard kind="policy" name={base.id} />
    </>
  );
}

interface SwitchPolicy {
  readonly policy: Policy;
  readonly busy: boolean;
  readonly onSwitch: (note: string) => void;
}

/** Switching on asks, too: a forbid puts people out as surely as a permit that is gone. */
function SwitchPolicy({ policy, busy, onSwitch }: SwitchPolicy) {
  const [label, says] = policy.enabled
    ? [
        "Switch off",
        "What it permits is permitted no more, and what it forbids is open where another policy permits it.",
      ]
    : ["Switch on", "Its text is in force at once, with what it permits and what it forbids."];
  return (
    <ConfirmButton
      label={label}
      className="button plain"
      question={`${label === "Switch off" ? "Switch off" : "Switch on"} the policy ${policy.name}?`}
      disabled={busy}
      onConfirm={onSwitch}
    >
      <p>{says} Every open stream is judged anew within a second.</p>
    </ConfirmButton>
  );
}
