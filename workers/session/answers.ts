import { ERRORS, type ErrorCode } from "../../shared/base/errors/catalogue.ts";
import { errorPage, htmlResponse } from "../pages/index.ts";

interface More {
  /** The number of the audit log's entry about the refusal. */
  readonly number?: string | undefined;
  readonly headers?: HeadersInit;
  /** A path on the same origin, or one of our own origins. */
  readonly retryUrl?: string;
  readonly retryLabel?: string;
}

/**
 * A refusal as a page. The page says why, and offers a way on. It shows a number only when the refusal is recorded,
 * because nobody could look up any other number.
 */
export function refusalPage(
  code: ErrorCode,
  detail: string,
  { headers, number, ...wayOn }: More = {},
): Response {
  const { status, title } = ERRORS[code];
  const page = errorPage({
    title,
    detail,
    code,
    ...(number === undefined ? {} : { requestId: number }),
    ...wayOn,
  });
  const response = htmlResponse(page, status, code, headers);
  if (status === 503) response.headers.set("Retry-After", "5");
  return response;
}

/**
 * A redirect of ours. It is not cached, sends no referrer that could carry a code, and hides the page from the window
 * that opened it.
 */
export function redirect(location: string, reason: string, cookies: readonly string[] = []): Response {
  const response = new Response(null, {
    status: 303,
    headers: {
      Location: location,
      "Cache-Control": "no-store",
      "Referrer-Policy": "no-referrer",
      "Cross-Origin-Opener-Policy": "same-origin",
      "X-Rustronaut-Response": reason,
    },
  });
  for (const cookie of cookies) response.headers.append("Set-Cookie", cookie);
  return response;
}
