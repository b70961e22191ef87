import * as z from "zod/mini";
import * as f from "./fields.ts";

/** The chain of root documents. */

export const trust = z.object({
  network: z.string(),
  /** 0 before the first root. */
  rootVersion: z.int(),
  epoch: z.int(),
  /** DSSE envelopes, oldest first. */
  roots: z.array(z.string()),
  /** Base64url SHA-256 of the newest root's payload: what enrolment keys carry. */
  payloadHash: z.nullable(z.string()),
});
/** What the next root document must name. */
export const onlineKeys = z.object({
  network: z.string(),
  overlay: z.object({ ipv4: z.string(), ipv6: z.string() }),
  online: z.object({ scheme: z.string(), keyId: z.string(), publicKey: z.string() }),
  hubKem: z.object({ scheme: z.string(), publicKey: z.string() }),
  rootVersion: z.int(),
  epoch: z.int(),
});
export const rootCreate = z.strictObject({
  envelope: f.said(z.string().check(z.maxLength(131_072)), "DSSE envelope of the root document"),
});
