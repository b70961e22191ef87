/**
 * Requests that wait in their session's object until its person has shown anew who they are. The object sees only
 * sealed bytes: what they are, the gateway alone can read.
 */

/** The longest body that is kept, in bytes. */
export const MAX_PARKED_BODY = 1024 * 1024;
/** Room for the head of a request beside its body, in bytes. */
const MAX_PARKED_HEAD = 64 * 1024;
export const MAX_PARKED_BYTES = MAX_PARKED_BODY + MAX_PARKED_HEAD;
/** How many requests of one session may wait. */
export const MAX_PARKED_OF_SESSION = 4;
/** How many requests may wait in one object, so that they never fill it. */
export const MAX_PARKED_IN_OBJECT = 256;
/** How long a request waits, in milliseconds. As long as a sign-in may take. */
export const PARKED_TTL_MS = 10 * 60_000;

export interface ParkedRequest {
  /** SHA-256 (base64url) of the secret that only the waiting tab knows. */
  readonly hash: string;
  readonly sessionId: string;
  /** The request without its body, sealed. */
  readonly head: ArrayBuffer;
  /** The body, sealed. */
  readonly body: ArrayBuffer;
}

/** `full`: too many wait already. `ended`: there is no such session any more. */
export type ParkOutcome = "parked" | "full" | "ended" | "too_large";

/**
 * - `unknown`: no request of this session has this secret, or it waited for too long.
 * - `taken`: the request was taken before. It never goes on twice.
 */
export type Unparked<T> = T | "unknown" | "taken";

/** Whether one more request may wait. */
export function judgeParking(
  waiting: { readonly ofSession: number; readonly inObject: number },
  { head, body }: Pick<ParkedRequest, "head" | "body">,
): ParkOutcome {
  if (head.byteLength + body.byteLength > MAX_PARKED_BYTES) return "too_large";
  return waiting.ofSession >= MAX_PARKED_OF_SESSION || waiting.inObject >= MAX_PARKED_IN_OBJECT
    ? "full"
    : "parked";
}
