import { COPY_SCRIPT_HASH } from "./copy-script.ts";
import { AGENT_ORIGINS, ASK_AGENT_SCRIPT_HASH } from "./device-proof-page.ts";
import { PASSKEY_SCRIPT_HASH } from "./passkey-script.ts";
import { STYLES_HASH } from "./styles.ts";
import { SUBMIT_SCRIPT_HASH } from "./submit-script.ts";
import { WAIT_SCRIPT_HASH } from "./wait-script.ts";

const contentSecurityPolicy = ({
  framed,
  copies,
  submits,
  asksPasskey,
  asksAgent,
  waits,
}: PageNeeds): string =>
  [
    "default-src 'none'",
    ...(copies ? [`script-src ${COPY_SCRIPT_HASH}`] : []),
    ...(asksPasskey ? [`script-src ${PASSKEY_SCRIPT_HASH}`] : []),
    ...(submits ? [`script-src ${SUBMIT_SCRIPT_HASH}`] : []),
    ...(asksAgent ? [`script-src ${ASK_AGENT_SCRIPT_HASH}`, `connect-src ${AGENT_ORIGINS.join(" ")}`] : []),
    ...(waits ? [`script-src ${WAIT_SCRIPT_HASH}`, "connect-src 'self'"] : []),
    `style-src ${STYLES_HASH}`,
    ...(submits ? [] : ["form-action 'self'"]),
    ...(framed ? [] : ["frame-ancestors 'none'"]),
    "base-uri 'none'",
  ].join("; ");

interface PageNeeds {
  /** A page of an application may show this page in a frame. So this page may only link to other pages. */
  readonly framed?: boolean;
  /** The page holds `COPY_SCRIPT`. Then only this script may run. */
  readonly copies?: boolean;
  /** The page holds `PASSKEY_SCRIPT`. Then only this script may run. */
  readonly asksPasskey?: boolean;
  /** The page holds `WAIT_SCRIPT`. Then only this script may run, and it may listen to our host. */
  readonly waits?: boolean;
  /**
   * The page holds `SUBMIT_SCRIPT` and sends a form to the application, whose answer may lead to another host. Then
   * only this script may run.
   */
  readonly submits?: boolean;
  /** The page asks the agent of the machine that shows it. Then only its script may run, and reach nothing else. */
  readonly asksAgent?: boolean;
}

/**
 * The response for a page. It allows no script except one of ours that it names, no foreign content, no frame and
 * no cache. A window that opened the page can't see it.
 *
 * Browsers apply `form-action` also to the redirects that follow a POST. So the answer to a form must stay on our host.
 *
 * @param reason A stable word for `X-Rustronaut-Response`.
 * @param headers Added last. A `Headers` object may hold several `Set-Cookie` values.
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
