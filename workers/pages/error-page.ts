import { contactLink } from "./contact-link.ts";
import { html, safeUrl } from "./html.ts";
import { layout } from "./layout.ts";
import { markedText } from "./marked-text.ts";

export interface ErrorPage {
  readonly title: string;
  /** What was wrong this time, and what to do next. */
  readonly detail: string;
  /** The stable code from the catalogue of errors. */
  readonly code: string;
  /** The id under which the error is recorded. Left out when nobody could look it up. */
  readonly requestId?: string;
  /** What the app says in its own words. */
  readonly text?: string;
  /** Whom to ask. Empty when nobody is named. */
  readonly contact?: string;
  readonly retryUrl?: string;
  /** The text of the link to `retryUrl`. Needed when that link does something other than try again. */
  readonly retryLabel?: string;
  /** Whether the link opens in a new tab, so that this page stays open. */
  readonly newTab?: boolean;
}

/** A page for an error. It says what was wrong, by which id to find the error, and where to go on. */
export function errorPage({
  title,
  detail,
  code,
  requestId,
  text = "",
  contact = "",
  retryUrl,
  retryLabel = "Try again",
  newTab = false,
}: ErrorPage): string {
  return layout({
    title,
    content: html`<div class="card">
<h1>${title}</h1>
${markedText(text)}
<p>${detail}</p>
${retryUrl !== undefined && html`<div class="actions"><a class="button" href="${safeUrl(retryUrl)}"${newTab && html` target="_blank"`}>${retryLabel}</a></div>`}
<dl>
<dt>Error</dt><dd class="code">${code}</dd>
${requestId !== undefined && html`<dt>Request</dt><dd class="code">${requestId}</dd>`}
${contact !== "" && html`<dt>Whom to ask</dt><dd>${contactLink(contact, { subject: title, body: `${code}${requestId === undefined ? "" : `, ${requestId}`}` })}</dd>`}
</dl>
</div>`,
  });
}
