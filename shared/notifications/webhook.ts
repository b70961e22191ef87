import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { base64, fromBase64 } from "../base/base64.ts";
import type { RandomBytes } from "../base/random.ts";

/** Signed webhooks as Standard Webhooks has them (https://www.standardwebhooks.com, symmetric signatures `v1`). */

const PREFIX = "whsec_";

/** The secret of one destination: 256 random bits. */
export const newWebhookSecret = (random: RandomBytes): string => `${PREFIX}${base64(random(32))}`;

/**
 * The headers that prove who sent a body, and when.
 *
 * @param id Of the message; the same at each try.
 * @param now Milliseconds since the Unix epoch.
 * @throws RangeError Where the secret is none.
 */
export function webhookHeaders(
  secret: string,
  id: string,
  now: number,
  body: string,
): Record<string, string> {
  const key = secret.startsWith(PREFIX) ? fromBase64(secret.slice(PREFIX.length)) : null;
  if (!key) throw new RangeError("not the secret of a webhook");
  const timestamp = String(Math.floor(now / 1_000));
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${base64(hmac(sha256, key, signed))}`,
  };
}
