import * as oauth from "oauth4webapi";
import { metadataProblems } from "../../../shared/access/login/provider-check.ts";
import type { JwkLike } from "../../../shared/access/login/signing-keys.ts";
import type { Bindings } from "../../platform/env.ts";
import { ProviderAway } from "../provider-fetch.ts";
import type { ProviderSettings } from "../providers.ts";
import { fetchMetadata } from "./discovery.ts";
import { fetchKeys } from "./key-sets.ts";

/**
 * Asks a provider about itself when its settings are saved, and says in words what would not work. Never
 * throws, because a provider may be set up before it can be reached.
 */
export async function providerProblems(bindings: Bindings, row: ProviderSettings): Promise<string[]> {
  let metadata: oauth.AuthorizationServer;
  try {
    metadata = await fetchMetadata(bindings, row.issuer);
  } catch (error) {
    return [discoveryProblem(row.issuer, error)];
  }
  const keys = metadata.jwks_uri === undefined ? null : await keysAt(bindings, metadata.jwks_uri);
  return metadataProblems(
    { ...row, hasClientSecret: row.clientSecretSealed !== null },
    { ...metadata },
    keys,
  );
}

/** The provider's keys. Null if they can't be fetched. */
export const keysAt = (bindings: Bindings, uri: string): Promise<readonly JwkLike[] | null> =>
  fetchKeys(bindings, uri).catch(() => null);

/** Why the metadata of an issuer could not be fetched, in words. */
export function discoveryProblem(issuer: string, error: unknown): string {
  if (error instanceof ProviderAway) return "it can't be reached: nobody can sign in until it can";
  if (error instanceof Error && "code" in error && error.code === oauth.JSON_ATTRIBUTE_COMPARISON) {
    return `it calls itself another issuer than ${issuer}: every sign-in would be refused`;
  }
  return "it answers without the metadata of OpenID Connect Discovery: check the issuer";
}
