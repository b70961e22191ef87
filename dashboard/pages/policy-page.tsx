import { useState } from "react";
import type { Answer } from "../../shared/api/endpoints.ts";
import type { PolicyTestCase } from "../../shared/api/policies.ts";
import { call, etagOf, useEdited, useMayWrite, useWrite } from "../api.ts";
import { AllTheSame } from "../components/all-the-same.tsx";
import { CedarEditor } from "../components/cedar-editor.tsx";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { Conflict } from "../components/conflict.tsx";
import { Field } from "../components/field.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Loaded } from "../components/states.tsx";
import { changesOf } from "../lib/changes.ts";
import { navigate } from "../lib/router.ts";
import { offerUndo } from "../lib/undo.ts";
import { useUnsavedGuard } from "../lib/unsaved.ts";
import { HistoryCard } from "./history-card.tsx";
import { useValidation } from "./policy-draft.ts";
import { PolicyFormCard } from "./policy-form.tsx";
import { PolicyImpact, WithoutPolicy } from "./policy-impact.tsx";
import { PolicyReach } from "./policy-reach.tsx";
import { PolicyReview } from "./policy-review.tsx";
import { PolicyTests } from "./policy-tests.tsx";
import { PolicyVersions } from "./policy-versions.tsx";
import { Tester } from "./tester.tsx";

export function EditPolicy({ id }: { readonly id: string }) {
  const policy = useEdited("policies.get", { params: { policy: id } });
  return (
    <>
      <PageHead title={policy.data?.name ?? "Policy"} />
      <Loaded query={policy}>{(data) => <EditLoadedPolicy loaded={data} />}</Loaded>
    </>
  );
}

type Policy = Answer<"policies.get">;

/** Edits the version that was loaded first; a newer one only replaces it when the administrator says so. */
function EditLoadedPolicy({ loaded }: { readonly loaded: Policy }) {
  const [base, setBase] = useState(loaded);
  const [source, setSource] = useState(loaded.source);
  const [tests, setTests] = useState<readonly PolicyTestCase[]>(loaded.tests);
  const [note, setNote] = useState("");
  /** The text that is looked at before it is published. */
  const [reviewed, setReviewed] = useState<string | null>(null);
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
    setReviewed(null);
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
      <AllTheSame write={publish} label="Publish all the same" onDone={take} />
      <AllTheSame write={rollback} label="Restore it all the same" onDone={take} />
      <AllTheSame write={update} label="Switch it all the same" onDone={setBase} />
      <AllTheSame write={remove} label="Delete it all the same" onDone={() => navigate("policies")} />
      {writes.some((write) => write.isSuccess) && (
        <p className="notice good" role="status">
          Done: version {base.currentVersion} is {stateOf(base)}.
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
                disabled={!changed || !validation.valid}
                onClick={() => {
                  begin();
                  setReviewed(source);
                }}
              >
                Review
              </button>
              <SwitchPolicy
                policy={base}
                busy={update.isPending}
                onSwitch={(body, note) => {
                  begin();
                  // Keeps what is being typed: only the state of the policy changes.
                  const onSuccess = (after: Policy) => {
                    setBase(after);
                    offerUndo(switchedBack(base, after, setBase));
                  };
                  update.mutate({ ...target, note, body }, { onSuccess });
                }}
              />
              <ConfirmButton
                label="Delete"
                question={`Delete the policy ${base.name}?`}
                onConfirm={(why) =>
                  remove.mutate({ ...target, note: why }, { onSuccess: () => navigate("policies") })
                }
              >
                <p>
                  Streams that only it allowed are cut at once. Its versions stay for the decisions that cite
                  them.
                </p>
                {base.enabled && <WithoutPolicy name={base.name} />}
              </ConfirmButton>
            </div>
          </>
        )}
      </div>
      {reviewed === source && changed && validation.valid && (
        <PolicyReview
          name={base.name}
          source={source}
          tests={tests}
          label={`Publish version ${base.currentVersion + 1}`}
          busy={publish.isPending}
          onPublish={({ despiteTests, despiteLockOut }) => {
            begin();
            publish.mutate(
              {
                ...target,
                body: { ...text, ...(despiteTests ? { despiteTests } : {}) },
                query: despiteLockOut ? { despiteLockOut } : {},
              },
              { onSuccess: take },
            );
          }}
          onBack={() => setReviewed(null)}
        />
      )}
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
        current={{ name: base.name, number: base.currentVersion, source: base.source }}
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

const stateOf = ({ enabled, shadow }: Policy): string =>
  enabled ? "in force" : shadow ? "in shadow" : "switched off";

const switchedBack = ({ enabled, shadow }: Policy, after: Policy, onDone: (before: Policy) => void) => ({
  says: `The policy ${after.name} is ${stateOf(after)}.`,
  undo: async () =>
    onDone(
      await call("policies.update", {
        params: { policy: after.id },
        ifMatch: etagOf(after),
        body: changesOf({ enabled, shadow }, after),
      }),
    ),
});

interface SwitchPolicy {
  readonly policy: Policy;
  readonly busy: boolean;
  readonly onSwitch: (to: { enabled: boolean } | { shadow: boolean }, note: string) => void;
}

/** Switching on asks, too: a forbid puts people out as surely as a permit that is gone. */
function SwitchPolicy({ policy, busy, onSwitch }: SwitchPolicy) {
  const { name, source, enabled, shadow } = policy;
  const common = { className: "button plain", disabled: busy };
  if (enabled)
    return (
      <ConfirmButton
        {...common}
        label="Switch off"
        question={`Switch off the policy ${name}?`}
        onConfirm={(note) => onSwitch({ enabled: false }, note)}
      >
        <p>
          What it permits is permitted no more, and what it forbids is open where another policy permits it.
          Every open stream is judged anew within a second.
        </p>
        <WithoutPolicy name={name} />
      </ConfirmButton>
    );
  return (
    <>
      <ConfirmButton
        {...common}
        label="Switch on"
        question={`Switch on the policy ${name}?`}
        onConfirm={(note) => onSwitch({ enabled: true }, note)}
      >
        <p>
          Its text is in force at once, with what it permits and what it forbids. Every open stream is judged
          anew within a second.
        </p>
        <PolicyImpact name={name} source={source} />
      </ConfirmButton>
      <button type="button" {...common} onClick={() => onSwitch({ shadow: !shadow }, "")}>
        {shadow ? "Take out of shadow" : "Put in shadow"}
      </button>
    </>
  );
}
