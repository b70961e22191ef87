import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import { mintToken } from "../../../shared/api/tokens.ts";
import type { AliasedRowOf } from "../../../shared/registry/rows.ts";
import type { scimSources } from "../../../shared/registry/scim-schema.ts";
import { namespaceOf } from "../../../shared/scim/group-name.ts";
import type { Bindings } from "../../platform/env.ts";
import type { Effects, Handlers } from "../call.ts";
import { pageOf } from "../paging.ts";
import { notFound } from "../refused.ts";
import { selected, wordsHeld } from "../search.ts";
import { findProvider, type ProviderRow } from "./identity-providers.ts";
import { randomBytes } from "./service-tokens.ts";

/** What a provider sends by SCIM, without what would open it. */
type Row = Pick<
  AliasedRowOf<typeof scimSources>,
  "providerId" | "namespace" | "issuedAt" | "previousUntil" | "lastCallAt" | "lastRefusal" | "lastRefusalAt"
> & { readonly provider: string } & Readonly<Record<"active" | "users" | "activeUsers" | "groups", number>>;

const SELECT = `SELECT p.name AS provider, s.provider_id AS providerId, s.namespace, s.secret_hash IS NOT NULL AS active,
  s.issued_at AS issuedAt, s.previous_until AS previousUntil, s.last_call_at AS lastCallAt,
  s.last_refusal AS lastRefusal, s.last_refusal_at AS lastRefusalAt,
  (SELECT count(*) FROM scim_users WHERE provider_id = s.provider_id) AS users,
  (SELECT count(*) FROM scim_users WHERE provider_id = s.provider_id
     AND coalesce(document->>'$.active', 1) = 1) AS activeUsers,
  (SELECT count(*) FROM groups WHERE provider_id = s.provider_id) AS groups
  FROM scim_sources s JOIN identity_providers p ON p.id = s.provider_id`;

const view = (bindings: Bindings, row: Row) => ({
  ...row,
  baseUrl: `${bindings.hubOrigin}/scim/v2`,
  active: row.active === 1,
});

async function findRow(bindings: Bindings, providerId: string): Promise<Row | null> {
  return bindings.db.prepare(`${SELECT} WHERE s.provider_id = ?`).bind(providerId).first<Row>();
}

const effects = (
  action: string,
  { id, name }: ProviderRow,
  detail: Effects["event"]["detail"] = {},
): Effects => ({
  event: { action: `scim_token.${action}`, target: id, detail: { name, ...detail } },
  policies: false,
  userIds: [],
  ends: [],
});

export const SCIM_TOKEN_HANDLERS: Handlers<
  "scimTokens.list" | "scimTokens.get" | "scimTokens.issue" | "scimTokens.revoke"
> = {
  "scimTokens.list": async ({ bindings, query }) => {
    const page = await pageOf(
      query,
      async (after, limit) => {
        const { results } = await selected(
          bindings.db,
          SELECT,
          [
            ["s.provider_id > ?", after ?? ""],
            ...wordsHeld(query.search, "s.provider_id", "p.name", "s.namespace"),
          ],
          ["ORDER BY s.provider_id LIMIT ?", limit],
        ).all<Row>();
        return results;
      },
      (row) => row.providerId,
    );
    return { body: { ...page, items: page.items.map((row) => view(bindings, row)) } };
  },

  "scimTokens.get": async ({ bindings, params }) => {
    const { id } = await findProvider(bindings.db, params.provider);
    const row = (await findRow(bindings, id)) ?? notFound("SCIM token of this provider");
    return { body: view(bindings, row) };
  },

  "scimTokens.issue": async ({ bindings, params, body, now }) => {
    const provider = await findProvider(bindings.db, params.provider);
    const before = await findRow(bindings, provider.id);
    const secret = mintToken("rnscim", randomBytes);
    const graceSeconds = body.graceSeconds ?? 0;
    const namespace = before?.namespace ?? body.namespace ?? namespaceOf(provider.name);
    const previousUntil = before && graceSeconds > 0 ? now + graceSeconds * 1_000 : null;
    const row: Row = {
      ...(before ?? { ...NOTHING, provider: provider.name, providerId: provider.id, namespace }),
      active: 1,
      issuedAt: now,
      previousUntil,
    };
    return {
      statements: [
        bindings.db
          .prepare(
            `INSERT INTO scim_sources (provider_id, namespace, secret_hash, issued_at, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?4, ?4) ON CONFLICT (provider_id) DO UPDATE SET
             previous_hash = CASE WHEN ?5 IS NULL THEN NULL ELSE secret_hash END, previous_until = ?5,
             secret_hash = ?3, issued_at = ?4, updated_at = ?4, version = version + 1`,
          )
          .bind(provider.id, namespace, hashSecret(secret), now, previousUntil),
      ],
      effects: effects("issue", provider, { namespace, graceSeconds }),
      body: { scimToken: view(bindings, row), secret },
    };
  },

  "scimTokens.revoke": async ({ bindings, params, now }) => {
    const provider = await findProvider(bindings.db, params.provider);
    if (!(await findRow(bindings, provider.id))) notFound("SCIM token of this provider");
    return {
      statements: [
        bindings.db
          .prepare(
            `UPDATE scim_sources SET secret_hash = NULL, previous_hash = NULL, previous_until = NULL,
             updated_at = ?, version = version + 1 WHERE provider_id = ?`,
          )
          .bind(now, provider.id),
      ],
      effects: effects("revoke", provider),
      body: null,
    };
  },
};

const NOTHING = {
  lastCallAt: null,
  lastRefusal: null,
  lastRefusalAt: null,
  users: 0,
  activeUsers: 0,
  groups: 0,
};
