import type { Passkey } from "../../../shared/access/login/passkey/rules.ts";
import { CHALLENGE_TTL_MS } from "../../../shared/access/login/passkey/rules.ts";
import { base64url } from "../../../shared/base/base64url.ts";
import type { PasskeyForm } from "../../pages/index.ts";
import type { Bindings } from "../../platform/env.ts";
import type { CurrentSession } from "../../session/current-session.ts";
import { csrfToken } from "../../session/same-site.ts";
import { newChallenge } from "./challenge.ts";
import { PROVE, REGISTER } from "./paths.ts";

const rpIdOf = ({ authOrigin }: Bindings): string => new URL(authOrigin).hostname;

const idsOf = (keys: readonly Passkey[]) =>
  keys.map(({ credentialId, transports }) => ({ type: "public-key", id: credentialId, transports }));

/** The form that shows one of these keys. @param attempt The sign-in attempt that waits, or empty. */
export async function proveForm(
  bindings: Bindings,
  { session, cookie }: CurrentSession,
  keys: readonly Passkey[],
  attempt: string,
): Promise<PasskeyForm> {
  const { id: sessionId, principal } = session;
  return {
    action: PROVE,
    asks: "get",
    options: {
      challenge: await newChallenge(bindings, { purpose: "prove", sessionId, userId: principal.userId }),
      rpId: rpIdOf(bindings),
      timeout: CHALLENGE_TTL_MS,
      userVerification: "required",
      allowCredentials: idsOf(keys),
    },
    csrf: csrfToken(cookie),
    attempt,
    button: "Show a passkey",
  };
}

/** ES256, Ed25519, RS256 (COSE algorithms). */
const ALGORITHMS = [-7, -8, -257];

/** The form that adds a key. @param keys The person's keys, none of which is made twice. */
export async function registerForm(
  bindings: Bindings,
  { session, cookie }: CurrentSession,
  keys: readonly Passkey[],
): Promise<PasskeyForm> {
  const { id: sessionId, principal } = session;
  const { userId, email, name } = principal;
  return {
    action: REGISTER,
    asks: "create",
    options: {
      challenge: await newChallenge(bindings, { purpose: "register", sessionId, userId }),
      rp: { id: rpIdOf(bindings), name: "Rustronaut" },
      user: { id: base64url(new TextEncoder().encode(userId)), name: email, displayName: name || email },
      pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: "public-key", alg })),
      timeout: CHALLENGE_TTL_MS,
      attestation: "none",
      authenticatorSelection: { userVerification: "required", residentKey: "preferred" },
      excludeCredentials: idsOf(keys),
    },
    csrf: csrfToken(cookie),
    attempt: "",
    button: "Add it",
  };
}
