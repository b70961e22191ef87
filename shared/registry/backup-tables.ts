import { getTableConfig, type SQLiteTable } from "drizzle-orm/sqlite-core";
import { accessGrants, grantAnswers } from "./grant-schema.ts";
import { history } from "./history-schema.ts";
import { logDestinations } from "./log-schema.ts";
import * as mesh from "./mesh-schema.ts";
import { notificationDestinations } from "./notification-schema.ts";
import { oauthClients } from "./oauth-schema.ts";
import { passkeyInvitations, passkeys } from "./passkey-schema.ts";
import * as s from "./schema.ts";
import { scimSources, scimUsers } from "./scim-schema.ts";
import { signalExclusions, signalQuarantines, signalReceivers, signalTransmitters } from "./signal-schema.ts";
import { suggestions } from "./suggestion-schema.ts";

/** The tables of the registry that a backup contains: every table whose data can't be made again. */

/**
 * Tables whose rows are read page by page. A table comes before the tables that refer to it. The history
 * comes last, because triggers write it.
 */
const PAGED: readonly SQLiteTable[] = [
  s.users,
  s.userRisks,
  s.identityProviders,
  s.identities,
  s.providerGrants,
  scimSources,
  scimUsers,
  passkeys,
  passkeyInvitations,
  s.groups,
  s.groupMembers,
  s.segments,
  s.apps,
  s.upstreams,
  s.policies,
  s.policyVersions,
  s.serviceTokens,
  s.apiTokens,
  oauthClients,
  mesh.rootDocuments,
  mesh.enrolmentKeys,
  mesh.nodes,
  mesh.nodeRoutes,
  mesh.deviceFacts,
  mesh.meshRules,
  mesh.microsegments,
  mesh.meshServices,
  mesh.meshTests,
  mesh.departures,
  suggestions,
  notificationDestinations,
  logDestinations,
  signalTransmitters,
  signalQuarantines,
  signalReceivers,
  signalExclusions,
  accessGrants,
  grantAnswers,
  history,
];

/**
 * Tables with one row. They are restored at the end, so that the network exists only when everything else is
 * restored.
 */
const SINGLE: readonly SQLiteTable[] = [s.networks, mesh.meshState];

/** Tables with short-lived data, or with copies of data that an object owns. */
export const NOT_KEPT: readonly string[] = [
  "sessions_index",
  "audit_index",
  "idempotency_keys",
  "used_challenges",
  "pending_events",
  "change_context",
  "notices",
  "notification_deliveries",
  "dead_letters",
  "log_deliveries",
  "notification_cursors",
  "signal_events",
  "signal_letters",
  "signal_cursor",
  "legs",
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

/** The statement that restores one row, with a `?` for each column. */
export function insertOf({ name, columns }: KeptTable): string {
  const names = columns.map((column) => `"${column}"`).join(", ");
  const marks = columns.map(() => "?").join(", ");
  return `INSERT INTO ${name} (${names}) VALUES (${marks})`;
}
