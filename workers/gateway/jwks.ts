import type { AssertionKey } from "../../shared/access/sessions/coordinator.ts";
import type { Bindings } from "../platform/env.ts";
import { assertionKeys } from "./keys.ts";

export const JWKS_PATH = "/.well-known/rustronaut/jwks.json";

/** Members of a JWK that everyone may see (RFC 7517, RFC 7518 §6.2, RFC 8037 §2). */
const PUBLIC_MEMBERS = ["kty", "crv", "x", "y"];

/** Serves the key set with which upstreams verify assertions. The key set is the same on every host. */
export async function serveJwks(request: Request, bindings: Bindings): Promise<Response> {
  const keys = await publicKeys(bindings);
  const etag = `"${keys.map(({ kid }) => kid).join(".")}"`;
  const headers = {
    "content-type": "application/jwk-set+json",
    "cache-control": "public, max-age=300",
    etag,
    "access-control-allow-origin": "*",
    "x-rustronaut-response": "jwks",
  };
  if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers });
  return new Response(JSON.stringify({ keys }), { headers });
}

/** The keys that verify what the gateway signs, in the form of a key set. */
export const publicKeys = async (bindings: Bindings) => (await assertionKeys(bindings)).map(publicHalf);

function publicHalf({ kid, alg, jwk }: AssertionKey) {
  const members = Object.entries(jwk).filter(([name]) => PUBLIC_MEMBERS.includes(name));
  return { ...Object.fromEntries(members), kid, alg, use: "sig" };
}
