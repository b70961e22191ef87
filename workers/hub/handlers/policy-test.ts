import { type Reading, reasonOf } from "../../../shared/access/assess.ts";
import { accessInWords } from "../../../shared/access/grade/words.ts";
import { type CompiledPolicies, compilePolicies } from "../../../shared/access/policy/index.ts";
import { actionOf } from "../../../shared/access/policy/request.ts";
import type { Refusal } from "../../../shared/base/errors/catalogue.ts";
import { coordinatorObject } from "../../platform/objects.ts";
import { type Snapshot, snapshotAt } from "../../registry/snapshot.ts";
import type { Call, Handlers } from "../call.ts";
import { citedPolicies, readingsInWords, reasonsOf } from "../explain.ts";
import { heldStatements, inRegistry, judgeSupposed } from "../policy-judge.ts";
import { compileSource, refuseBulk } from "../policy-source.ts";

/**
 * The policies that the gateway uses now. With drafts, the policies that it would use after the drafts are
 * published.
 */
async function policiesOf(call: Call<"policies.test">, snapshot: Snapshot): Promise<CompiledPolicies> {
  const { drafts = [] } = call.body;
  if (drafts.length === 0) return snapshot.policies;
  const stored = await heldStatements(call.bindings.db, new Set(drafts.map(({ name }) => name)));
  refuseBulk(
    call,
    drafts.map(({ source }) => source),
  );
  const written = await Promise.all(drafts.map(({ source, name }) => compileSource(call, source, name)));
  return compilePolicies([...stored, ...written.flat()], snapshot.registered);
}

export const POLICY_TEST_HANDLERS: Handlers<"policies.test"> = {
  "policies.test": async (call) => {
    const { bindings, body, now } = call;
    const snapshot = await snapshotAt(bindings, await coordinatorObject(bindings).epoch());
    const { epoch } = snapshot;
    const policies = await policiesOf(call, snapshot);
    const verdict = await judgeSupposed(inRegistry(bindings.db), body, policies, now);
    if (!verdict.ok)
      return {
        body: { ...unasked(verdict.error), action: actionOf(body.method, body.upgrade ?? false), epoch },
      };
    const { question, decision, facts, readings, access, refusedBy } = verdict.value;
    const outcome = refusedBy === null ? decision.decision : "deny";
    const { path, query } = question.target;
    return {
      body: {
        decision: outcome,
        reason: refusedBy ?? reasonOf(decision),
        action: facts.action,
        forwarded: outcome === "allow" ? path + query : null,
        readings: readings.map(readingView),
        determining: await citedPolicies(bindings.db, decision.determining),
        erroring: decision.erroring.map(({ id, message }) => ({ id, message })),
        reasons: [
          ...reasonsOf({ ...decision, facts }),
          ...readingsInWords(readings),
          ...(decision.decision === "allow" ? accessInWords(access) : []),
        ],
        facts: { ...facts },
        access,
        epoch,
      },
    };
  },
};

const readingView = ({ action, path, isAlias, decision }: Reading) => ({
  ...{ action, path, isAlias, decision: decision.decision },
  determining: [...decision.determining],
});

/** The answer if the gateway refuses without asking the policies. */
const unasked = ({ code, detail }: Refusal) => ({
  decision: "deny" as const,
  reason: code,
  reasons: [`The gateway refuses this before it asks any policy (${code}): ${detail}`],
  ...{ determining: [], erroring: [], readings: [], forwarded: null, facts: null, access: null },
});
