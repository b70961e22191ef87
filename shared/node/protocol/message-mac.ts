import type { Bytes } from "../../crypto/types.ts";
import { transcript } from "./transcript.ts";

/** The MACs under the session key. Every request and every answer of the agent API carries one. */

export interface RequestFacts {
  readonly method: string;
  /** The origin of the hub, such as `https://hub.example.com`. */
  readonly origin: string;
  /** Path and query as sent. */
  readonly target: string;
  /** Grows with each request under one ticket. */
  readonly counter: number;
  /** 22 characters: 16 random bytes. */
  readonly nonce: string;
  /** `If-None-Match` as sent, or "". */
  readonly applied: string;
  /** SHA-256 of the body as sent, before any content decoding. */
  readonly bodyHash: Uint8Array;
}

/** The bytes of a request that the MAC covers. */
export const requestBytes = (facts: RequestFacts): Bytes =>
  transcript(
    "request",
    facts.method,
    facts.origin,
    facts.target,
    facts.counter,
    facts.nonce,
    facts.applied,
    facts.bodyHash,
  );

export interface AnswerFacts {
  /** The nonce of the request. It makes the answer fresh. */
  readonly nonce: string;
  readonly status: number;
  /** `ETag` as sent, or "". */
  readonly etag: string;
  /** The hub's clock, milliseconds. */
  readonly time: number;
  readonly bodyHash: Uint8Array;
}

/**
 * The bytes of an answer that the MAC covers. With them, a 304 says: at this time, this is still the config that the
 * hub wants you to apply.
 */
export const answerBytes = (facts: AnswerFacts): Bytes =>
  transcript("answer", facts.nonce, facts.status, facts.etag, facts.time, facts.bodyHash);
