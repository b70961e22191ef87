import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import { isToken } from "../../../shared/api/tokens.ts";
import type { RowOf } from "../../../shared/registry/rows.ts";
import type { identityProviders } from "../../../shared/registry/schema.ts";
import type { scimSources } from "../../../shared/registry/scim-schema.ts";
import { throwRefusal } from "../../platform/refused.ts";

/** The provider that a SCIM call comes from, as its token says. */
export interface Source {
  readonly providerId: string;
  readonly name: string;
  readonly namespace: string;
  readonly allowedDomains: readonly string[];
  readonly guestDays: number | null;
}

type Row = Pick<RowOf<typeof scimSources>, "provider_id" | "namespace" | "last_call_at"> &
  Pick<RowOf<typeof identityProviders>, "name" | "allowed_domains" | "guest_days" | "enabled">;

/** The last call is stored at most once a minute, so that most reads don't write. */
const LAST_CALL_STEP_MS = 60_000;

/**
 * Proves the caller by the bearer token. After a rotation, the token before it is good for a while.
 *
 * @throws Refused If the token is not valid, or its provider is switched off.
 */
export async function authenticateSource(request: Request, d1: D1Database, now: number): Promise<Source> {
  const token = /^Bearer ([\x21-\x7e]{1,200})$/i.exec(request.headers.get("Authorization") ?? "")?.[1] ?? "";
  const row = isToken("rnscim", token) ? await findSource(d1, hashSecret(token), now) : null;
  if (!row) {
    return throwRefusal(
      "invalid_credentials",
      "Send 'Authorization: Bearer rnscim_…' with the token of the identity provider's page. A new one can be made there.",
    );
  }
  if (row.enabled !== 1) throwRefusal("forbidden", `The identity provider ${row.name} is switched off here.`);
  if ((row.last_call_at ?? 0) < now - LAST_CALL_STEP_MS) {
    await d1
      .prepare("UPDATE scim_sources SET last_call_at = ? WHERE provider_id = ?")
      .bind(now, row.provider_id)
      .run();
  }
  return {
    providerId: row.provider_id,
    name: row.name,
    namespace: row.namespace,
    allowedDomains: JSON.parse(row.allowed_domains) as string[],
    guestDays: row.guest_days,
  };
}

const findSource = (d1: D1Database, hash: string, now: number): Promise<Row | null> =>
  d1
    .prepare(
      `SELECT s.provider_id, s.namespace, s.last_call_at, p.name, p.allowed_domains, p.guest_days, p.enabled
       FROM scim_sources s JOIN identity_providers p ON p.id = s.provider_id
       WHERE s.secret_hash = ?1 OR (s.previous_hash = ?1 AND s.previous_until > ?2)`,
    )
    .bind(hash, now)
    .first<Row>();

/** Remembers for the administrator why a call was refused last. */
export async function noteRefusal(
  d1: D1Database,
  { providerId }: Source,
  refusal: string,
  now: number,
): Promise<void> {
  await d1
    .prepare("UPDATE scim_sources SET last_refusal = ?, last_refusal_at = ? WHERE provider_id = ?")
    .bind(refusal.slice(0, 500), now, providerId)
    .run();
}
