import type { AssertionKey } from "../../shared/access/sessions/coordinator.ts";
import { base64url } from "../../shared/base/base64url.ts";
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

/**
 * A JWT (RFC 7519) signed with the key that signs now.
 *
 * @param typ The `typ` of its header, so that one kind of statement is never taken for another (RFC 8725 §3.11).
 */
export async function signedJwt(
  bindings: Bindings,
  alg: AssertionKey["alg"],
  typ: string,
  claims: object,
): Promise<string> {
  // The keys that sign now come first in the list.
  const key = (await assertionKeys(bindings)).find((known) => known.alg === alg);
  if (!key) throw new Error(`there is no ${alg} key`);
  const signed = `${headOf(key, typ)}.${base64url(encoder.encode(JSON.stringify(claims)))}`;
  return `${signed}.${base64url(await sign(key, encoder.encode(signed)))}`;
}

const encoder = new TextEncoder();
/** The encoded JWS header of each key. There are few keys: only the published keys of this deployment. */
const heads = new BoundedMap<string, string>(16);

function headOf({ kid, alg }: AssertionKey, typ: string): string {
  const known = heads.get(`${kid} ${typ}`);
  if (known !== undefined) return known;
  const head = base64url(encoder.encode(JSON.stringify({ alg, typ, kid })));
  heads.set(`${kid} ${typ}`, head);
  return head;
}

/** Signs with this key. Both algorithms give the signature in the form that JWS needs (RFC 7518 §3.4). */
async function sign(key: AssertionKey, bytes: Uint8Array): Promise<Uint8Array> {
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
