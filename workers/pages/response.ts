import { STYLES_HASH } from "./styles.ts";

const contentSecurityPolicy = (framed: boolean): string =>
  [
    "default-src 'none'",
    `style-src ${STYLES_HASH}`,
    "form-action 'self'",
    ...(framed ? [] : ["frame-ancestors 'none'"]),
    "base-uri 'none'",
  ].join("; ");

/**
 * A page on the wire: no script, no foreign content, no frame, no cache, and no window that opened it can see it.
 *
 * Browsers apply `form-action` to the redirects that follow a POST too: a form's answer must stay on our host.
 *
 * @param reason Stable word for `X-Rustronaut-Response`.
 * @param headers Added last; `Set-Cookie` may be repeated in a `Headers`.
 * @param framed For a page that an application's page may show in a frame: it may do nothing but link elsewhere.
 */
export function htmlResponse(
  html: string,
  status: number,
  reason: string,
  headers: HeadersInit = {},
  { framed = false }: { readonly framed?: boolean } = {},
): Response {
  const response = new Response(html, {
    status,
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": contentSecurityPolicy(framed),
      "X-Rustronaut-Response": reason,
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "no-referrer",
      "Cross-Origin-Opener-Policy": "same-origin",
      ...(framed ? {} : { "X-Frame-Options": "DENY" }),
    },
  });
  for (const [name, value] of new Headers(headers)) {
    if (name === "set-cookie") response.headers.append(name, value);
    else response.headers.set(name, value);
  }
  return response;
}
