import type { CompiledPolicies } from "../../shared/access/policy/index.ts";
import { type Findings, judgeSupposed as judge, type Supposed } from "../../shared/access/supposed.ts";
import type { SnapshotPolicy } from "../../shared/registry/snapshot.ts";
import { throwRefusal } from "../platform/refused.ts";
import { loadPrincipal } from "../registry/principals.ts";
import { findApp } from "./handlers/apps.ts";
import { findServiceToken } from "./handlers/service-tokens.ts";
import { findUser } from "./handlers/users.ts";
import { notFound } from "./refused.ts";

/** Finds the things in the registry. */
export const inRegistry = (d1: D1Database): Findings => ({
  app: (reference) => findApp(d1, reference),
  user: async (reference) => {
    const { id } = await findUser(d1, reference);
    return (await loadPrincipal(d1, id)) ?? notFound("user");
  },
  serviceToken: (reference) => findServiceToken(d1, reference),
});

/** Some policies with their statements. */
export interface HeldPolicy {
  readonly name: string;
  readonly statements: readonly SnapshotPolicy[];
}

/** A policy in force. One whose stored text can't be read has no statements; while there is one, the gateway lets nobody in. */
export type StoredPolicy = HeldPolicy | { readonly name: string; readonly statements: null };

/** The policies in force, in the order of their names. */
export async function heldPolicies(d1: D1Database): Promise<StoredPolicy[]> {
  const { results } = await d1
    .prepare(
      `SELECT p.name, v.compiled FROM policies p JOIN policy_versions v
       ON v.policy_id = p.id AND v.number = p.current_version WHERE p.enabled = 1 ORDER BY p.name`,
    )
    .all<{ name: string; compiled: string }>();
  return results.map(({ name, compiled }) => ({ name, statements: readStatements(compiled) }));
}

function readStatements(compiled: string): SnapshotPolicy[] | null {
  try {
    return JSON.parse(compiled) as SnapshotPolicy[];
  } catch {
    return null;
  }
}

/** The statements of these policies, without the policies with these names. Refuses if one of them can't be read. */
export const statementsWithout = (policies: readonly StoredPolicy[], except: ReadonlySet<string>) =>
  policies
    .filter(({ name }) => !except.has(name))
    .flatMap(
      ({ name, statements }) =>
        statements ??
        throwRefusal(
          "conflict",
          `The stored text of the policy ${name} is damaged. Publish that policy again first.`,
        ),
    );

/** The statements of the policies in force, without the policies with these names. */
export const heldStatements = async (
  d1: D1Database,
  except: ReadonlySet<string>,
): Promise<SnapshotPolicy[]> => statementsWithout(await heldPolicies(d1), except);

/** What the gateway would judge, and the result. Or the refusal that comes before the policies. */
export function judgeSupposed(
  findings: Findings,
  supposed: Supposed,
  policies: CompiledPolicies,
  now: number,
): ReturnType<typeof judge> {
  const { risk, principal } = supposed;
  // The gateway knows no risk of other callers, so nobody can suppose one.
  if (risk !== undefined && principal.kind !== "user" && principal.kind !== "somebody") {
    throwRefusal("invalid_input", "Only people have a risk: leave out `risk`, or say which user asks.");
  }
  return judge(findings, supposed, policies, now);
}
