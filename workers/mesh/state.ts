import { overlayOf, ulaPrefix } from "../../shared/registry/addresses.ts";
import { prepareAll } from "../../shared/registry/mesh-change.ts";
import type { meshState as table } from "../../shared/registry/mesh-schema.ts";
import { createState } from "../../shared/registry/mesh-statements.ts";
import { STATE_QUERY } from "../../shared/registry/node-rows.ts";
import type { RowOf } from "../../shared/registry/rows.ts";
import { freshId, randomBytes } from "../platform/random.ts";

/** The only row of `mesh_state`. */
export interface MeshState {
  readonly networkId: string;
  readonly ipv6Prefix: string;
  readonly overlay: { readonly ipv4: string; readonly ipv6: string };
  readonly revision: number;
  /** 0 before the first root exists. */
  readonly rootVersion: number;
  readonly epoch: number;
  readonly leaseSeconds: number;
  readonly pollSeconds: number;
  /** Whether nodes report flows. */
  readonly reportsFlows: boolean;
}

type Row = RowOf<typeof table> & { readonly reports_flows: number | null };

/** The state of the mesh. It is made at its first use, with an id and a ULA prefix that never change. */
export async function meshState(db: D1Database): Promise<MeshState> {
  const row = (await read(db)) ?? (await create(db));
  return {
    networkId: row.network_id,
    ipv6Prefix: row.ipv6_prefix,
    overlay: overlayOf(row.ipv6_prefix),
    revision: row.revision,
    rootVersion: row.root_version,
    epoch: row.epoch,
    leaseSeconds: row.lease_seconds,
    pollSeconds: row.poll_seconds,
    reportsFlows: row.reports_flows !== 0,
  };
}

const read = (db: D1Database) => db.prepare(`${STATE_QUERY} WHERE id = 1`).first<Row>();

async function create(db: D1Database): Promise<Row> {
  const made = {
    network_id: freshId("network"),
    ipv6_prefix: ulaPrefix(randomBytes(5)),
    created_at: Date.now(),
  };
  await db.batch(prepareAll(db, [createState(made)]));
  const row = await read(db);
  if (!row) throw new Error("the mesh has no state");
  return row;
}
