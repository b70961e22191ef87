import { and, asc, desc, eq, gt, lt, sql } from "drizzle-orm";
import type { PolicyTestCase } from "../../../shared/api/policies.ts";
import { whoActed } from "../../../shared/audit/who.ts";
import type { InputIssue } from "../../../shared/base/errors/catalogue.ts";
import { isId } from "../../../shared/base/ids.ts";
import { policies, policyVersions } from "../../../shared/registry/schema.ts";
import type { SnapshotPolicy } from "../../../shared/registry/snapshot.ts";
import { freshId } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { prepared, registryOf } from "../../registry/database.ts";
import { unchanged } from "../../registry/guards.ts";
import type { Call, Effects, Handlers } from "../call.ts";
import { refuseLockOut } from "../lock-outs.ts";
import { missing } from "../missing.ts";
import { numberIn, pageOf } from "../paging.ts";
import { compileSource, findIssues, NO_STATEMENT } from "../policy-source.ts";
import { notFound } from "../refused.ts";
import { holdsWords } from "../search.ts";
import { failuresOf, refuseFailing, triedWith } from "../stored-tests.ts";
import { type ComingNames, unknownNames } from "../unknown-names.ts";

export type PolicyRow = typeof policies.$inferSelect;
export type VersionRow = typeof policyVersions.$inferSelect;

/** A policy by id or name. */
async function findPolicy(d1: D1Database, reference: string): Promise<PolicyRow> {
  const key = isId("policy", reference) ? eq(policies.id, reference) : eq(policies.name, reference);
  const [row] = await registryOf(d1).select().from(policies).where(key).limit(1);
  return row ?? missing(d1, "policy", reference);
}

export async function findVersion(d1: D1Database, policyId: string, number: number): Promise<VersionRow> {
  const [row] = await registryOf(d1)
    .select()
    .from(policyVersions)
    .where(and(eq(policyVersions.policyId, policyId), eq(policyVersions.number, number)))
    .limit(1);
  return row ?? notFound("version of this policy");
}

/** A version number is never used twice. The next number comes after the highest number that was ever used. */
export async function nextNumber(d1: D1Database, policyId: string): Promise<number> {
  const row = await d1
    .prepare("SELECT max(number) AS number FROM policy_versions WHERE policy_id = ?")
    .bind(policyId)
    .first<{ number: number | null }>();
  return (row?.number ?? 0) + 1;
}

/** Warnings about a stored version: it contains no statement, or it names unknown things. */
export async function warningsOf(d1: D1Database, { source, compiled }: VersionRow, coming?: ComingNames) {
  const statements = JSON.parse(compiled) as SnapshotPolicy[];
  return statements.length === 0 ? [NO_STATEMENT] : unknownNames(d1, source, statements, coming);
}

/** The write, with warnings about the text that it publishes, and with others. */
async function withWarnings<T extends { readonly body: object }>(
  d1: D1Database,
  version: VersionRow,
  write: T,
  others: readonly InputIssue[],
): Promise<T & { body: T["body"] & { warnings?: InputIssue[] } }> {
  const warnings = [...(await warningsOf(d1, version)), ...others];
  return warnings.length > 0 ? { ...write, body: { ...write.body, warnings } } : write;
}

export const testsOf = ({ tests }: Pick<VersionRow, "tests">) => JSON.parse(tests) as PolicyTestCase[];

const view = (row: PolicyRow, version: VersionRow) => {
  const { source, author, note } = version;
  return { ...row, source, author, note, tests: testsOf(version) };
};

/** Whether a policy is in force, in shadow, or neither. */
export type Standing = Pick<PolicyRow, "enabled" | "shadow">;
export const IN_FORCE: Standing = { enabled: true, shadow: false };

/** A policy that comes into force leaves the shadow, and the other way round. */
export function standingOf(
  before: Standing,
  said: { readonly [Key in keyof Standing]?: Standing[Key] | undefined },
): Standing {
  if (said.enabled && said.shadow)
    throwRefusal("invalid_input", "A policy is either in force (`enabled`) or in `shadow`: say one of them.");
  return {
    enabled: said.enabled ?? (said.shadow === true ? false : before.enabled),
    shadow: said.shadow ?? (said.enabled === true ? false : before.shadow),
  };
}

export const blankPolicy = (name: string, standing: Standing, now: number): PolicyRow => ({
  id: freshId("policy"),
  name,
  ...standing,
  currentVersion: 1,
  version: 1,
  createdAt: now,
  updatedAt: now,
});

/** Parses and validates the text. A refusal names the line and column. */
export async function newVersion(
  call: Pick<Call, "bindings" | "caller" | "now">,
  row: PolicyRow,
  number: number,
  text: { readonly source: string; readonly note: string; readonly tests: readonly PolicyTestCase[] },
): Promise<VersionRow> {
  const compiled = JSON.stringify(await compileSource(call, text.source, row.name));
  const { source, note } = text;
  const tests = JSON.stringify(text.tests);
  return {
    policyId: row.id,
    number,
    source,
    note,
    tests,
    compiled,
    author: whoActed({ ...call.caller, person: call.caller.user }),
    createdAt: call.now,
  };
}

/**
 * Runs the tests of a version before it comes into force. Refuses if a test fails. Otherwise returns what the
 * audit log keeps about the tests.
 */
async function passTests(
  call: Pick<Call, "bindings" | "now">,
  row: PolicyRow,
  version: VersionRow,
  despiteTests = false,
): Promise<{ failedTests?: string[] }> {
  const tests = testsOf(version);
  if (!row.enabled || tests.length === 0) return {};
  const tried = await triedWith(call, row.name, JSON.parse(version.compiled) as SnapshotPolicy[]);
  return refuseFailing(row.name, await failuresOf(tried, tests, call.now), despiteTests);
}

/**
 * Refuses a change of a policy that locks people out, unless its author insists.
 *
 * @param before Null for a new policy.
 * @param after Null for a policy that is deleted.
 */
function passLockOuts(
  call: Pick<Call, "bindings" | "caller" | "now">,
  before: PolicyRow | null,
  after: PolicyRow | null,
  version: Pick<VersionRow, "compiled">,
  despite: boolean | undefined,
): ReturnType<typeof refuseLockOut> {
  if (!before?.enabled && !after?.enabled) return Promise.resolve({ kept: {}, warnings: [] });
  const statements = after?.enabled ? (JSON.parse(version.compiled) as SnapshotPolicy[]) : [];
  const gone = before && before.name !== after?.name ? [{ name: before.name, statements: [] }] : [];
  const come = after ? [{ name: after.name, statements }] : [];
  return refuseLockOut(call, { policies: [...gone, ...come] }, despite);
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

/** The result of a change of an existing policy: its row, and a new version if its text or name changed. */
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

/** The text that holds, of a row of `policies`. */
const TEXT_IN_FORCE = sql`(SELECT source FROM policy_versions v WHERE v.policy_id = policies.id AND v.number = policies.current_version)`;

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
          .where(
            and(
              gt(policies.id, after ?? ""),
              holdsWords(query.search, policies.id, policies.name, TEXT_IN_FORCE),
            ),
          )
          .orderBy(asc(policies.id))
          .limit(limit),
      (row) => row.id,
    ),
  }),

  "policies.create": async (call) => {
    const { bindings, body, query, now } = call;
    const row = blankPolicy(body.name, standingOf(IN_FORCE, body), now);
    const text = { source: body.source, note: body.note ?? "", tests: body.tests ?? [] };
    const version = await newVersion(call, row, 1, text);
    const tested = await passTests(call, row, version, body.despiteTests);
    const { kept, warnings } = await passLockOuts(call, null, row, version, query.despiteLockOut);
    const write = {
      statements: [storePolicy(bindings.db, row, false), storeVersion(bindings.db, version)],
      effects: effects("create", row, { ...tested, ...kept }),
      body: view(row, version),
      version: 1,
    };
    return withWarnings(bindings.db, version, write, warnings);
  },

  "policies.validate": async (call) => ({
    body: await findIssues(call, call.body),
  }),

  "policies.get": async ({ bindings, params }) => {
    const row = await findPolicy(bindings.db, params.policy);
    const version = await findVersion(bindings.db, row.id, row.currentVersion);
    return { body: view(row, version), version: row.version };
  },

  "policies.update": async (call) => {
    const { bindings, params, body, query, ifMatch, now } = call;
    const before = await findPolicy(bindings.db, params.policy);
    const current = await findVersion(bindings.db, before.id, before.currentVersion);
    const renamed = body.name !== undefined && body.name !== before.name;
    const after: PolicyRow = {
      ...before,
      name: body.name ?? before.name,
      ...standingOf(before, body),
      currentVersion: renamed ? await nextNumber(bindings.db, before.id) : before.currentVersion,
      version: ifMatch + 1,
      updatedAt: now,
    };
    // Statements are cited by the policy's name. So a new name needs a new version of the same text.
    const text = {
      source: current.source,
      note: `renamed from ${before.name}`,
      tests: testsOf(current),
    };
    const version = renamed ? await newVersion(call, after, after.currentVersion, text) : current;
    const isSwitchedOn = after.enabled && !before.enabled;
    const tested = isSwitchedOn ? await passTests(call, after, version, body.despiteTests) : {};
    const { kept, warnings } = await passLockOuts(call, before, after, version, query.despiteLockOut);
    const detail = { fields: Object.keys(body), ...tested, ...kept };
    const write = change(bindings.db, "update", before, after, version, renamed, detail);
    return warnings.length > 0 ? { ...write, body: { ...write.body, warnings } } : write;
  },

  "policies.publish": async (call) => {
    const { bindings, params, body, query, ifMatch, now } = call;
    const before = await findPolicy(bindings.db, params.policy);
    const currentVersion = await nextNumber(bindings.db, before.id);
    const after = { ...before, currentVersion, version: ifMatch + 1, updatedAt: now };
    const tests = body.tests ?? testsOf(await findVersion(bindings.db, before.id, before.currentVersion));
    const text = { source: body.source, note: body.note ?? "", tests };
    const version = await newVersion(call, after, currentVersion, text);
    const tested = await passTests(call, after, version, body.despiteTests);
    const { kept, warnings } = await passLockOuts(call, before, after, version, query.despiteLockOut);
    const detail = { ...tested, ...kept };
    const write = change(bindings.db, "publish", before, after, version, true, detail);
    return withWarnings(bindings.db, version, write, warnings);
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
    // The versions of a deleted policy stay, and decisions cite them by the policy's id.
    const id = isId("policy", params.policy)
      ? params.policy
      : (await findPolicy(bindings.db, params.policy)).id;
    const {
      policyId: _,
      compiled: __,
      ...version
    } = await findVersion(bindings.db, id, Number(params.number));
    return { body: { ...version, tests: testsOf(version) } };
  },

  "policies.rollback": async (call) => {
    const { bindings, params, body, query, ifMatch, now } = call;
    const before = await findPolicy(bindings.db, params.policy);
    if (body.number === before.currentVersion) throwRefusal("conflict", "This version holds already.");
    const old = await findVersion(bindings.db, before.id, body.number);
    const currentVersion = await nextNumber(bindings.db, before.id);
    const after = { ...before, currentVersion, version: ifMatch + 1, updatedAt: now };
    // The text is validated again, because it may be invalid under the current schema.
    const text = { source: old.source, note: `back to version ${old.number}`, tests: testsOf(old) };
    const version = await newVersion(call, after, currentVersion, text);
    const tested = await passTests(call, after, version, body.despiteTests);
    const { kept, warnings } = await passLockOuts(call, before, after, version, query.despiteLockOut);
    const detail = { to: old.number, ...tested, ...kept };
    const write = change(bindings.db, "rollback", before, after, version, true, detail);
    return withWarnings(bindings.db, version, write, warnings);
  },

  "policies.delete": async (call) => {
    const { bindings, params, query, ifMatch } = call;
    const row = await findPolicy(bindings.db, params.policy);
    const { kept } = await passLockOuts(call, row, null, { compiled: "[]" }, query.despiteLockOut);
    return {
      statements: [
        unchanged(bindings.db, "policies", row, ifMatch),
        bindings.db.prepare("DELETE FROM policies WHERE id = ?").bind(row.id),
      ],
      effects: effects("delete", row, kept),
      body: null,
    };
  },
};
