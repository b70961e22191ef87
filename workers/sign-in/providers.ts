import type { ProviderKind } from "../../shared/access/login/provider-kinds.ts";
import type { Bindings } from "../platform/env.ts";
import { unseal } from "../platform/secrets.ts";

/** What administrators set of a provider, apart from whom it lets in. */
export interface ProviderSettings {
  readonly kind: ProviderKind;
  readonly id: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecretSealed: string | null;
  readonly scopes: string;
  readonly groupsClaim: string;
  readonly emailClaim: string;
  readonly emailVerified: "required" | "absentIsTrusted";
  readonly offlineAccess: "no" | "scope" | "consent";
  readonly organizations: readonly string[];
}

/** An identity provider as sign-ins need it. */
export interface Provider extends ProviderSettings {
  readonly name: string;
  readonly groupsSeenAt: number | null;
  readonly trustedAudiences: readonly string[];
  readonly allowedDomains: readonly string[];
  readonly guestDays: number | null;
  readonly recheckMinutes: number;
  readonly recheckGraceHours: number;
}

/** The context in which an identity provider's client secret is sealed. */
export const providerSecretContext = (providerId: string): string => `identity_provider:${providerId}`;

const COLUMNS = `id, kind, name, issuer, client_id AS clientId, client_secret_sealed AS clientSecretSealed, scopes,
  groups_claim AS groupsClaim, groups_seen_at AS groupsSeenAt, email_claim AS emailClaim,
  email_verified AS emailVerified, trusted_audiences AS trustedAudiences, allowed_domains AS allowedDomains,
  guest_days AS guestDays, organizations, offline_access AS offlineAccess,
  recheck_minutes AS recheckMinutes, recheck_grace_hours AS recheckGraceHours`;
/** Choices on one page. */
const MAX_PROVIDERS = 50;

type Lists = "allowedDomains" | "trustedAudiences" | "organizations";
type Row = Omit<Provider, Lists> & Record<Lists, string>;

/** @param row With its lists as JSON, as the database has them. */
export const asProvider = (row: Row): Provider => ({
  ...row,
  allowedDomains: JSON.parse(row.allowedDomains) as string[],
  trustedAudiences: JSON.parse(row.trustedAudiences) as string[],
  organizations: JSON.parse(row.organizations) as string[],
});

export async function enabledProviders(db: D1Database): Promise<Provider[]> {
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM identity_providers WHERE enabled = 1 ORDER BY name LIMIT ${MAX_PROVIDERS}`,
    )
    .all<Row>();
  return results.map(asProvider);
}

export async function enabledProvider(db: D1Database, id: string): Promise<Provider | null> {
  const row = await db
    .prepare(`SELECT ${COLUMNS} FROM identity_providers WHERE id = ? AND enabled = 1`)
    .bind(id)
    .first<Row>();
  return row && asProvider(row);
}

export async function clientSecret(bindings: Bindings, provider: ProviderSettings): Promise<string | null> {
  if (provider.clientSecretSealed === null) return null;
  return unseal(bindings, provider.clientSecretSealed, providerSecretContext(provider.id));
}
