import { ERRORS, type Refusal } from "../../shared/base/errors/catalogue.ts";
import { toProblem } from "../../shared/base/errors/problem.ts";
import { throwRefusal } from "../platform/refused.ts";

/** Refuses a node that sends news for its peers too often. */
export function refuseNews(waitMs: number): never {
  const retryAfterSeconds = Math.ceil(waitMs / 1_000);
  return throwRefusal(
    "rate_limited",
    `What the node's peers must hear of changes too often. Say it again in ${retryAfterSeconds} s.`,
    { retryAfterSeconds },
  );
}

/** The answer of a handler, before the session key signs it. */
export interface Reply {
  readonly status: number;
  /** Empty when answers with this status have no body. */
  readonly body: string;
  /** The ETag with its quotes. */
  readonly etag?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const json = (value: unknown, status = 200): Reply => ({ status, body: JSON.stringify(value) });

/**
 * A refusal in the form in which it is sent (RFC 9457).
 *
 * @param number The number of the audit log's entry about it. Undefined if nothing is recorded.
 */
export function problem(refused: Refusal, number?: string): Reply {
  const { status } = ERRORS[refused.code];
  const retryAfter = refused.retryAfterSeconds ?? (status === 503 ? 2 : undefined);
  return {
    status,
    // The body holds the waiting time too, because the MAC of an answer covers the body. Nodes believe no header.
    body: JSON.stringify({
      ...toProblem(refused, number === undefined ? {} : { request_id: number }),
      ...(retryAfter === undefined ? {} : { retry_after_seconds: retryAfter }),
    }),
    headers: {
      "content-type": "application/problem+json",
      "x-rustronaut-response": refused.code,
      ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
    },
  };
}

export function toResponse(
  { status, body, etag, headers }: Reply,
  more: Record<string, string> = {},
): Response {
  return new Response(body === "" ? null : body, {
    status,
    headers: {
      ...(body === "" ? {} : { "content-type": "application/json" }),
      "cache-control": "no-store",
      ...(etag === undefined ? {} : { etag }),
      ...headers,
      ...more,
    },
  });
}
