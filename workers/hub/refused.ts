import { ERRORS, type Refusal } from "../../shared/base/errors/catalogue.ts";
import { toProblem } from "../../shared/base/errors/problem.ts";
import { throwRefusal } from "../platform/refused.ts";

/**
 * The refusal for a missing thing. The caller sees the same refusal for a thing that is hidden from the
 * caller.
 */
export const notFound = (what: string): never =>
  throwRefusal("not_found", `There is no such ${what}, or you may not see it.`);

/**
 * A refusal as an HTTP response (RFC 9457).
 *
 * @param number The number of the audit log's entry about it. Undefined if nothing is recorded.
 */
export function problemResponse(refused: Refusal, number?: string): Response {
  const { status } = ERRORS[refused.code];
  const headers = apiHeaders(refused.code);
  headers.set("Content-Type", "application/problem+json");
  if (status === 401) headers.set("WWW-Authenticate", 'Bearer realm="rustronaut"');
  const retryAfter = refused.retryAfterSeconds ?? (status === 503 ? 2 : undefined);
  if (retryAfter !== undefined) headers.set("Retry-After", String(retryAfter));
  return new Response(
    JSON.stringify(toProblem(refused, number === undefined ? {} : { request_id: number })),
    { status, headers },
  );
}

/** The headers of every answer of the API. */
export function apiHeaders(reason: string): Headers {
  return new Headers({
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    "X-Rustronaut-Response": reason,
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
  });
}
