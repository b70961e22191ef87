import { getTableConfig, type SQLiteTable } from "drizzle-orm/sqlite-core";
import { history } from "./history-schema.ts";
import * as mesh from "./mesh-schema.ts";
import { notificationDestinations } from "./notification-schema.ts";
import * as s from "./schema.ts";

/** Which tables of the registry a backup holds: all that can't be had again. */

/** Those whose rows come by the page; what others refer to comes first, and the history, which triggers write, last. */
const PAGED: readonly SQLiteTable[] = [
  s.users,
  s.identityProviders,
  s.identities,
  s.providerGrants,
  s.groups,
  s.groupMembers,
  s.segments,
  s.apps,
  s.upstreams,
  s.policies,
  s.policyVersions,
  s.serviceTokens,
  s.apiTokens,
  mesh.rootDocuments,
  mesh.enrolmentKeys,
  mesh.nodes,
  mesh.nodeRoutes,
  mesh.meshRules,
  mesh.departures,
  notificationDestinations,
  history,
];

/** Those of one row, which are restored at the end: the network is there when all of it is. */
const SINGLE: readonly SQLiteTable[] = [s.networks, mesh.meshState];

/** Of a moment, or a copy of what an object owns. */
export const NOT_KEPT: readonly string[] = [
  "sessions_index",
  "audit_index",
  "idempotency_keys",
  "used_challenges",
  "pending_events",
  "change_context",
  "notices",
  "notification_deliveries",
  "notification_cursors",
];

export interface KeptTable {
  readonly name: string;
  readonly columns: readonly string[];
}

const kept = (table: SQLiteTable): KeptTable => {
  const { name, columns } = getTableConfig(table);
  return { name, columns: columns.map((column) => column.name) };
};

export const PAGED_TABLES: readonly KeptTable[] = PAGED.map(kept);
export const SINGLE_TABLES: readonly KeptTable[] = SINGLE.map(kept);

/** The statement that puts one row back, with a `?` for each column. */
export function insertOf({ name, columns }: KeptTable): string {
  const names = columns.map((column) => `"${column}"`).join(", ");
  const marks = columns.map(() => "?").join(", ");
  return `INSERT INTO ${name} (${names}) VALUES (${marks})`;
}
