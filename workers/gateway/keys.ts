import type { AssertionKey } from "../../shared/access/sessions/types.ts";
import { BoundedMap } from "../../shared/base/bounded-map.ts";
import type { Bindings } from "../platform/env.ts";
import { coordinatorObject } from "../platform/objects.ts";

/**
 * How long (milliseconds) an isolate uses its keys before it asks for them again. Far shorter than the time in which
 * two keys overlap.
 */
const KEYS_KEPT_MS = 300_000;

let kept: { readonly until: number; readonly keys: readonly AssertionKey[] } | undefined;
const imported = new BoundedMap<string, CryptoKey>(16);

/** All published assertion keys. The keys that sign now come first. */
export async function assertionKeys(bindings: Bindings): Promise<readonly AssertionKey[]> {
  if (kept && Date.now() < kept.until) return kept.keys;
  const { keys } = await coordinatorObject(bindings).assertionKeys();
  kept = { until: Date.now() + KEYS_KEPT_MS, keys };
  return keys;
}

const IMPORT = { ES256: { name: "ECDSA", namedCurve: "P-256" }, EdDSA: { name: "Ed25519" } } as const;
const SIGN = { ES256: { name: "ECDSA", hash: "SHA-256" }, EdDSA: { name: "Ed25519" } } as const;

/** Signs with this key. Both algorithms give the signature in the form that JWS needs (RFC 7518 §3.4). */
export async function sign(key: AssertionKey, bytes: Uint8Array): Promise<Uint8Array> {
  let cryptoKey = imported.get(key.kid);
  if (!cryptoKey) {
    cryptoKey = await crypto.subtle.importKey(
      "jwk",
      key.jwk as unknown as JsonWebKey,
      IMPORT[key.alg],
      false,
      ["sign"],
    );
    imported.set(key.kid, cryptoKey);
  }
  return new Uint8Array(await crypto.subtle.sign(SIGN[key.alg], cryptoKey, bytes));
}
