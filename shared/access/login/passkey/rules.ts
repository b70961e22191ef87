import { type RiskSignal, speaking } from "../../risk/signal.ts";
import type { Session } from "../../sessions/types.ts";

/** How many passkeys a person may have. */
export const MAX_PASSKEYS = 10;
/** How long after a proof a person may change their passkeys, in milliseconds. */
export const CHANGE_WITHIN_MS = 5 * 60_000;
/** How long a challenge may be answered, in milliseconds. */
export const CHALLENGE_TTL_MS = 5 * 60_000;

/** A passkey of a person, as this page and the rules know it. */
export interface Passkey {
  readonly id: string;
  readonly name: string;
  readonly credentialId: string;
  /** COSE key, base64url. */
  readonly publicKey: string;
  readonly isDeviceBound: boolean;
  readonly transports: readonly string[];
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  /** When its count of signatures went back. It is refused since. */
  readonly clonedAt: number | null;
}

/**
 * What a person must do before they may change their passkeys. Null if they may.
 *
 * - `sign_in`: a new sign-in at the provider. It makes a new session, so whoever stole an older one can't enrol.
 * - `passkey`: a proof with one of the passkeys that work, so a stolen password is not enough to add another. A key that
 *   was removed, or of which there is a copy, proves nothing more.
 * - `risk`: something speaks for risk, so the first key is not taken now.
 * - `invitation`: the first key is not taken from here unless an administrator invites the person.
 */
export type Before = "sign_in" | "passkey" | "risk" | "invitation";

/**
 * @param working The keys that work.
 * @param mayBeFirst Whether a first key is taken: see `isFirstTaken`. Asked only where there is none.
 */
export function beforeChange(
  session: Pick<Session, "authentication" | "createdAt" | "raisedAt" | "principal" | "risk">,
  working: readonly Pick<Passkey, "id">[],
  mayBeFirst: boolean,
  now: number,
): Before | null {
  const { authentication, createdAt, principal, risk } = session;
  if (working.length > 0) {
    const { keyId, at = 0 } = authentication.passkey ?? {};
    const doesWork = working.some(({ id }) => id === keyId);
    return doesWork && now - at * 1_000 <= CHANGE_WITHIN_MS ? null : "passkey";
  }
  if (!mayBeFirst) return "invitation";
  const signals: readonly RiskSignal[] = [...(principal.risk ?? []), ...(risk?.signals ?? [])];
  const isNew =
    now - authentication.authTime * 1_000 <= CHANGE_WITHIN_MS && now - createdAt <= CHANGE_WITHIN_MS;
  if (!isNew) return "sign_in";
  return speaking(signals, now).length > 0 ? "risk" : null;
}

/**
 * What a passkey shows (RFC 8176). The authenticator verified its user, so it stands for two factors. `hwk` is what the
 * authenticator says of itself: no attestation is asked for.
 */
export const shownByPasskey = ({ isDeviceBound }: Pick<Passkey, "isDeviceBound">): readonly string[] => [
  isDeviceBound ? "hwk" : "swk",
  "user",
  "mfa",
];

/** A name that people can tell keys apart by. Null if there is nothing to read in it. */
export function passkeyName(text: string): string | null {
  const name = text.replace(/\p{C}/gu, "").trim().slice(0, 60);
  return name === "" ? null : name;
}
