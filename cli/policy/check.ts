import { compilePolicies } from "../../shared/access/policy/index.ts";
import { judgeSupposed } from "../../shared/access/supposed.ts";
import type { NetworkDocument } from "../../shared/api/document.ts";
import type { PolicyTestCase } from "../../shared/api/policies.ts";
import { decidedBy } from "../../shared/api/replay-words.ts";
import type { SnapshotPolicy } from "../../shared/registry/snapshot.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { parserOfPolicies } from "./cedar.ts";
import { DocumentNetwork } from "./document-network.ts";

/** A case, and what the policies of the file come to. */
export interface Checked {
  readonly name: string;
  readonly expect: PolicyTestCase["expect"];
  readonly decision: "allow" | "deny" | "nothing";
  /** The statements that decide, or why no policy is asked. */
  readonly why: string;
}

/**
 * Asks a network's file, without a hub, what cases come to. The tests that the policies hold themselves are
 * asked, too.
 *
 * @param file Its name, for messages.
 */
export async function checkDocument(
  document: NetworkDocument,
  file: string,
  cases: readonly PolicyTestCase[],
  now: number,
): Promise<Checked[]> {
  const inForce = (document.policies ?? []).filter(({ enabled, shadow }) => (enabled ?? true) && !shadow);
  const parse = await parserOfPolicies();
  const statements: SnapshotPolicy[] = [];
  for (const { name, source } of inForce) {
    const parsed = await parse(source, name);
    if (!parsed.ok)
      throw new Failure(EXIT.failure, `${file}: the policy ${name} is not valid`, {
        issues: parsed.error.map((issue) => ({ ...issue, path: name })),
      });
    statements.push(...parsed.value);
  }
  const network = new DocumentNetwork(document);
  const policies = compilePolicies(statements, network.registered);
  const own = inForce.flatMap(({ name, tests = [] }) =>
    tests.map((test) => ({ ...test, name: `${name}: ${test.name}` })),
  );
  return Promise.all(
    [...own, ...cases].map(async ({ name, expect, ...supposed }): Promise<Checked> => {
      try {
        const judged = await judgeSupposed(network, supposed, policies, now);
        if (!judged.ok) return { name, expect, decision: "deny", why: judged.error.detail };
        const { decision, determining } = judged.value.decision;
        return { name, expect, decision, why: decidedBy(determining) };
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        // A case that names a missing thing proves nothing, whatever it expects.
        return { name, expect, decision: "nothing", why: error.title };
      }
    }),
  );
}
