import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { base64, fromBase64 } from "../base/base64.ts";
import type { RandomBytes } from "../base/random.ts";

/** Signed webhooks as Standard Webhooks has them (https://www.standardwebhooks.com, symmetric signatures `v1`). */

const PREFIX = "whsec_";

/** The secret of one destination: 256 random bits. */
export const newWebhookSecret = (random: RandomBytes): string => `${PREFIX}${base64(random(32))}`;

/**
 * The headers that prove who sent a body, and when. While a secret is being replaced there is a signature by each, and
 * whoever checks one of them is content.
 *
 * @param secrets The newest first.
 * @param id Of the message; the same at each try.
 * @param now Milliseconds since the Unix epoch.
 * @throws RangeError If one of the secrets is none.
 */
export function webhookHeaders(
  secrets: readonly string[],
  id: string,
  now: number,
  body: string,
): Record<string, string> {
  const timestamp = String(Math.floor(now / 1_000));
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": secrets
      .map((secret) => `v1,${base64(hmac(sha256, keyOf(secret), signed))}`)
      .join(" "),
  };
}

function keyOf(secret: string): Uint8Array {
  const key = secret.startsWith(PREFIX) ? fromBase64(secret.slice(PREFIX.length)) : null;
  if (!key) throw new RangeError("not the secret of a webhook");
  return key;
}
