import { STYLES_HASH } from "./styles.ts";

/**
 * A page on the wire: no script, no foreign content, no frame, no cache.
 *
 * @param reason Stable word for `X-Rustronaut-Response`.
 * @param headers Added last; `Set-Cookie` may be repeated in a `Headers`.
 * @param formTargets Origins besides our own that a form of the page may reach. Browsers apply `form-action` to
 *   the redirects that follow a POST too, so a sign-out that ends on another host must list that host.
 */
export function htmlResponse(
  html: string,
  status: number,
  reason: string,
  headers: HeadersInit = {},
  formTargets: readonly string[] = [],
): Response {
  const response = new Response(html, {
    status,
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": contentSecurityPolicy(formTargets),
      "X-Rustronaut-Response": reason,
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "no-referrer",
      "X-Frame-Options": "DENY",
    },
  });
  for (const [name, value] of new Headers(headers)) {
    if (name === "set-cookie") response.headers.append(name, value);
    else response.headers.set(name, value);
  }
  return response;
}

function contentSecurityPolicy(formTargets: readonly string[]): string {
  const origins = formTargets.map((target) => new URL(target).origin);
  return [
    "default-src 'none'",
    `style-src ${STYLES_HASH}`,
    `form-action ${["'self'", ...origins].join(" ")}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join("; ");
}
