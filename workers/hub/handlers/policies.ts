import { and, asc, desc, eq, gt, lt } from "drizzle-orm";
import type { InputIssue } from "../../../shared/base/errors/catalogue.ts";
import { isId } from "../../../shared/base/ids.ts";
import { policies, policyVersions } from "../../../shared/registry/schema.ts";
import type { SnapshotPolicy } from "../../../shared/registry/snapshot.ts";
import { freshId } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { prepared, registryOf } from "../../registry/database.ts";
import { unchanged } from "../../registry/guards.ts";
import type { Call, Effects, Handlers } from "../call.ts";
import { numberIn, pageOf } from "../paging.ts";
import { compileSource, findIssues } from "../policy-source.ts";
import { notFound } from "../refused.ts";
import { type ComingNames, unknownNames } from "../unknown-names.ts";

export type PolicyRow = typeof policies.$inferSelect;
export type VersionRow = typeof policyVersions.$inferSelect;

/** A policy by id or name. */
async function findPolicy(d1: D1Database, reference: string): Promise<PolicyRow> {
  const key = isId("policy", reference) ? eq(policies.id, reference) : eq(policies.name, reference);
  const [row] = await registryOf(d1).select().from(policies).where(key).limit(1);
  return row ?? notFound("policy");
}

async function findVersion(d1: D1Database, policyId: string, number: number): Promise<VersionRow> {
  const [row] = await registryOf(d1)
    .select()
    .from(policyVersions)
    .where(and(eq(policyVersions.policyId, policyId), eq(policyVersions.number, number)))
    .limit(1);
  return row ?? notFound("version of this policy");
}

/** Versions are never reused: the next one is behind the highest that ever was. */
export async function nextNumber(d1: D1Database, policyId: string): Promise<number> {
  const row = await d1
    .prepare("SELECT max(number) AS number FROM policy_versions WHERE policy_id = ?")
    .bind(policyId)
    .first<{ number: number | null }>();
  return (row?.number ?? 0) + 1;
}

/** What a stored version names and nothing has. */
export const warningsOf = (d1: D1Database, { source, compiled }: VersionRow, coming?: ComingNames) =>
  unknownNames(d1, source, JSON.parse(compiled) as SnapshotPolicy[], coming);

/** The write with what looks wrong with the text that it publishes. */
async function withWarnings<T extends { readonly body: object }>(
  d1: D1Database,
  version: VersionRow,
  write: T,
): Promise<T & { body: T["body"] & { warnings?: InputIssue[] } }> {
  const warnings = await warningsOf(d1, version);
  return warnings.length > 0 ? { ...write, body: { ...write.body, warnings } } : write;
}

const view = (row: PolicyRow, { source, author, note }: VersionRow) => ({ ...row, source, author, note });

export const blankPolicy = (name: string, enabled: boolean, now: number): PolicyRow => ({
  id: freshId("policy"),
  name,
  enabled,
  currentVersion: 1,
  version: 1,
  createdAt: now,
  updatedAt: now,
});

/** Parses and validates; refuses with line and column. */
export async function newVersion(
  call: Pick<Call, "bindings" | "caller" | "now">,
  row: PolicyRow,
  number: number,
  text: { readonly source: string; readonly note: string },
): Promise<VersionRow> {
  const compiled = JSON.stringify(await compileSource(call, text.source, row.name));
  return { policyId: row.id, number, ...text, compiled, author: call.caller.actor, createdAt: call.now };
}

export function storePolicy(d1: D1Database, row: PolicyRow, exists: boolean): D1PreparedStatement {
  const db = registryOf(d1);
  return exists
    ? prepared(d1, db.update(policies).set(row).where(eq(policies.id, row.id)))
    : prepared(d1, db.insert(policies).values(row));
}

export const storeVersion = (d1: D1Database, row: VersionRow): D1PreparedStatement =>
  prepared(d1, registryOf(d1).insert(policyVersions).values(row));

const effects = (action: string, row: PolicyRow, detail: Effects["event"]["detail"] = {}): Effects => ({
  event: {
    action: `policy.${action}`,
    target: row.id,
    detail: { name: row.name, currentVersion: row.currentVersion, ...detail },
  },
  policies: true,
  userIds: [],
  ends: [],
});

/** What a change of an existing policy comes to: its row, and a new version where its text or name changed. */
function change(
  d1: D1Database,
  action: string,
  before: PolicyRow,
  after: PolicyRow,
  version: VersionRow,
  isNew: boolean,
  detail: Effects["event"]["detail"],
) {
  return {
    statements: [
      unchanged(d1, "policies", before, after.version - 1),
      storePolicy(d1, after, true),
      ...(isNew ? [storeVersion(d1, version)] : []),
    ],
    effects: effects(action, after, detail),
    body: view(after, version),
    version: after.version,
  };
}

export const POLICY_HANDLERS: Handlers<
  | "policies.list"
  | "policies.create"
  | "policies.validate"
  | "policies.get"
  | "policies.update"
  | "policies.publish"
  | "policies.versions"
  | "policies.version"
  | "policies.rollback"
  | "policies.delete"
> = {
  "policies.list": async ({ bindings, query }) => ({
    body: await pageOf(
      query,
      (after, limit) =>
        registryOf(bindings.db)
          .select()
          .from(policies)
          .where(gt(policies.id, after ?? ""))
          .orderBy(asc(policies.id))
          .limit(limit),
      (row) => row.id,
    ),
  }),

  "policies.create": async (call) => {
    const { bindings, body, now } = call;
    const row = blankPolicy(body.name, body.enabled ?? true, now);
    const text = { source: body.source, note: body.note ?? "" };
    const version = await newVersion(call, row, 1, text);
    return withWarnings(bindings.db, version, {
      statements: [storePolicy(bindings.db, row, false), storeVersion(bindings.db, version)],
      effects: effects("create", row),
      body: view(row, version),
      version: 1,
    });
  },

  "policies.validate": async (call) => ({
    body: await findIssues(call, call.body.source, call.body.name ?? "draft"),
  }),

  "policies.get": async ({ bindings, params }) => {
    const row = await findPolicy(bindings.db, params.policy);
    const version = await findVersion(bindings.db, row.id, row.currentVersion);
    return { body: view(row, version), version: row.version };
  },

  "policies.update": async (call) => {
    const { bindings, params, body, ifMatch, now } = call;
    const before = await findPolicy(bindings.db, params.policy);
    const current = await findVersion(bindings.db, before.id, before.currentVersion);
    const renamed = body.name !== undefined && body.name !== before.name;
    const after: PolicyRow = {
      ...before,
      name: body.name ?? before.name,
      enabled: body.enabled ?? before.enabled,
      currentVersion: renamed ? await nextNumber(bindings.db, before.id) : before.currentVersion,
      version: ifMatch + 1,
      updatedAt: now,
    };
    // Statements are cited by the policy's name: a new name is a new version of the same text.
    const text = { source: current.source, note: `renamed from ${before.name}` };
    const version = renamed ? await newVersion(call, after, after.currentVersion, text) : current;
    return change(bindings.db, "update", before, after, version, renamed, { fields: Object.keys(body) });
  },

  "policies.publish": async (call) => {
    const { bindings, params, body, ifMatch, now } = call;
    const before = await findPolicy(bindings.db, params.policy);
    const currentVersion = await nextNumber(bindings.db, before.id);
    const after = { ...before, currentVersion, version: ifMatch + 1, updatedAt: now };
    const text = { source: body.source, note: body.note ?? "" };
    const version = await newVersion(call, after, currentVersion, text);
    const write = change(bindings.db, "publish", before, after, version, true, {});
    return withWarnings(bindings.db, version, write);
  },

  "policies.versions": async ({ bindings, params, query }) => {
    const { id } = await findPolicy(bindings.db, params.policy);
    const page = await pageOf(
      query,
      (after, limit) =>
        registryOf(bindings.db)
          .select({
            number: policyVersions.number,
            author: policyVersions.author,
            note: policyVersions.note,
            createdAt: policyVersions.createdAt,
          })
          .from(policyVersions)
          .where(
            and(
              eq(policyVersions.policyId, id),
              after === null ? undefined : lt(policyVersions.number, numberIn(after)),
            ),
          )
          .orderBy(desc(policyVersions.number))
          .limit(limit),
      (row) => String(row.number),
    );
    return { body: page };
  },

  "policies.version": async ({ bindings, params }) => {
    if (!/^\d{1,7}$/.test(params.number)) return notFound("version of this policy");
    const { id } = await findPolicy(bindings.db, params.policy);
    const {
      policyId: _,
      compiled: __,
      ...version
    } = await findVersion(bindings.db, id, Number(params.number));
    return { body: version };
  },

  "policies.rollback": async (call) => {
    const { bindings, params, body, ifMatch, now } = call;
    const before = await findPolicy(bindings.db, params.policy);
    if (body.number === before.currentVersion) throwRefusal("conflict", "This version holds already.");
    const old = await findVersion(bindings.db, before.id, body.number);
    const currentVersion = await nextNumber(bindings.db, before.id);
    const after = { ...before, currentVersion, version: ifMatch + 1, updatedAt: now };
    // Validated anew: what was valid once need not be valid under today's schema.
    const text = { source: old.source, note: `back to version ${old.number}` };
    const version = await newVersion(call, after, currentVersion, text);
    const write = change(bindings.db, "rollback", before, after, version, true, { to: old.number });
    return withWarnings(bindings.db, version, write);
  },

  "policies.delete": async ({ bindings, params, ifMatch }) => {
    const row = await findPolicy(bindings.db, params.policy);
    return {
      statements: [
        unchanged(bindings.db, "policies", row, ifMatch),
        bindings.db.prepare("DELETE FROM policies WHERE id = ?").bind(row.id),
      ],
      effects: effects("delete", row),
      body: null,
    };
  },
};
