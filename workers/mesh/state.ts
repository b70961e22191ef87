import { overlayOf, ulaPrefix } from "../../shared/registry/addresses.ts";
import { NEXT_REVISION } from "../../shared/registry/node-statements.ts";
import { freshId, randomBytes } from "../platform/random.ts";

/** The one row of `mesh_state`. */
export interface MeshState {
  readonly networkId: string;
  readonly ipv6Prefix: string;
  readonly overlay: { readonly ipv4: string; readonly ipv6: string };
  readonly revision: number;
  /** 0 before the first root. */
  readonly rootVersion: number;
  readonly epoch: number;
  readonly leaseSeconds: number;
  readonly pollSeconds: number;
}

interface Row {
  network_id: string;
  ipv6_prefix: string;
  revision: number;
  root_version: number;
  epoch: number;
  lease_seconds: number;
  poll_seconds: number;
}

/** The state of the mesh; made at first use, with an id and a ULA prefix that stay for ever. */
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
  };
}

const read = (db: D1Database) => db.prepare("SELECT * FROM mesh_state WHERE id = 1").first<Row>();

async function create(db: D1Database): Promise<Row> {
  await db
    .prepare("INSERT OR IGNORE INTO mesh_state (id, network_id, ipv6_prefix, created_at) VALUES (1, ?, ?, ?)")
    .bind(freshId("network"), ulaPrefix(randomBytes(5)), Date.now())
    .run();
  const row = await read(db);
  if (!row) throw new Error("the mesh has no state");
  return row;
}

/** Stands in front of the statements of a change that nodes notice; `REVISION` then names it. */
export const nextRevision = (db: D1Database): D1PreparedStatement => db.prepare(NEXT_REVISION[0]);
