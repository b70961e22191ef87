import { CHALLENGE_TTL_MS } from "../../../shared/access/login/passkey/rules.ts";
import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import { base64url, constantTimeEqual, fromBase64url } from "../../../shared/base/base64url.ts";
import type { Bindings } from "../../platform/env.ts";
import { attemptsObject } from "../../platform/objects.ts";
import { randomBytes } from "../../platform/random.ts";
import { keyedHash } from "../../platform/secrets.ts";

/** What a challenge was made for. It is good for nothing else. */
export interface ChallengeFor {
  readonly purpose: "register" | "prove";
  readonly sessionId: string;
  readonly userId: string;
}

const RANDOM_BYTES = 16;
/** The end of a challenge as a number of milliseconds, in decimal digits. */
const TIME_DIGITS = 15;

const markOf = async (bindings: Bindings, start: string, { purpose, sessionId, userId }: ChallengeFor) =>
  base64url(await keyedHash(bindings, "passkey-challenge", `${purpose}:${sessionId}:${userId}:${start}`));

/**
 * A challenge that nobody else can make and that names its person, session, purpose and end. So nothing has to be kept
 * of those that are never answered.
 */
export async function newChallenge(bindings: Bindings, what: ChallengeFor): Promise<string> {
  const end = String(Date.now() + CHALLENGE_TTL_MS).padStart(TIME_DIGITS, "0");
  const start = `${end}.${base64url(randomBytes(RANDOM_BYTES))}`;
  return base64url(new TextEncoder().encode(`${start}.${await markOf(bindings, start, what)}`));
}

/** Whether we made this challenge for this person, session and purpose, and its time is not over. */
export async function isChallenge(
  bindings: Bindings,
  challenge: string,
  what: ChallengeFor,
): Promise<boolean> {
  const bytes = fromBase64url(challenge);
  const [end = "", random = "", mark = ""] = bytes ? new TextDecoder().decode(bytes).split(".") : [];
  if (!/^\d{15}$/.test(end) || Number(end) <= Date.now()) return false;
  return constantTimeEqual(mark, await markOf(bindings, `${end}.${random}`, what));
}

/** Whether a challenge is answered for the first time. An object remembers it, so two answers at once are told apart. */
export async function spendChallenge(bindings: Bindings, challenge: string): Promise<boolean> {
  const token = hashSecret(`passkey:${challenge}`);
  return attemptsObject(bindings, token).spend(token, Date.now() + CHALLENGE_TTL_MS);
}
