import { and, asc, eq, gt } from "drizzle-orm";
import { GITHUB_ORIGIN } from "../../../shared/access/login/github/places.ts";
import {
  foreignSettings,
  KINDS,
  type KindSetting,
  type ProviderKind,
} from "../../../shared/access/login/provider-kinds.ts";
import { trialPassed } from "../../../shared/access/login/provider-trial.ts";
import { isId } from "../../../shared/base/ids.ts";
import { identityProviders } from "../../../shared/registry/schema.ts";
import type { Bindings } from "../../platform/env.ts";
import { freshId } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { seal } from "../../platform/secrets.ts";
import { prepared, registryOf } from "../../registry/database.ts";
import { anOwnerSignsIn, ownerComesIn, unchanged } from "../../registry/guards.ts";
import { callbackUri } from "../../sign-in/callback-path.ts";
import { methodOf } from "../../sign-in/methods.ts";
import { asProvider, providerSecretContext } from "../../sign-in/providers.ts";
import type { Call, Effects, Handlers } from "../call.ts";
import { refuseLockOut } from "../lock-outs.ts";
import { missing } from "../missing.ts";
import { pageOf } from "../paging.ts";
import { holdsWords } from "../search.ts";
import { checkFetched, checkIssuer } from "../upstreams.ts";
import { touchUsers } from "./groups.ts";

export type ProviderRow = typeof identityProviders.$inferSelect;

const view = ({ clientSecretSealed, ...row }: ProviderRow) => ({
  ...row,
  hasClientSecret: clientSecretSealed !== null,
  allowedDomains: JSON.parse(row.allowedDomains) as string[],
  trustedAudiences: JSON.parse(row.trustedAudiences) as string[],
  organizations: JSON.parse(row.organizations) as string[],
  secondFactorAcr: JSON.parse(row.secondFactorAcr) as string[],
});

/** What would not work with a provider, in words. This function asks the provider itself. */
export const problemsOf = (bindings: Bindings, row: ProviderRow): Promise<string[]> =>
  methodOf(row).then((method) => method.problems(bindings, asProvider(row)));

async function withProblems(bindings: Bindings, row: ProviderRow) {
  const problems = await problemsOf(bindings, row);
  return problems.length > 0 ? { ...view(row), problems } : view(row);
}

/** An identity provider by id or name. */
export async function findProvider(d1: D1Database, reference: string): Promise<ProviderRow> {
  const key = isId("identityProvider", reference)
    ? eq(identityProviders.id, reference)
    : eq(identityProviders.name, reference);
  const [row] = await registryOf(d1).select().from(identityProviders).where(key).limit(1);
  return row ?? missing(d1, "identity provider", reference);
}

/**
 * The input. A missing member gets its default in a new provider, and stays unchanged in an existing
 * provider.
 */
export interface ProviderInput {
  readonly name?: string | undefined;
  readonly kind?: ProviderKind | undefined;
  readonly issuer?: string | undefined;
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | null | undefined;
  readonly scopes?: string | undefined;
  readonly groupsClaim?: string | undefined;
  readonly emailClaim?: string | undefined;
  readonly emailVerified?: ProviderRow["emailVerified"] | undefined;
  readonly trustedAudiences?: string[] | undefined;
  readonly allowedDomains?: string[] | undefined;
  readonly guestDays?: number | null | undefined;
  readonly metadata?: string | undefined;
  readonly metadataUrl?: string | null | undefined;
  readonly organizations?: string[] | undefined;
  readonly offlineAccess?: ProviderRow["offlineAccess"] | undefined;
  readonly recheckMinutes?: number | undefined;
  readonly recheckGraceHours?: number | undefined;
  readonly believesMethods?: boolean | undefined;
  readonly secondFactorAcr?: string[] | undefined;
  readonly enabled?: boolean | undefined;
}

export const blankProvider = (now: number, kind: ProviderKind = "oidc"): ProviderRow => ({
  id: freshId("identityProvider"),
  name: "",
  kind,
  issuer: kind === "github" ? GITHUB_ORIGIN : "",
  clientId: "",
  clientSecretSealed: null,
  scopes: "openid email profile",
  groupsClaim: "groups",
  groupsSeenAt: null,
  groupsMissedAt: null,
  emailClaim: "email",
  // SAML can't say whether an address is verified. Whoever adds a SAML provider trusts the addresses that its
  // administrators enter.
  emailVerified: kind === "saml" ? "absentIsTrusted" : "required",
  trustedAudiences: "[]",
  allowedDomains: "[]",
  guestDays: null,
  metadata: "",
  metadataUrl: null,
  organizations: "[]",
  // GitHub's tokens don't expire, so GitHub can always be asked again about its users.
  offlineAccess: kind === "github" ? "scope" : "no",
  recheckMinutes: 15,
  recheckGraceHours: 24,
  believesMethods: true,
  secondFactorAcr: "[]",
  enabled: true,
  version: 0,
  createdAt: now,
  updatedAt: now,
});

/** The row, with the members of the input instead of its own. The secret is encrypted. */
export async function changeProvider(
  bindings: Bindings,
  row: ProviderRow,
  input: ProviderInput,
  now: number,
): Promise<ProviderRow> {
  refuseUnfitting(row, input);
  if (input.issuer !== undefined && row.kind !== "saml") checkIssuer(bindings, row.kind, input.issuer);
  if (input.metadataUrl) checkFetched(bindings, "The metadataUrl", input.metadataUrl);
  const asksElse = (["issuer", "scopes", "groupsClaim"] as const).some(
    (field) => input[field] !== undefined && input[field] !== row[field],
  );
  return {
    ...row,
    ...(asksElse ? { groupsSeenAt: null, groupsMissedAt: null } : {}),
    name: input.name ?? row.name,
    issuer: input.issuer ?? row.issuer,
    clientId: input.clientId ?? row.clientId,
    clientSecretSealed: await sealedSecret(bindings, row, input.clientSecret),
    scopes: input.scopes ?? row.scopes,
    groupsClaim: input.groupsClaim ?? row.groupsClaim,
    emailClaim: input.emailClaim ?? row.emailClaim,
    emailVerified: input.emailVerified ?? row.emailVerified,
    trustedAudiences: input.trustedAudiences ? JSON.stringify(input.trustedAudiences) : row.trustedAudiences,
    allowedDomains: input.allowedDomains ? JSON.stringify(input.allowedDomains) : row.allowedDomains,
    guestDays: input.guestDays === undefined ? row.guestDays : input.guestDays,
    metadata: input.metadata ?? row.metadata,
    metadataUrl: input.metadataUrl === undefined ? row.metadataUrl : input.metadataUrl,
    organizations: input.organizations
      ? JSON.stringify([...new Set(input.organizations)])
      : row.organizations,
    offlineAccess: input.offlineAccess ?? row.offlineAccess,
    recheckMinutes: input.recheckMinutes ?? row.recheckMinutes,
    recheckGraceHours: input.recheckGraceHours ?? row.recheckGraceHours,
    believesMethods: input.believesMethods ?? row.believesMethods,
    secondFactorAcr: input.secondFactorAcr ? JSON.stringify(input.secondFactorAcr) : row.secondFactorAcr,
    enabled: input.enabled ?? row.enabled,
    version: row.version + 1,
    updatedAt: now,
  };
}

/** Refuses settings that the provider's kind doesn't have, and missing settings that the kind needs. */
function refuseUnfitting(row: ProviderRow, input: ProviderInput): void {
  const { title, needs } = KINDS[row.kind];
  if (input.kind !== undefined && input.kind !== row.kind) {
    throwRefusal(
      "invalid_input",
      `The provider is of the kind ${row.kind}, which stays. Add another provider.`,
    );
  }
  const given = Object.entries(input).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const has = (name: KindSetting) =>
    name === "clientSecret"
      ? (input.clientSecret ?? (input.clientSecret === undefined ? row.clientSecretSealed : null)) !== null
      : (input[name] ?? row[name]) !== "";
  const issues = [
    ...foreignSettings(row.kind, given).map((name) => ({
      path: `/${name}`,
      message: `${title} has no ${name}`,
    })),
    ...needs
      .filter((name) => !has(name))
      .map((name) => ({ path: `/${name}`, message: `${title} needs its ${name}` })),
  ];
  const [pasted, url] = [input.metadata ?? row.metadata, input.metadataUrl ?? row.metadataUrl];
  if (row.kind === "saml" && pasted === "" && (url === null || input.metadataUrl === null)) {
    issues.push({ path: "/metadataUrl", message: `${title} needs its metadataUrl or its metadata` });
  }
  if (issues.length > 0) {
    throwRefusal("invalid_input", `${issues.map(({ message }) => message).join("; ")}.`, { issues });
  }
}

async function sealedSecret(bindings: Bindings, row: ProviderRow, secret: string | null | undefined) {
  if (secret === undefined) return row.clientSecretSealed;
  return secret === null ? null : seal(bindings, secret, providerSecretContext(row.id));
}

export function storeProvider(d1: D1Database, row: ProviderRow, exists: boolean): D1PreparedStatement {
  const db = registryOf(d1);
  return exists
    ? prepared(d1, db.update(identityProviders).set(row).where(eq(identityProviders.id, row.id)))
    : prepared(d1, db.insert(identityProviders).values(row));
}

/** The provider's own groups go with it, also out of other groups. Their own members are deleted with their rows. */
const deleteManagedGroups = (d1: D1Database, providerId: string): D1PreparedStatement =>
  d1
    .prepare(
      `DELETE FROM group_members WHERE member_kind = 'group'
       AND member_id IN (SELECT id FROM groups WHERE provider_id = ?)`,
    )
    .bind(providerId);

/**
 * What else must change when a provider changes. A new issuer in the same row must not inherit the subjects
 * of the old issuer, so the identities are deleted. If the provider is deleted or switched off, it confirms
 * nobody any more, so the sessions that depend on it end. If it is switched on again, its groups count again.
 */
export async function consequences(
  d1: D1Database,
  before: ProviderRow,
  after: ProviderRow | null,
  now: number,
): Promise<Pick<Effects, "userIds" | "ends"> & { statements: D1PreparedStatement[] }> {
  const isSame = after?.issuer === before.issuer;
  if (isSame && after.enabled === before.enabled) return { statements: [], userIds: [], ends: [] };
  const { results } = await d1
    .prepare(
      `SELECT user_id FROM identities WHERE provider_id = ?1
       UNION SELECT user_id FROM scim_users WHERE provider_id = ?1`,
    )
    .bind(before.id)
    .all<{ user_id: string }>();
  const userIds = results.map((row) => row.user_id);
  const vouches = isSame && after.enabled;
  return {
    statements: [
      touchUsers(d1, userIds, now),
      ...(isSame ? [] : [d1.prepare("DELETE FROM identities WHERE provider_id = ?").bind(before.id)]),
      ...(after ? [] : [deleteManagedGroups(d1, before.id)]),
    ],
    userIds,
    ends: vouches
      ? []
      : [
          {
            filter: { by: "everyOf", id: before.id },
            reason: after && isSame ? "provider_disabled" : "provider_removed",
          },
        ],
  };
}

const event = (
  action: string,
  row: ProviderRow,
  detail: Effects["event"]["detail"] = {},
): Effects["event"] => ({
  action: `identity_provider.${action}`,
  target: row.id,
  detail: { name: row.name, kind: row.kind, issuer: row.issuer, ...detail },
});

/** Refuses a change after which a provider vouches for fewer people, if that locks people out. */
async function passLockOuts(
  call: Call<"identityProviders.update" | "identityProviders.delete">,
  before: ProviderRow,
  after: ProviderRow | null,
): Promise<{ lockOuts?: string[] }> {
  const vouches = after?.enabled === true && after.issuer === before.issuer;
  if (!before.enabled || vouches) return {};
  const thing = { kind: "identityProvider", target: before.id, after: null };
  return (await refuseLockOut(call, { things: [thing] }, call.query.despiteLockOut)).kept;
}

/** If an owner can sign in now, an owner must still be able to come in after the change. */
const keepOwnerSignIn = async (d1: D1Database): Promise<D1PreparedStatement[]> =>
  (await anOwnerSignsIn(d1)) ? [ownerComesIn(d1)] : [];

export const PROVIDER_HANDLERS: Handlers<
  | "identityProviders.list"
  | "identityProviders.create"
  | "identityProviders.get"
  | "identityProviders.test"
  | "identityProviders.update"
  | "identityProviders.delete"
> = {
  "identityProviders.list": async ({ bindings, query }) => {
    const page = await pageOf(
      query,
      (after, limit) =>
        registryOf(bindings.db)
          .select()
          .from(identityProviders)
          .where(
            and(
              gt(identityProviders.id, after ?? ""),
              holdsWords(
                query.search,
                identityProviders.id,
                identityProviders.name,
                identityProviders.issuer,
              ),
            ),
          )
          .orderBy(asc(identityProviders.id))
          .limit(limit),
      (row) => row.id,
    );
    return { body: { ...page, items: page.items.map(view) } };
  },

  "identityProviders.create": async ({ bindings, body, now }) => {
    const row = await changeProvider(bindings, blankProvider(now, body.kind), body, now);
    return {
      statements: [storeProvider(bindings.db, row, false)],
      effects: { event: event("create", row), policies: false, userIds: [], ends: [] },
      body: await withProblems(bindings, row),
      version: row.version,
    };
  },

  "identityProviders.get": async ({ bindings, params }) => {
    const row = await findProvider(bindings.db, params.provider);
    return { body: view(row), version: row.version };
  },

  "identityProviders.test": async ({ bindings, params }) => {
    const row = await findProvider(bindings.db, params.provider);
    const provider = asProvider(row);
    const checks = await (await methodOf(provider)).test(bindings, provider, row);
    return {
      body: {
        passed: trialPassed(checks),
        redirectUri: callbackUri(bindings, provider),
        checks: checks.map((check) => ({ ...check, findings: [...check.findings] })),
      },
    };
  },

  "identityProviders.update": async (call) => {
    const { bindings, params, body, ifMatch, now } = call;
    const before = await findProvider(bindings.db, params.provider);
    const after = { ...(await changeProvider(bindings, before, body, now)), version: ifMatch + 1 };
    const kept = await passLockOuts(call, before, after);
    const { statements, userIds, ends } = await consequences(bindings.db, before, after, now);
    return {
      statements: [
        unchanged(bindings.db, "identity_providers", before, ifMatch),
        ...statements,
        storeProvider(bindings.db, after, true),
        ...(await keepOwnerSignIn(bindings.db)),
      ],
      effects: {
        event: event("update", after, { fields: Object.keys(body), ...kept }),
        policies: false,
        userIds,
        ends,
      },
      body: await withProblems(bindings, after),
      version: after.version,
    };
  },

  "identityProviders.delete": async (call) => {
    const { bindings, params, ifMatch, now } = call;
    const row = await findProvider(bindings.db, params.provider);
    const kept = await passLockOuts(call, row, null);
    const { statements, userIds, ends } = await consequences(bindings.db, row, null, now);
    return {
      statements: [
        unchanged(bindings.db, "identity_providers", row, ifMatch),
        ...statements,
        bindings.db.prepare("DELETE FROM identity_providers WHERE id = ?").bind(row.id),
        ...(await keepOwnerSignIn(bindings.db)),
      ],
      // Its groups are gone, and isolates know their names.
      effects: { event: event("delete", row, kept), policies: true, userIds, ends },
      body: null,
    };
  },
};
