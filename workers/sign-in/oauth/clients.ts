import { documentAddress, type OAuthClient, readDocument } from "../../../shared/access/oauth/client.ts";
import { ExpiringMap } from "../../../shared/base/bounded-map.ts";
import { messagesOf } from "../../../shared/base/errors/cause.ts";
import { isId } from "../../../shared/base/ids.ts";
import { hasDuplicateKeys } from "../../../shared/base/json-keys.ts";
import { err, ok, type Result } from "../../../shared/base/result.ts";
import type { oauthClients } from "../../../shared/registry/oauth-schema.ts";
import type { AliasedRowOf } from "../../../shared/registry/rows.ts";
import type { Bindings } from "../../platform/env.ts";
import { logInfo } from "../../platform/log.ts";
import { isDevelopmentHost, providerFetch } from "../provider-fetch.ts";

/** Documents that were read of late. What they say may change, so they are read again soon. */
const documents = new ExpiringMap<string, OAuthClient>(500);
const DOCUMENT_MS = 5 * 60_000;
const MAX_DOCUMENT_CHARS = 16_384;
/** The use of a client is noted to the hour. */
const USE_MS = 3_600_000;

const UNKNOWN = "The program that asks is not known here. It may have to be registered again.";

/** The client of this id. The error is for the person, or for whoever set the program up. */
export async function findClient(bindings: Bindings, id: string): Promise<Result<OAuthClient, string>> {
  if (isId("oauthClient", id)) {
    const stored = await storedClient(bindings.db, id);
    return stored ? ok(stored) : err(UNKNOWN);
  }
  const address = documentAddress(id, (url) => isDevelopmentHost(bindings, url));
  if (address === null) return err(UNKNOWN);
  const known = documents.get(id, Date.now());
  if (known) return ok(known);
  const read = await fetchDocument(bindings, address);
  if (read.ok) documents.set(id, read.value, Date.now() + DOCUMENT_MS);
  return read;
}

type Row = Pick<AliasedRowOf<typeof oauthClients>, "id" | "name" | "kind" | "redirectUris">;

async function storedClient(db: D1Database, id: string): Promise<OAuthClient | null> {
  const row = await db
    .prepare("SELECT id, name, kind, redirect_uris AS redirectUris FROM oauth_clients WHERE id = ?")
    .bind(id)
    .first<Row>();
  return row && { ...row, redirectUris: JSON.parse(row.redirectUris) as string[] };
}

/**
 * Fetches the document in which a client describes itself. Anybody can name any address, so only public hosts are asked,
 * over TLS, without redirects, for a short time and a small answer (draft-ietf-oauth-client-id-metadata-document-02 §8.6).
 */
async function fetchDocument(bindings: Bindings, address: URL): Promise<Result<OAuthClient, string>> {
  const where = `What the program says of itself at ${address.host} can't be used`;
  try {
    const headers = { accept: "application/json" };
    const response = await providerFetch(bindings)(address.href, { headers });
    const type = response.headers.get("content-type") ?? "";
    if (response.status !== 200) return err(`${where}: the answer has the status ${response.status}.`);
    if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) return err(`${where}: it is no JSON.`);
    const text = await response.text();
    if (text.length > MAX_DOCUMENT_CHARS || hasDuplicateKeys(text))
      return err(`${where}: it is too long, or names a member twice.`);
    const read = readDocument(JSON.parse(text), address);
    return read.ok ? read : err(`${where}: ${read.error}`);
  } catch (error) {
    logInfo("client_document_not_read", { host: address.host, why: messagesOf(error) });
    return err(`${where}: it can't be fetched.`);
  }
}

/** Whether a client still exists. One that describes itself does, as long as apps take such clients. */
export const isKnown = async (db: D1Database, id: string): Promise<boolean> =>
  !isId("oauthClient", id) || (await storedClient(db, id)) !== null;

/** Notes that a person lets the client act for them. */
export async function noteClientUse(db: D1Database, id: string, now: number): Promise<void> {
  if (!isId("oauthClient", id)) return;
  await db
    .prepare(
      "UPDATE oauth_clients SET last_used_at = ?1 WHERE id = ?2 AND (last_used_at IS NULL OR last_used_at < ?1 - ?3)",
    )
    .bind(now, id, USE_MS)
    .run();
}
