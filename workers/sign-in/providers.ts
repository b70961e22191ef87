import type { AliasedRowOf } from "../../shared/registry/rows.ts";
import type { identityProviders } from "../../shared/registry/schema.ts";
import type { Bindings } from "../platform/env.ts";
import { unseal } from "../platform/secrets.ts";

/** The columns that contain JSON lists. */
type Lists = "allowedDomains" | "trustedAudiences" | "organizations" | "secondFactorAcr";
type Row = Pick<
  AliasedRowOf<typeof identityProviders>,
  | Lists
  | "id"
  | "kind"
  | "name"
  | "issuer"
  | "clientId"
  | "clientSecretSealed"
  | "scopes"
  | "groupsClaim"
  | "groupsSeenAt"
  | "emailClaim"
  | "emailVerified"
  | "offlineAccess"
  | "guestDays"
  | "metadata"
  | "metadataUrl"
  | "recheckMinutes"
  | "recheckGraceHours"
> & { readonly believesMethods: number | boolean };

/** An identity provider in the form that sign-ins need. */
export type Provider = Omit<Row, Lists | "believesMethods"> &
  Readonly<Record<Lists, readonly string[]>> & { readonly believesMethods: boolean };

/** The settings of a provider, except those about the people whom it lets in. */
export type ProviderSettings = Pick<
  Provider,
  | "kind"
  | "id"
  | "issuer"
  | "clientId"
  | "clientSecretSealed"
  | "scopes"
  | "groupsClaim"
  | "emailClaim"
  | "emailVerified"
  | "offlineAccess"
  | "organizations"
  | "metadata"
  | "metadataUrl"
>;

/** The encryption context for the client secret of an identity provider. */
export const providerSecretContext = (providerId: string): string => `identity_provider:${providerId}`;

const COLUMNS = `id, kind, name, issuer, client_id AS clientId, client_secret_sealed AS clientSecretSealed, scopes,
  groups_claim AS groupsClaim, groups_seen_at AS groupsSeenAt, email_claim AS emailClaim,
  email_verified AS emailVerified, trusted_audiences AS trustedAudiences, allowed_domains AS allowedDomains,
  guest_days AS guestDays, organizations, metadata, metadata_url AS metadataUrl, offline_access AS offlineAccess,
  recheck_minutes AS recheckMinutes, recheck_grace_hours AS recheckGraceHours,
  believes_methods AS believesMethods, second_factor_acr AS secondFactorAcr`;
/** The most choices on one page. */
const MAX_PROVIDERS = 50;

/** @param row The row of the database, with its lists as JSON. */
export const asProvider = (row: Row): Provider => ({
  ...row,
  allowedDomains: JSON.parse(row.allowedDomains) as string[],
  trustedAudiences: JSON.parse(row.trustedAudiences) as string[],
  organizations: JSON.parse(row.organizations) as string[],
  secondFactorAcr: JSON.parse(row.secondFactorAcr) as string[],
  believesMethods: Boolean(row.believesMethods),
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
