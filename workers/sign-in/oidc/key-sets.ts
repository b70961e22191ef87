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
 * at most once a minute, and so does a wrong signature.
 */
const KEYS_TTL_MS = 10 * 60_000;
const REFETCH_MS = 60_000;

const keySets = new ExpiringMap<string, readonly JwkLike[]>(50);
const refetched = new ExpiringMap<string, true>(100);

/** What is known of a token before its signature is verified. */
interface Wanted {
  readonly header: { readonly alg: SigningAlgorithm; readonly kid: string | null };
  readonly usable: readonly SigningAlgorithm[];
}

/**
 * Lets `verify` try the provider's key that fits a token, or null if none fits. If it fails with keys that were known,
 * they are fetched again, and `verify` tries once more: the provider may have another key by now, also under the
 * same name.
 *
 * @throws `ProviderAway` If the keys can't be fetched. What `verify` throws.
 */
export async function withSigningKey<T>(
  bindings: Bindings,
  jwksUri: string,
  { header, usable }: Wanted,
  verify: (key: JwkLike | null) => Promise<T>,
): Promise<T> {
  const cached = keySets.get(jwksUri, Date.now());
  const key = selectSigningKey(cached ?? (await fetchKeys(bindings, jwksUri)), header, usable);
  // Unknown keys and wrong signatures are counted apart, so that neither delays what the other leads to.
  const doubt = `${key === null ? "unknown" : "wrong"} ${jwksUri}`;
  try {
    return await verify(key);
  } catch (error) {
    if (!cached || refetched.get(doubt, Date.now())) throw error;
  }
  refetched.set(doubt, true, Date.now() + REFETCH_MS);
  return verify(selectSigningKey(await fetchKeys(bindings, jwksUri), header, usable));
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
