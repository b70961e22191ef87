import { ERRORS, type ErrorCode } from "../../shared/base/errors/catalogue.ts";
import { errorPage, htmlResponse } from "../pages/index.ts";

interface More {
  /** Under which the audit log has it. */
  readonly number?: string | undefined;
  readonly headers?: HeadersInit;
  /** Same-origin path or one of our own origins. */
  readonly retryUrl?: string;
  readonly retryLabel?: string;
}

/** A refusal as a page: why, a way on, and its number where it is recorded: one that nobody can look up is none. */
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

/** A redirect of ours: not cached, without a referrer that could carry a code, out of sight of who opened the window. */
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
