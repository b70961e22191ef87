import { MeshStatement, type Statement } from "./mesh-change.ts";
import type { meshRules, meshServices, meshState, microsegments, rootDocuments } from "./mesh-schema.ts";
import type { RowOf } from "./rows.ts";

/** SQL for the data that all nodes share: rules, microsegments, roots, and the state of the mesh. */

/** Objects read the rules and the microsegments again when this rises. */
const RULES_CHANGED = new MeshStatement("UPDATE mesh_state SET rules_revision = revision");

export const storeRule = (rule: RowOf<typeof meshRules>): MeshStatement[] => [
  new MeshStatement(
    `INSERT INTO mesh_rules (id, name, from_selectors, to_selectors, traffic, services, when_text, effect, not_before,
       not_after, weekly, log, owner, enabled, version, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, from_selectors = excluded.from_selectors,
       to_selectors = excluded.to_selectors, traffic = excluded.traffic, services = excluded.services,
       when_text = excluded.when_text, effect = excluded.effect,
       not_before = excluded.not_before, not_after = excluded.not_after, weekly = excluded.weekly, log = excluded.log,
       owner = excluded.owner,
       enabled = excluded.enabled,
       version = excluded.version, updated_at = excluded.updated_at`,
    rule.id,
    rule.name,
    rule.from_selectors,
    rule.to_selectors,
    rule.traffic,
    rule.services,
    rule.when_text,
    rule.effect,
    rule.not_before,
    rule.not_after,
    rule.weekly,
    rule.log,
    rule.owner,
    rule.enabled,
    rule.version,
    rule.created_at,
    rule.updated_at,
  ),
  RULES_CHANGED,
];

export const deleteRule = (id: string): MeshStatement[] => [
  new MeshStatement("DELETE FROM mesh_rules WHERE id = ?", id),
  RULES_CHANGED,
];

export const storeService = (row: RowOf<typeof meshServices>): MeshStatement[] => [
  new MeshStatement(
    `INSERT INTO mesh_services (id, name, description, traffic, version, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description, traffic = excluded.traffic,
       version = excluded.version, updated_at = excluded.updated_at`,
    row.id,
    row.name,
    row.description,
    row.traffic,
    row.version,
    row.created_at,
    row.updated_at,
  ),
  RULES_CHANGED,
];

export const deleteService = (id: string): MeshStatement[] => [
  new MeshStatement("DELETE FROM mesh_services WHERE id = ?", id),
  RULES_CHANGED,
];

export const storeMicrosegment = (row: RowOf<typeof microsegments>): MeshStatement[] => [
  new MeshStatement(
    `INSERT INTO microsegments (id, name, description, type, isolation, where_text, unless_text, include, exclude,
       remediation, at_most, accepts_claims, version, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description, type = excluded.type,
       isolation = excluded.isolation, where_text = excluded.where_text, unless_text = excluded.unless_text,
       include = excluded.include, exclude = excluded.exclude, remediation = excluded.remediation, at_most = excluded.at_most,
       accepts_claims = excluded.accepts_claims, version = excluded.version, updated_at = excluded.updated_at`,
    row.id,
    row.name,
    row.description,
    row.type,
    row.isolation,
    row.where_text,
    row.unless_text,
    row.include,
    row.exclude,
    row.remediation,
    row.at_most,
    row.accepts_claims,
    row.version,
    row.created_at,
    row.updated_at,
  ),
  RULES_CHANGED,
];

export const deleteMicrosegment = (id: string): MeshStatement[] => [
  new MeshStatement("DELETE FROM microsegments WHERE id = ?", id),
  RULES_CHANGED,
];

export const addRoot = (root: RowOf<typeof rootDocuments>): MeshStatement[] => [
  new MeshStatement(
    "INSERT INTO root_documents (version, epoch, envelope, payload_hash, created_at) VALUES (?, ?, ?, ?, ?)",
    root.version,
    root.epoch,
    root.envelope,
    root.payload_hash,
    root.created_at,
  ),
  new MeshStatement("UPDATE mesh_state SET root_version = ?, epoch = ?", root.version, root.epoch),
];

/**
 * Creates the one row of the state at the first use of the mesh. Does nothing if the row exists. This change
 * doesn't affect nodes.
 */
export const createState = (
  state: Pick<RowOf<typeof meshState>, "network_id" | "ipv6_prefix" | "created_at">,
): Statement => [
  "INSERT OR IGNORE INTO mesh_state (id, network_id, ipv6_prefix, created_at) VALUES (1, ?, ?, ?)",
  state.network_id,
  state.ipv6_prefix,
  state.created_at,
];
