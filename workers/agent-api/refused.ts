import { ERRORS, type Refusal } from "../../shared/base/errors/catalogue.ts";
import { toProblem } from "../../shared/base/errors/problem.ts";
import { throwRefusal } from "../platform/refused.ts";

/** The node says too often what its peers must hear of. */
export function refuseNews(waitMs: number): never {
  const retryAfterSeconds = Math.ceil(waitMs / 1_000);
  return throwRefusal(
    "rate_limited",
    `What the node's peers must hear of changes too often. Say it again in ${retryAfterSeconds} s.`,
    { retryAfterSeconds },
  );
}

/** What a handler answers, before the session key signs it. */
export interface Reply {
  readonly status: number;
  /** Empty for a status without a body. */
  readonly body: string;
  /** With its quotes. */
  readonly etag?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const json = (value: unknown, status = 200): Reply => ({ status, body: JSON.stringify(value) });

/** A refusal on the wire (RFC 9457). */
export function problem(refused: Refusal, requestId: string): Reply {
  const { status } = ERRORS[refused.code];
  const retryAfter = refused.retryAfterSeconds ?? (status === 503 ? 2 : undefined);
  return {
    status,
    // Also in the body, which the MAC of an answer covers: nodes believe no header.
    body: JSON.stringify({
      ...toProblem(refused, { request_id: requestId }),
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
