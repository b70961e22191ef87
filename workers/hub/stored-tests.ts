import { reasonOf } from "../../shared/access/assess.ts";
import { accessInWords } from "../../shared/access/grade/words.ts";
import { type CompiledPolicies, compilePolicies } from "../../shared/access/policy/index.ts";
import type { Findings, Supposed } from "../../shared/access/supposed.ts";
import type { PolicyTestCase } from "../../shared/api/policies.ts";
import type { InputIssue } from "../../shared/base/errors/catalogue.ts";
import type { SnapshotPolicy } from "../../shared/registry/snapshot.ts";
import { coordinatorObject } from "../platform/objects.ts";
import { Refused, throwRefusal } from "../platform/refused.ts";
import { snapshotAt } from "../registry/snapshot.ts";
import type { Call } from "./call.ts";
import { reasonsOf } from "./explain.ts";
import { heldStatements, inRegistry, judgeSupposed } from "./policy-judge.ts";

/**
 * Runs the tests that belong to a policy on the network as it would be with the policy. A failing test
 * prevents the change.
 */

type Caller = Pick<Call, "bindings" | "now">;

/** What the tests run on. */
export interface Tried {
  readonly findings: Findings;
  readonly policies: CompiledPolicies;
}

/** The registry as it is, except that the policy with this name has these statements. */
export async function triedWith(
  { bindings }: Caller,
  name: string,
  statements: readonly SnapshotPolicy[],
): Promise<Tried> {
  const { registered } = await snapshotAt(bindings, await coordinatorObject(bindings).epoch());
  const others = await heldStatements(bindings.db, new Set([name]));
  return {
    findings: remembered(inRegistry(bindings.db)),
    policies: compilePolicies([...others, ...statements], registered),
  };
}

/** The failing tests, and why each fails. */
export async function failuresOf(
  { findings, policies }: Tried,
  tests: readonly PolicyTestCase[],
  now: number,
): Promise<InputIssue[]> {
  const failures: InputIssue[] = [];
  for (const [at, test] of tests.entries()) {
    const { decision, why } = await outcomeOf(findings, test, policies, now);
    if (decision !== test.expect)
      failures.push({
        path: `/tests/${at}`,
        message: `the test ${JSON.stringify(test.name)} expects ${test.expect}, and it comes to ${decision}: ${why}`,
        code: "test_failed",
      });
  }
  return failures;
}

async function outcomeOf(
  findings: Findings,
  { name: _, expect: __, ...supposed }: PolicyTestCase,
  policies: CompiledPolicies,
  now: number,
): Promise<{ decision: "allow" | "deny" | "nothing"; why: string }> {
  try {
    const judged = await judgeSupposed(findings, withoutRisk(supposed), policies, now);
    if (!judged.ok) return { decision: "deny", why: `${judged.error.detail} (${judged.error.code})` };
    const { decision, facts, access, refusedBy } = judged.value;
    const reasons = reasonsOf({ ...decision, reason: reasonOf(decision), facts });
    if (refusedBy !== null)
      return { decision: "deny", why: [...reasons, ...accessInWords(access)].join(" ") };
    return { decision: decision.decision, why: reasons.join(" ") };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    // A test that names a missing thing proves nothing, whatever result it expects.
    return { decision: "nothing", why: `its app or caller is not there. ${error.refusal.detail}` };
  }
}

/** A test must not come to something else because the risk of its user changed. */
const withoutRisk = (supposed: Supposed): Supposed =>
  supposed.principal.kind === "user" ? { risk: 0, ...supposed } : supposed;

/**
 * Refuses a policy whose tests fail, unless the author asks to publish it anyway.
 *
 * @returns What the audit log keeps about the tests.
 */
export function refuseFailing(
  policy: string,
  failures: readonly InputIssue[],
  despiteTests: boolean,
): { readonly failedTests?: string[] } {
  const [first] = failures;
  if (!first) return {};
  if (despiteTests) return { failedTests: failures.map(({ message }) => message).slice(0, MOST_KEPT) };
  const more = failures.length > 1 ? ` (and ${failures.length - 1} more)` : "";
  return throwRefusal(
    "policy_test_failed",
    `${policy}: ${first.message}${more}. Change the policy or the test, or publish with \`despiteTests\`, which is recorded.`,
    { issues: failures },
  );
}

/** The limit keeps one entry of the log short. */
const MOST_KEPT = 10;

/** Tests name the same few people and apps many times, so lookups are remembered. */
export function remembered({ app, user, serviceToken }: Findings): Findings {
  const once = <T>(find: (reference: string) => Promise<T>) => {
    const found = new Map<string, Promise<T>>();
    return (reference: string): Promise<T> => {
      const known = found.get(reference) ?? find(reference);
      found.set(reference, known);
      return known;
    };
  };
  return { app: once(app), user: once(user), serviceToken: once(serviceToken) };
}
