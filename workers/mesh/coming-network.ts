import type { Traffic } from "../../shared/node/config/types.ts";
import { Network } from "../../shared/node/mesh/network.ts";
import { MICROSEGMENTS_QUERY, type MicrosegmentRow } from "../../shared/registry/microsegment-rows.ts";
import { OWNER_QUERY, type OwnerRow } from "../../shared/registry/node-facts.ts";
import {
  type LightRow,
  OWN_RULES_QUERY,
  type RuleRow,
  SEGMENTS_QUERY,
  type SegmentRow,
  type ServiceRow,
  STATE_QUERY,
  type StateRow,
  withServices,
} from "../../shared/registry/node-rows.ts";
import { allNodes } from "./all-nodes.ts";

/** The network of nodes as it would be after a change, so that the change can be judged before it is made. */

/** What the change stores, by ids. Null: it is deleted. */
export interface ComingMesh {
  readonly rules?: ReadonlyMap<string, (RuleRow & { readonly enabled: number }) | null>;
  /** Services that change. Rules name them by id. */
  readonly services?: ReadonlyMap<string, ServiceRow>;
  readonly microsegments?: ReadonlyMap<string, MicrosegmentRow | null>;
  readonly nodes?: ReadonlyMap<string, ComingNode>;
  /** The names of new home segments. */
  readonly segments?: ReadonlyMap<string, string>;
}

export type ComingNode = Pick<LightRow, "name" | "tags" | "segment_id" | "facts" | "approved_routes"> & {
  /** The owner's id, or null for no owner. Absent: the owner stays. */
  readonly userId?: string | null | undefined;
};

export interface Foreseen {
  readonly network: Network;
  /** The revision of the registry that this was read from. */
  readonly revision: number;
  /** The names of segments, microsegments, services and nodes, by their ids. */
  readonly names: ReadonlyMap<string, string>;
  /**
   * The traffic of a service by its id.
   * @throws for an unknown one: nothing may be tried instead of it
   */
  readonly trafficOf: (service: string) => readonly Traffic[];
}

/** Null while the mesh was never used. */
export async function foreseen(db: D1Database, coming: ComingMesh, now: number): Promise<Foreseen | null> {
  // The revision is read first. Who stores the change holds it against the revision of then.
  const state = await db.prepare(STATE_QUERY).first<StateRow>();
  if (!state) return null;
  const [segmentRows, ruleRows, serviceRows, microsegmentRows] = await db.batch<
    SegmentRow | RuleRow | ServiceRow | MicrosegmentRow
  >(
    [SEGMENTS_QUERY, OWN_RULES_QUERY, "SELECT * FROM mesh_services", MICROSEGMENTS_QUERY].map((query) =>
      db.prepare(query),
    ),
  );
  const segments = [
    ...((segmentRows?.results ?? []) as SegmentRow[]),
    ...[...(coming.segments ?? [])].map(([id, name]): SegmentRow => ({ id, name, device_checks: "[]" })),
  ];
  const rules = replaced((ruleRows?.results ?? []) as RuleRow[], coming.rules);
  const microsegments = replaced(
    (microsegmentRows?.results ?? []) as MicrosegmentRow[],
    coming.microsegments,
  );
  const nodes = await comingNodes(db, coming.nodes ?? new Map());
  const network = new Network(state);
  const services = replaced((serviceRows?.results ?? []) as ServiceRow[], coming.services);
  const trafficOf = new Map(services.map(({ id, traffic }) => [id, traffic]));
  const inForce = rules
    .filter((row) => !("enabled" in row) || row.enabled === 1)
    .map((row) => withServices(row, trafficOf));
  network.learn({ state, segments, rules: inForce, microsegments, changed: nodes, gone: [] }, now);
  const named = [...segments, ...microsegments, ...services, ...nodes];
  return {
    network,
    revision: state.revision,
    names: new Map(named.map(({ id, name }) => [id, name])),
    trafficOf: (service) => {
      const traffic = trafficOf.get(service);
      if (traffic === undefined) throw new Error(`there is no service ${service}`);
      return JSON.parse(traffic) as Traffic[];
    },
  };
}

/** The rows with those of the change, in the order of their ids. */
function replaced<Row extends { readonly id: string }, Coming extends Row>(
  rows: readonly Row[],
  coming: ReadonlyMap<string, Coming | null> = new Map(),
): (Row | Coming)[] {
  const stays = rows.filter(({ id }) => !coming.has(id));
  const comes = [...coming.values()].filter((row) => row !== null);
  return [...stays, ...comes].sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function comingNodes(
  db: D1Database,
  coming: NonNullable<ComingMesh["nodes"]>,
): Promise<readonly LightRow[]> {
  const rows = await allNodes(db);
  return Promise.all(
    rows.map(async (row) => {
      const changed = coming.get(row.id);
      if (!changed) return row;
      const { userId, name, tags, segment_id, facts, approved_routes } = changed;
      const owner = userId === undefined ? {} : await ownerOf(db, userId);
      return { ...row, name, tags, segment_id, facts, approved_routes, ...owner };
    }),
  );
}

const ownerOf = async (db: D1Database, userId: string | null): Promise<OwnerRow> =>
  (await db.prepare(OWNER_QUERY).bind(userId).first<OwnerRow>()) ?? {
    user: null,
    owner_groups: null,
    owner_sent: null,
    owner_risks: null,
  };
