import type { AssertionKey } from "../../shared/access/sessions/coordinator.ts";
import { hex } from "../../shared/base/base64url.ts";

const ALGORITHMS = { ES256: { name: "ECDSA", namedCurve: "P-256" }, EdDSA: { name: "Ed25519" } } as const;

/** Makes a signing key that is valid between the given times. */
export async function makeAssertionKey(times: Omit<AssertionKey, "kid" | "jwk">): Promise<AssertionKey> {
  const pair = (await crypto.subtle.generateKey(ALGORITHMS[times.alg], true, [
    "sign",
    "verify",
  ])) as CryptoKeyPair;
  const jwk = (await crypto.subtle.exportKey("jwk", pair.privateKey)) as unknown as Record<string, unknown>;
  const strings = Object.entries(jwk).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return { ...times, kid: hex(crypto.getRandomValues(new Uint8Array(8))), jwk: Object.fromEntries(strings) };
}
