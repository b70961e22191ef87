import { html, safeUrl } from "./html.ts";
import { layout } from "./layout.ts";

export interface ErrorPage {
  readonly title: string;
  /** What was wrong this time and what to do next. */
  readonly detail: string;
  /** Stable code of the catalogue of errors. */
  readonly code: string;
  /** Under which it is recorded; left out where nobody could look it up. */
  readonly requestId?: string;
  readonly retryUrl?: string;
  /** What is there, where it is not the same thing once more. */
  readonly retryLabel?: string;
  /** Opens it beside this page, which stays. */
  readonly newTab?: boolean;
}

/** An error that says what was wrong, by which id to find it, and where to go on. */
export function errorPage({
  title,
  detail,
  code,
  requestId,
  retryUrl,
  retryLabel = "Try again",
  newTab = false,
}: ErrorPage): string {
  return layout({
    title,
    content: html`<div class="card">
<h1>${title}</h1>
<p>${detail}</p>
${retryUrl !== undefined && html`<div class="actions"><a class="button" href="${safeUrl(retryUrl)}"${newTab && html` target="_blank"`}>${retryLabel}</a></div>`}
<dl>
<dt>Error</dt><dd class="code">${code}</dd>
${requestId !== undefined && html`<dt>Request</dt><dd class="code">${requestId}</dd>`}
</dl>
</div>`,
  });
}
