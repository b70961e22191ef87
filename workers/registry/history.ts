import { type Held, statementsOf, WORLD_KINDS, type World, worldOf } from "../../shared/access/as-of.ts";
import type { Change } from "../../shared/audit/changes.ts";
import type { EventEntry } from "../../shared/audit/types.ts";
import { currentOf } from "../../shared/registry/history.ts";
import type { history } from "../../shared/registry/history-schema.ts";
import type { Statement } from "../../shared/registry/mesh-change.ts";
import { RECORDED } from "../../shared/registry/recorded.ts";
import type { RowOf } from "../../shared/registry/rows.ts";
import type { SnapshotPolicy } from "../../shared/registry/snapshot.ts";

/**
 * Reads and writes the history of the registry. The triggers of `shared/registry/history.ts` write the rows of the
 * history.
 */

/** Puts the statements of a change between two statements that tell its history who made the change, and why. */
export const inContext = <T>(event: EventEntry, statements: readonly T[]): (T | Statement)[] => [
  [
    "INSERT INTO change_context (one, at, entry, actor, person, note, via) VALUES (1, ?, ?, ?, ?, ?, ?)",
    ...[event.at, event.id, event.actor],
    ...[event.person?.email ?? null, event.note ?? null, event.via ?? null],
  ],
  ...statements,
  ["DELETE FROM change_context"],
];

export type HistoryRow = RowOf<typeof history> & {
  /** For a policy: the texts of the versions before and after the change. */
  readonly source_before: string | null;
  readonly source_after: string | null;
};

const ROWS = `SELECT h.*, vb.source AS source_before, va.source AS source_after FROM history h
  LEFT JOIN policy_versions vb ON h.kind = 'policy' AND vb.policy_id = h.target
    AND vb.number = json_extract(h.before, '$.currentVersion')
  LEFT JOIN policy_versions va ON h.kind = 'policy' AND va.policy_id = h.target
    AND va.number = json_extract(h.after, '$.currentVersion')`;

/** @param where SQL about `h`, without user input. The values are bound. */
export async function readHistory(
  d1: D1Database,
  where: string,
  ...values: (string | number)[]
): Promise<HistoryRow[]> {
  const { results } = await d1
    .prepare(`${ROWS} WHERE ${where}`)
    .bind(...values)
    .all<HistoryRow>();
  return results;
}

export function changeOf(row: HistoryRow): Change {
  const { kind, target, other, name, before, after, source_before, source_after } = row;
  return {
    ...{ kind, target, other, name },
    before: documentOf(before, source_before),
    after: documentOf(after, source_after),
  };
}

const documentOf = (text: string | null, source: string | null): Change["before"] =>
  text === null ? null : { ...(JSON.parse(text) as object), ...(source === null ? {} : { source }) };

/**
 * What one event changed, as the history says.
 * @param entry The id of the event in the audit log.
 */
export async function changesOf(d1: D1Database, entry: string): Promise<Change[]> {
  return (await readHistory(d1, "h.entry = ? ORDER BY h.id", entry)).map(changeOf);
}

const ID = /^[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}$/;

/** What the things with these ids are called, or were called at last. Values that are no ids are left out. */
export async function namesOf(d1: D1Database, values: readonly unknown[]): Promise<Record<string, string>> {
  const ids = [...new Set(values.filter((value) => typeof value === "string" && ID.test(value)))];
  const { results } = await d1
    .prepare(
      `SELECT target AS id, name FROM history WHERE id IN (
         SELECT max(id) FROM history WHERE target IN (SELECT value FROM json_each(?)) AND other = '' GROUP BY target)`,
    )
    .bind(JSON.stringify(ids))
    .all<{ id: string; name: string }>();
  return Object.fromEntries(results.map(({ id, name }) => [id, name]));
}

/** The time at which the history begins. Nothing is known about the time before. */
export async function historyBegan(d1: D1Database): Promise<number> {
  const row = await d1
    .prepare("SELECT at FROM history WHERE kind = 'history' AND target = 'began'")
    .first<{ at: number }>();
  if (!row) throw new Error("the history has no beginning");
  return row.at;
}

/** Everything that makes up the world, as it was at a given time. */
export async function heldAt(d1: D1Database, at: number): Promise<Held[]> {
  const { results } = await d1
    .prepare(
      `SELECT kind, target, other, after FROM history WHERE after IS NOT NULL AND id IN (
         SELECT max(id) FROM history WHERE at <= ?1 AND kind IN (SELECT value FROM json_each(?2))
         GROUP BY kind, target, other)
       AND (kind <> 'accessGrant' OR (after->>'$.status' = 'granted' AND after->>'$.until' > ?1))`,
    )
    .bind(at, JSON.stringify(WORLD_KINDS))
    .all<HeldRow>();
  return results.map(heldOf);
}

type HeldRow = Omit<Held, "after"> & { readonly after: string };
const heldOf = (row: HeldRow): Held => ({ ...row, after: JSON.parse(row.after) });

const WORLD_TABLES = RECORDED.filter(({ kind }) => (WORLD_KINDS as readonly string[]).includes(kind)).map(
  (recorded) => ({ kind: recorded.kind, sql: currentOf(recorded) }),
);

/** The rows of such a table that count where all people but one are left out. */
const ABOUT_ONE: Partial<Record<string, string>> = {
  user: "target = ?",
  identity: "target = ?",
  accessGrant: "json_extract(after, '$.userId') = ?",
  membership: "(other = ? OR json_extract(after, '$.memberKind') <> 'user')",
};

/**
 * The same as `heldAt` of this moment. It reads the tables, because their history may be many times as long.
 *
 * @param person The id of the only user to read. Null reads all users.
 */
export async function heldNow(d1: D1Database, person: string | null = null): Promise<Held[]> {
  const statements = WORLD_TABLES.map(({ kind, sql }) => {
    const isOne = ABOUT_ONE[kind];
    if (person === null || isOne === undefined) return d1.prepare(sql);
    return d1.prepare(`SELECT * FROM (${sql}) WHERE ${isOne}`).bind(person);
  });
  const tables = await d1.batch<HeldRow>(statements);
  return tables.flatMap(({ results }) => results.map(heldOf));
}

/**
 * The facts and the policy statements that the gateway decided with at a given time.
 *
 * @param now If it is the time, the tables are read.
 * @param person The id of the only user who is needed. Of another time, all users are given.
 */
export async function worldAt(
  d1: D1Database,
  at: number,
  now?: number,
  person: string | null = null,
): Promise<{ world: World; statements: SnapshotPolicy[] }> {
  const world = worldOf(at === now ? await heldNow(d1, person) : await heldAt(d1, at), at);
  const texts = await d1
    .prepare(
      `SELECT policy_id, number, compiled FROM policy_versions v
       JOIN json_each(?) p ON v.policy_id = p.value->>0 AND v.number = p.value->>1`,
    )
    .bind(JSON.stringify(world.policies.map(({ id, version }) => [id, version])))
    .all<{ policy_id: string; number: number; compiled: string }>();
  const compiled = new Map(
    texts.results.map((row) => [
      `${row.policy_id} ${row.number}`,
      JSON.parse(row.compiled) as SnapshotPolicy[],
    ]),
  );
  return { world, statements: statementsOf(world, compiled) };
}
