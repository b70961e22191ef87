import { asc, eq, gt } from "drizzle-orm";
import { isId } from "../../../shared/base/ids.ts";
import { identityProviders } from "../../../shared/registry/schema.ts";
import type { Bindings } from "../../platform/env.ts";
import { freshId } from "../../platform/random.ts";
import { seal } from "../../platform/secrets.ts";
import { prepared, registryOf } from "../../registry/database.ts";
import { unchanged } from "../../registry/guards.ts";
import { providerProblems } from "../../sign-in/check-provider.ts";
import { providerSecretContext } from "../../sign-in/providers.ts";
import type { Effects, Handlers } from "../call.ts";
import { pageOf } from "../paging.ts";
import { notFound } from "../refused.ts";
import { checkIssuer } from "../upstreams.ts";
import { touchUsers } from "./groups.ts";

export type ProviderRow = typeof identityProviders.$inferSelect;

const view = ({ clientSecretSealed, ...row }: ProviderRow) => ({
  ...row,
  hasClientSecret: clientSecretSealed !== null,
  allowedDomains: JSON.parse(row.allowedDomains) as string[],
  trustedAudiences: JSON.parse(row.trustedAudiences) as string[],
});

async function withProblems(bindings: Bindings, row: ProviderRow) {
  const problems = await providerProblems(bindings, row);
  return problems.length > 0 ? { ...view(row), problems } : view(row);
}

/** An identity provider by id or name. */
async function findProvider(d1: D1Database, reference: string): Promise<ProviderRow> {
  const key = isId("identityProvider", reference)
    ? eq(identityProviders.id, reference)
    : eq(identityProviders.name, reference);
  const [row] = await registryOf(d1).select().from(identityProviders).where(key).limit(1);
  return row ?? notFound("identity provider");
}

/** Input that may leave out what has a default or stays as it is. */
export interface ProviderInput {
  readonly name?: string | undefined;
  readonly issuer?: string | undefined;
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | null | undefined;
  readonly scopes?: string | undefined;
  readonly groupsClaim?: string | undefined;
  readonly emailClaim?: string | undefined;
  readonly emailVerified?: ProviderRow["emailVerified"] | undefined;
  readonly trustedAudiences?: string[] | undefined;
  readonly allowedDomains?: string[] | undefined;
  readonly offlineAccess?: ProviderRow["offlineAccess"] | undefined;
  readonly recheckMinutes?: number | undefined;
  readonly recheckGraceHours?: number | undefined;
  readonly enabled?: boolean | undefined;
}

export const blankProvider = (now: number): ProviderRow => ({
  id: freshId("identityProvider"),
  name: "",
  issuer: "",
  clientId: "",
  clientSecretSealed: null,
  scopes: "openid email profile",
  groupsClaim: "groups",
  groupsSeenAt: null,
  groupsMissedAt: null,
  emailClaim: "email",
  emailVerified: "required",
  trustedAudiences: "[]",
  allowedDomains: "[]",
  offlineAccess: "no",
  recheckMinutes: 15,
  recheckGraceHours: 24,
  enabled: true,
  version: 0,
  createdAt: now,
  updatedAt: now,
});

/** The row with the input's members in place of its own; the secret is sealed. */
export async function changeProvider(
  bindings: Bindings,
  row: ProviderRow,
  input: ProviderInput,
  now: number,
): Promise<ProviderRow> {
  if (input.issuer !== undefined) checkIssuer(bindings, input.issuer);
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
    offlineAccess: input.offlineAccess ?? row.offlineAccess,
    recheckMinutes: input.recheckMinutes ?? row.recheckMinutes,
    recheckGraceHours: input.recheckGraceHours ?? row.recheckGraceHours,
    enabled: input.enabled ?? row.enabled,
    version: row.version + 1,
    updatedAt: now,
  };
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

/**
 * What a change of a provider takes along. Another issuer under the same row must not inherit the old one's
 * subjects: the identities go. Sessions end that rest on a provider which is gone or switched off, since it vouches
 * for nobody any more; on again, its groups count again.
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
    .prepare("SELECT user_id, subject FROM identities WHERE provider_id = ?")
    .bind(before.id)
    .all<{ user_id: string; subject: string }>();
  const userIds = [...new Set(results.map((row) => row.user_id))];
  const vouches = isSame && after.enabled;
  return {
    statements: [
      touchUsers(d1, userIds, now),
      ...(isSame ? [] : [d1.prepare("DELETE FROM identities WHERE provider_id = ?").bind(before.id)]),
    ],
    userIds,
    ends: vouches
      ? []
      : results.map(({ subject }) => ({
          filter: { by: "provider", providerId: before.id, subject, sid: null },
          reason: "provider_logout",
        })),
  };
}

const event = (
  action: string,
  row: ProviderRow,
  detail: Effects["event"]["detail"] = {},
): Effects["event"] => ({
  action: `identity_provider.${action}`,
  target: row.id,
  detail: { name: row.name, issuer: row.issuer, ...detail },
});

export const PROVIDER_HANDLERS: Handlers<
  | "identityProviders.list"
  | "identityProviders.create"
  | "identityProviders.get"
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
          .where(gt(identityProviders.id, after ?? ""))
          .orderBy(asc(identityProviders.id))
          .limit(limit),
      (row) => row.id,
    );
    return { body: { ...page, items: page.items.map(view) } };
  },

  "identityProviders.create": async ({ bindings, body, now }) => {
    const row = await changeProvider(bindings, blankProvider(now), body, now);
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

  "identityProviders.update": async ({ bindings, params, body, ifMatch, now }) => {
    const before = await findProvider(bindings.db, params.provider);
    const after = { ...(await changeProvider(bindings, before, body, now)), version: ifMatch + 1 };
    const { statements, userIds, ends } = await consequences(bindings.db, before, after, now);
    return {
      statements: [
        unchanged(bindings.db, "identity_providers", before, ifMatch),
        ...statements,
        storeProvider(bindings.db, after, true),
      ],
      effects: {
        event: event("update", after, { fields: Object.keys(body) }),
        policies: false,
        userIds,
        ends,
      },
      body: await withProblems(bindings, after),
      version: after.version,
    };
  },

  "identityProviders.delete": async ({ bindings, params, ifMatch, now }) => {
    const row = await findProvider(bindings.db, params.provider);
    const { statements, userIds, ends } = await consequences(bindings.db, row, null, now);
    return {
      statements: [
        unchanged(bindings.db, "identity_providers", row, ifMatch),
        ...statements,
        bindings.db.prepare("DELETE FROM identity_providers WHERE id = ?").bind(row.id),
      ],
      effects: { event: event("delete", row), policies: false, userIds, ends },
      body: null,
    };
  },
};
