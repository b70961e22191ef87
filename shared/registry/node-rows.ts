import { type DeviceCheck, parseDeviceCheck } from "../node/config/device-check.ts";
import { meshDomain } from "../node/config/domain.ts";
import type { Traffic, WeeklyWindows } from "../node/config/types.ts";
import { effectiveRoutes } from "../segments/approved-routes.ts";
import type { Placement } from "../segments/placements.ts";
import type { NodeFacts, SegmentRule, Selector } from "../segments/types.ts";
import { ipv4At, ipv6At } from "./addresses.ts";
import type { departures, meshRules, meshServices, meshState, nodes } from "./mesh-schema.ts";
import { criterionIn } from "./microsegment-rows.ts";
import { FACT_COLUMNS, type FactRow, STATED } from "./node-facts.ts";
import type { RowOf } from "./rows.ts";
import type { segments } from "./schema.ts";

/** What the object of a segment reads from the registry: the queries, and the meaning of their rows. */

export type StateRow = Omit<RowOf<typeof meshState>, "id" | "next_address" | "created_at"> & {
  readonly network: string | null;
  /** Whether nodes report flows: 0 or 1. Null before there is a network. */
  readonly reports_flows: number | null;
};
export const STATE_QUERY = `SELECT m.*, (SELECT name FROM networks LIMIT 1) AS network,
  (SELECT reports_flows FROM networks LIMIT 1) AS reports_flows FROM mesh_state m`;

/** A node without its long keys. */
export type LightRow = Pick<
  RowOf<typeof nodes>,
  | "id"
  | "name"
  | "status"
  | "segment_id"
  | "tags"
  | "address_index"
  | "offered_routes"
  | "endpoints"
  | "exit_node"
  | "relay"
  | "expires_at"
  | "contained"
  | "ephemeral"
  | "handshake_floor"
  | "handshake_floor_made"
  | "record_hash"
  | "created_at"
  | "revision"
> &
  FactRow & { readonly approved_routes: string };
/**
 * The status of a node `n` of the user `u`, for the object of its segment and for everybody who views the
 * node. While a user is disabled, the approved nodes of the user count as quarantined.
 */
export const STANDING =
  "CASE WHEN u.status = 'disabled' AND n.status = 'approved' THEN 'quarantined' ELSE n.status END";

/** Whether a node `n` is quarantined and still gets configs. */
const CONTAINED = `(n.contained = 1 AND ${STANDING} = 'quarantined' AND u.status IS NOT 'disabled')`;
/** The status by which the object of the segment treats a node: a contained one goes on polling. */
const MEMBERSHIP = `CASE WHEN ${CONTAINED} THEN 'approved' ELSE ${STANDING} END`;

const LIGHT = `SELECT n.id, n.name, ${MEMBERSHIP} AS status, ${CONTAINED} AS contained,
  n.segment_id, n.tags, u.email AS user, n.address_index, n.offered_routes,
  (SELECT json_group_array(prefix) FROM node_routes r WHERE r.node_id = n.id) AS approved_routes,
  n.endpoints, n.exit_node, n.relay, n.expires_at, n.ephemeral, n.handshake_floor,
  n.handshake_floor_made, n.record_hash, n.created_at, n.revision, ${FACT_COLUMNS}
  FROM nodes n LEFT JOIN users u ON u.id = n.user_id`;
/** The parameter is the revision that is already known. */
export const CHANGED_NODES_QUERY = `${LIGHT} WHERE n.revision > ?`;
/** The parameters are the last id that was read, and the number of rows to read. */
export const ALL_NODES_QUERY = `${LIGHT} WHERE n.id > ? ORDER BY n.id LIMIT ?`;

/** The parameter is a JSON list of ids. */
export const SOME_NODES_QUERY = `${LIGHT} WHERE n.id IN (SELECT value FROM json_each(?))`;

/** What sessions must know of nodes that they rest on. The parameter is a JSON list of ids. */
export const DEVICES_QUERY = `SELECT n.id, n.name, n.user_id, n.segment_id, ${STANDING} AS status, ${STATED} AS stated,
  (SELECT device_checks FROM segments s WHERE s.id = n.segment_id) AS checks
  FROM nodes n LEFT JOIN users u ON u.id = n.user_id WHERE n.id IN (SELECT value FROM json_each(?))`;
export type DeviceRow = Pick<RowOf<typeof nodes>, "id" | "name" | "user_id" | "segment_id" | "status"> & {
  /** A JSON list of `StatedFact`. */
  readonly stated: string;
  /** What the segment's machines look for: see `checksIn`. */
  readonly checks: string;
};

export type GoneRow = Pick<RowOf<typeof departures>, "node_id">;
export const GONE_QUERY = "SELECT node_id FROM address_holds WHERE revision > ?";

export const SEGMENTS_QUERY = "SELECT id, name, device_checks FROM segments";
export type SegmentRow = Pick<RowOf<typeof segments>, "id" | "name" | "device_checks">;
/** What a segment's machines look for, by the column of its row. */
export const checksIn = (column: string): DeviceCheck[] =>
  (JSON.parse(column) as string[]).flatMap((line) => parseDeviceCheck(line) ?? []);

/** A rule with the whole of its traffic. */
export type RuleRow = Pick<
  RowOf<typeof meshRules>,
  | "id"
  | "name"
  | "from_selectors"
  | "to_selectors"
  | "traffic"
  | "services"
  | "when_text"
  | "effect"
  | "not_before"
  | "not_after"
  | "weekly"
  | "log"
>;
/** Traffic of the rule `r` with that of the services that it names. */
const TRAFFIC = `(SELECT json_group_array(json(t.value)) FROM (SELECT value FROM json_each(r.traffic)
  UNION ALL SELECT e.value FROM json_each(r.services) n JOIN mesh_services s ON s.id = n.value, json_each(s.traffic) e) t)`;
export const RULES_QUERY = `SELECT r.id, r.name, r.from_selectors, r.to_selectors, ${TRAFFIC} AS traffic, r.services, r.when_text,
  r.effect, r.not_before, r.not_after, r.weekly, r.log FROM mesh_rules r WHERE r.enabled = 1 ORDER BY r.id`;

/** Rules without the traffic of their services: see `withServices`. */
export const OWN_RULES_QUERY = "SELECT * FROM mesh_rules WHERE enabled = 1 ORDER BY id";
export type ServiceRow = RowOf<typeof meshServices>;

/** The rule as `RULES_QUERY` reads it. @param services Their traffic, by their ids. */
export function withServices<Row extends RuleRow>(row: Row, services: ReadonlyMap<string, string>): Row {
  const named = list(row.services).flatMap((id) => JSON.parse(services.get(id) ?? "[]") as Traffic[]);
  return { ...row, traffic: JSON.stringify([...(JSON.parse(row.traffic) as Traffic[]), ...named]) };
}

export type KeyRow = Pick<RowOf<typeof nodes>, "id" | "wireguard_key" | "kem_key" | "signing_hash">;
/** The parameter is a JSON list of ids. */
export const KEYS_QUERY =
  "SELECT id, wireguard_key, kem_key, signing_hash FROM nodes WHERE id IN (SELECT value FROM json_each(?))";

const list = (text: string): string[] => JSON.parse(text) as string[];

export const tagsOf = (row: Pick<LightRow, "tags">): string[] => list(row.tags);

/** Whether a member of a segment reaches only what rules let `quarantine` reach. */
export const isContained = ({ contained }: Pick<LightRow, "contained">): boolean => contained === 1;

export const reportedEndpoints = (row: LightRow): string[] => list(row.endpoints);
export const offeredRoutesOf = (row: LightRow): string[] => list(row.offered_routes);

export const factsOf = (row: LightRow, ipv6Prefix: string, placement: Placement): NodeFacts => ({
  id: row.id,
  name: row.name,
  segment: row.segment_id,
  tags: tagsOf(row),
  user: row.user,
  ipv4: ipv4At(row.address_index),
  ipv6: ipv6At(ipv6Prefix, row.address_index),
  routes: isContained(row) ? [] : effectiveRoutes(list(row.approved_routes), list(row.offered_routes)),
  exitNode: isContained(row) ? null : row.exit_node,
  quarantined: row.status !== "approved",
  ...placement,
  contained: isContained(row),
});

export const ruleOf = (row: RuleRow): SegmentRule => ({
  id: row.id,
  name: row.name,
  from: JSON.parse(row.from_selectors) as Selector[],
  to: JSON.parse(row.to_selectors) as Selector[],
  traffic: JSON.parse(row.traffic) as Traffic[],
  ...(row.when_text !== "" && { when: criterionIn(row.when_text, `the rule ${row.name}`) }),
  // What can't be read denies.
  ...(row.effect === "allow" ? {} : { effect: "deny" as const }),
  ...(row.not_before !== null && { notBefore: row.not_before }),
  ...(row.not_after !== null && { notAfter: row.not_after }),
  ...(row.weekly !== null && { weekly: JSON.parse(row.weekly) as WeeklyWindows }),
  ...(row.log === 1 && { log: true as const }),
});

/** The domain of all node names: `node.<network>.internal`. */
export const domainOf = ({ network }: StateRow): string => meshDomain(network ?? "mesh");
