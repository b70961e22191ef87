import { mentionsIn, type NamedKind } from "../../../shared/access/policy/mentions.ts";
import type { NetworkDocument, PlanStep } from "../../../shared/api/document.ts";
import type { SnapshotPolicy } from "../../../shared/registry/snapshot.ts";
import { type ComingNames, nameKey } from "../unknown-names.ts";

const KINDS: Partial<Record<PlanStep["kind"], NamedKind>> = {
  app: "App",
  segment: "Segment",
  group: "Group",
  user: "User",
  serviceToken: "ServiceToken",
};

/** The names that policies may use after the document is applied, and the names that they may no longer use. */
export function comingNames(document: NetworkDocument, steps: readonly PlanStep[]): ComingNames {
  const keysOf = (action: PlanStep["action"]) =>
    steps.flatMap((step) => {
      const kind = KINDS[step.kind];
      return kind && step.action === action ? [nameKey(kind, step.name)] : [];
    });
  const ofApps = (document.apps ?? []).flatMap(({ host, otherHosts = [], tags = [] }) => [
    ...[host, ...otherHosts].map((name) => nameKey("host", name)),
    ...tags.map((tag) => nameKey("tag", tag)),
  ]);
  const ofTokens = (document.serviceTokens ?? []).flatMap(({ groups = [] }) =>
    groups.map((group) => nameKey("Group", group)),
  );
  return { come: new Set([...keysOf("create"), ...ofApps, ...ofTokens]), gone: new Set(keysOf("delete")) };
}

/** The current policies that use a name which the document removes. */
export async function policiesNaming(d1: D1Database, { gone }: ComingNames) {
  if (gone.size === 0) return [];
  const { results } = await d1
    .prepare(
      `SELECT p.name, v.source, v.compiled FROM policies p JOIN policy_versions v
       ON v.policy_id = p.id AND v.number = p.current_version WHERE p.enabled = 1 ORDER BY p.name`,
    )
    .all<{ name: string; source: string; compiled: string }>();
  return results
    .map(({ compiled, ...policy }) => ({ ...policy, statements: JSON.parse(compiled) as SnapshotPolicy[] }))
    .filter(({ statements }) =>
      mentionsIn(statements.map(({ policy }) => policy)).some(({ kind, name }) =>
        gone.has(nameKey(kind, name)),
      ),
    );
}
