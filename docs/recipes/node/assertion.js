import { createHash } from "node:crypto";
import { createRemoteJWKSet, jwtVerify } from "jose";

const FEW_SECONDS = 5;
/** Methods that change nothing. The gateway may send such a request twice, with the same assertion. */
const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Makes a function that says who sent a request. It throws if the gateway did not send exactly this request to this
 * application, within the last minute. A request that changes something is accepted once.
 *
 * @param issuer The network's sign-in origin: `https://auth.example.com`
 * @param audience The app's audience: `app_…`
 * @param keys Where the gateway's keys are: `https://wiki.apps.example.com/.well-known/rustronaut/jwks.json`
 * @param origin The app's origin as browsers see it: `https://wiki.apps.example.com`
 */
export function callerOf({ issuer, audience, keys, origin }) {
  const keySet = createRemoteJWKSet(new URL(keys));
  const used = new Map();
  return async (method, target, assertion) => {
    const { payload: claims } = await jwtVerify(assertion ?? "", keySet, {
      issuer,
      audience,
      algorithms: ["ES256"],
      typ: "rustronaut-assertion+jwt",
      requiredClaims: ["exp", "sub", "jti"],
      clockTolerance: FEW_SECONDS,
    });
    if (claims.htm !== method || !isFor(claims, origin + target.split("?")[0])) {
      throw new Error(`the assertion is for ${claims.htm} ${claims.htu}`);
    }
    if (!SAFE.has(method)) useOnce(used, claims);
    return claims;
  };
}

/** A long URL is in the assertion as its hash. */
function isFor(claims, url) {
  if (claims.htu !== undefined) return claims.htu === url;
  return claims.htu_sha256 === createHash("sha256").update(url).digest("base64url");
}

/** This process remembers an assertion until it has ended. */
function useOnce(used, { jti, exp }) {
  const now = Date.now() / 1000;
  // The oldest come first.
  for (const [id, end] of used) {
    if (end >= now) break;
    used.delete(id);
  }
  if (used.has(jti)) throw new Error("the assertion was used before");
  used.set(jti, exp + FEW_SECONDS);
}
