import { html, safeUrl } from "./html.ts";
import { layout } from "./layout.ts";
import { explainReason } from "./reasons.ts";

export interface DeniedPage {
  readonly appTitle: string;
  /** A stable word of the decision record, or a sentence. */
  readonly reason: string;
  readonly decisionId: string;
  /** Null for someone who is not signed in. */
  readonly userEmail: string | null;
  /** Where to try again. */
  readonly appUrl: string;
  /** Signs out of this app and offers another account. */
  readonly switchUserUrl?: string;
}

/** A denial that says why, names the decision, and shows a way out. */
export function deniedPage({
  appTitle,
  reason,
  decisionId,
  userEmail,
  appUrl,
  switchUserUrl,
}: DeniedPage): string {
  const { why, remedy } = explainReason(reason);
  return layout({
    title: "Access denied",
    content: html`<div class="card">
<h1>You can’t open <bdi>${appTitle}</bdi></h1>
<p>${why}</p>
<p class="muted">${remedy}</p>
<div class="actions">
<a class="button" href="${safeUrl(appUrl)}">Try again</a>
${switchUserUrl !== undefined && html`<a class="button plain" href="${safeUrl(switchUserUrl)}">Use another account</a>`}
</div>
<dl>
<dt>Signed in as</dt><dd><bdi>${userEmail ?? "nobody"}</bdi></dd>
<dt>Decision</dt><dd class="code">${decisionId}</dd>
</dl>
</div>`,
  });
}
