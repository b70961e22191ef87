import {
  type JwkLike,
  type SigningAlgorithm,
  selectSigningKey,
} from "../../../shared/access/login/signing-keys.ts";
import { ExpiringMap } from "../../../shared/base/bounded-map.ts";
import type { Bindings } from "../../platform/env.ts";
import { ProviderAway, providerFetch } from "../provider-fetch.ts";

/**
 * The keys of a provider are used for this time. A token with an unknown key makes us fetch the keys again,
 * at most once a minute.
 */
const KEYS_TTL_MS = 10 * 60_000;
const REFETCH_MS = 60_000;

const keySets = new ExpiringMap<string, readonly JwkLike[]>(50);
const refetched = new ExpiringMap<string, true>(50);

/**
 * The provider's key that fits a token header, or null.
 *
 * @throws `ProviderAway` If the keys can't be fetched.
 */
export async function findSigningKey(
  bindings: Bindings,
  jwksUri: string,
  header: { readonly alg: SigningAlgorithm; readonly kid: string | null },
  usable: readonly SigningAlgorithm[],
): Promise<JwkLike | null> {
  const cached = keySets.get(jwksUri, Date.now());
  const keys = cached ?? (await fetchKeys(bindings, jwksUri));
  const key = selectSigningKey(keys, header, usable);
  if (key || !cached || refetched.get(jwksUri, Date.now())) return key;
  refetched.set(jwksUri, true, Date.now() + REFETCH_MS);
  return selectSigningKey(await fetchKeys(bindings, jwksUri), header, usable);
}

/**
 * The keys of a provider, fetched now.
 *
 * @throws `ProviderAway` If they can't be fetched.
 */
export async function fetchKeys(bindings: Bindings, jwksUri: string): Promise<readonly JwkLike[]> {
  const response = await providerFetch(bindings)(jwksUri, { headers: { Accept: "application/json" } });
  const body: unknown = response.ok ? await response.json().catch(() => null) : null;
  const keys = typeof body === "object" && body !== null && "keys" in body ? body.keys : null;
  if (!Array.isArray(keys)) throw new ProviderAway(`no key set at ${new URL(jwksUri).origin}`);
  const usable = keys.filter((key): key is JwkLike => typeof key === "object" && key !== null);
  keySets.set(jwksUri, usable, Date.now() + KEYS_TTL_MS);
  return usable;
}
