import * as z from "zod/mini";
import { MAX_HEAD } from "./limits.ts";

/** What a stream begins with: the request that the hub passes on, and the head of the application's answer. */

/** The names that the hub and the agent use. Nobody else may set them. */
const headers = z.array(z.tuple([z.string(), z.string()])).check(z.maxLength(1_000));
const text = (max: number) => z.string().check(z.maxLength(max));

const openHead = z.object({
  /** `http`: request and answer. `socket`: a WebSocket. `tcp`: bytes in both directions. */
  kind: z.enum(["http", "socket", "tcp"]),
  /** The statement of the hub that this was allowed: see `pass.ts`. */
  pass: text(8_192),
  /** Where the application is: an origin, or `tcp://host:port`. */
  upstream: text(600),
  method: text(20),
  /** Path and query as the upstream knows them. */
  target: text(65_536),
  /** For which host the application is asked. Missing for the upstream's; agents of older releases know no other. */
  host: z.optional(text(260).check(z.regex(/^[a-z0-9.-]+(?::\d{1,5})?$/))),
  headers,
  /** The subprotocols that the client offers for a WebSocket. */
  protocols: z.array(text(200)).check(z.maxLength(50)),
  /** The length of the request's body: null without a body, `chunked` when nobody knows it. */
  body: z.union([z.null(), z.literal("chunked"), z.int().check(z.gte(0))]),
});
export type OpenHead = z.infer<typeof openHead>;

const answerHead = z.object({
  status: z.int().check(z.gte(100), z.lte(999)),
  headers,
  /** The subprotocol that the application chose for a WebSocket. Empty for none. */
  protocol: text(200),
});
export type AnswerHead = z.infer<typeof answerHead>;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** The bytes of a head, or null when it is longer than a tunnel takes. */
export function encodeHead(head: OpenHead | AnswerHead): Uint8Array | null {
  const bytes = encoder.encode(JSON.stringify(head));
  return bytes.length > MAX_HEAD ? null : bytes;
}

export const decodeOpenHead = (bytes: Uint8Array): OpenHead | null => decoded(openHead, bytes);

export const decodeAnswerHead = (bytes: Uint8Array): AnswerHead | null => decoded(answerHead, bytes);

function decoded<T extends z.core.$ZodType>(schema: T, bytes: Uint8Array): z.infer<T> | null {
  try {
    return z.parse(schema, JSON.parse(decoder.decode(bytes)));
  } catch {
    return null;
  }
}
