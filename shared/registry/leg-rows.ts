import type { Leg } from "../paths/leg-table.ts";
import { MeshStatement, REVISION } from "./mesh-change.ts";
import type { legs } from "./mesh-schema.ts";
import type { RowOf } from "./rows.ts";

/** The legs of relays in the registry: see the table. */

export type LegRow = Omit<RowOf<typeof legs>, "revision">;

const COLUMNS = "relay_id, port, id, first_id, second_id, probe_key, state, since";

/** The parameter is the revision that is already known. */
export const LEGS_QUERY = `SELECT ${COLUMNS} FROM legs WHERE revision > ?`;
/** The parameters are the relay and the port that were read last, and the number of rows to read. */
export const ALL_LEGS_QUERY = `SELECT ${COLUMNS} FROM legs WHERE (relay_id, port) > (?, ?) ORDER BY relay_id, port LIMIT ?`;

/** Gives a row where a node is a relay, or some leg is left to be ended. */
export const IS_RELAYING_QUERY =
  "SELECT 1 WHERE EXISTS (SELECT 1 FROM nodes WHERE relay <> 'off') OR EXISTS (SELECT 1 FROM legs WHERE state <> 'ended')";

export const legOf = (row: LegRow): Leg => ({
  id: row.id,
  relay: row.relay_id,
  port: row.port,
  ends: [row.first_id, row.second_id],
  probeKey: row.probe_key,
  state: row.state,
  since: row.since,
});

/** D1 takes statements and values of limited length. */
const LEGS_AT_ONCE = 500;

/** Stores legs at their ports. One whose relay or end is gone meanwhile is left out. */
export function storeLegs(legs: readonly Leg[]): MeshStatement[] {
  const statements: MeshStatement[] = [];
  for (let at = 0; at < legs.length; at += LEGS_AT_ONCE) {
    const rows = legs
      .slice(at, at + LEGS_AT_ONCE)
      .map(({ relay, port, id, ends, probeKey, state, since }) => [
        relay,
        port,
        id,
        ...ends,
        probeKey,
        state,
        since,
      ]);
    statements.push(new MeshStatement(STORE, JSON.stringify(rows)));
  }
  return statements;
}

/** The parameter is a JSON list of rows, each a list of values in the order of the columns. */
const STORE = `INSERT INTO legs (relay_id, port, id, first_id, second_id, probe_key, state, since, revision)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, ${REVISION}
  FROM json_each(?)
  WHERE (SELECT count(*) FROM nodes WHERE id IN (value ->> 0, value ->> 3, value ->> 4)) = 3
  ON CONFLICT (relay_id, port) DO UPDATE SET id = excluded.id, first_id = excluded.first_id,
    second_id = excluded.second_id, probe_key = excluded.probe_key, state = excluded.state, since = excluded.since,
    revision = excluded.revision`;
