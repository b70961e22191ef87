import { COPY_SCRIPT_HASH } from "./copy-script.ts";
import { STYLES_HASH } from "./styles.ts";

const contentSecurityPolicy = ({ framed, copies }: PageNeeds): string =>
  [
    "default-src 'none'",
    ...(copies ? [`script-src ${COPY_SCRIPT_HASH}`] : []),
    `style-src ${STYLES_HASH}`,
    "form-action 'self'",
    ...(framed ? [] : ["frame-ancestors 'none'"]),
    "base-uri 'none'",
  ].join("; ");

interface PageNeeds {
  /** An application's page may show it in a frame: it may do nothing but link elsewhere. */
  readonly framed?: boolean;
  /** It holds `COPY_SCRIPT`, which then alone may run. */
  readonly copies?: boolean;
}

/**
 * A page on the wire: no script but that which copies a text, no foreign content, no frame, no cache, and no window that opened it can see it.
 *
 * Browsers apply `form-action` to the redirects that follow a POST too: a form's answer must stay on our host.
 *
 * @param reason Stable word for `X-Rustronaut-Response`.
 * @param headers Added last; `Set-Cookie` may be repeated in a `Headers`.
 */
export function htmlResponse(
  html: string,
  status: number,
  reason: string,
  headers: HeadersInit = {},
  needs: PageNeeds = {},
): Response {
  const response = new Response(html, {
    status,
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": contentSecurityPolicy(needs),
      "X-Rustronaut-Response": reason,
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "no-referrer",
      "Cross-Origin-Opener-Policy": "same-origin",
      ...(needs.framed ? {} : { "X-Frame-Options": "DENY" }),
    },
  });
  for (const [name, value] of new Headers(headers)) {
    if (name === "set-cookie") response.headers.append(name, value);
    else response.headers.set(name, value);
  }
  return response;
}
