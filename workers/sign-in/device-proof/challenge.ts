import { base64url, fromBase64url } from "../../../shared/base/base64url.ts";
import { concat, utf8 } from "../../../shared/crypto/bytes.ts";
import { meshKeys } from "../../mesh/keys.ts";
import type { Bindings } from "../../platform/env.ts";

/** Long enough for a person who is asked by the browser whether the page may speak to this machine. */
const LIFETIME_MS = 2 * 60_000;
const NONCE = 12;

/** What a challenge is for. No proof for another session or attempt answers it. */
export interface Asked {
  readonly sessionId: string;
  readonly attemptId: string;
}

/** Makes a challenge. The auth host seals what it must know later, so it stores nothing for a page that is left. */
export async function makeChallenge(bindings: Bindings, asked: Asked, now: number): Promise<string> {
  const { crypto, challenges } = await meshKeys(bindings);
  const nonce = crypto.random(NONCE);
  const sealed = await challenges.seal(nonce, utf8(String(now + LIFETIME_MS)), boundTo(asked));
  return base64url(concat(nonce, sealed));
}

/** When a challenge ends. Null unless this hub made it for this session and this attempt. */
export async function challengeEnd(bindings: Bindings, text: string, asked: Asked): Promise<number | null> {
  const bytes = fromBase64url(text);
  if (!bytes || bytes.length <= NONCE) return null;
  const { challenges } = await meshKeys(bindings);
  const opened = await challenges.open(bytes.subarray(0, NONCE), bytes.subarray(NONCE), boundTo(asked));
  return opened.ok ? Number(new TextDecoder().decode(opened.value)) : null;
}

const boundTo = ({ sessionId, attemptId }: Asked): Uint8Array<ArrayBuffer> =>
  utf8(`device-proof ${sessionId} ${attemptId}`);
