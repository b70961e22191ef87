import { contactLink } from "./contact-link.ts";
import { COPY_SCRIPT } from "./copy-script.ts";
import { html, safeUrl } from "./html.ts";
import { layout } from "./layout.ts";
import { markedText } from "./marked-text.ts";
import { explainReason, needsAccess } from "./reasons.ts";

export interface DeniedPage {
  readonly appTitle: string;
  /** The path that was asked for, without its query. */
  readonly path: string;
  /** A stable word from the decision record, or a sentence. */
  readonly reason: string;
  readonly decisionId: string;
  /** Null for someone who is not signed in. */
  readonly userEmail: string | null;
  /** Whom to ask: an e-mail address, a URL or words. Empty when the network names nobody. */
  readonly contact: string;
  /** The app's own title and text. Empty when it has none. */
  readonly title?: string;
  readonly text?: string;
  /** The address at which to try again. */
  readonly appUrl: string;
  /** This address signs the person out of the app and offers another account. */
  readonly switchUserUrl?: string;
  /** The address at which the person may request access. */
  readonly askUrl?: string | undefined;
}

/** A page for a denial. It says what was denied and why, names the decision, and shows what to do and whom to ask. */
export function deniedPage(page: DeniedPage): string {
  const {
    appTitle,
    path,
    reason,
    decisionId,
    userEmail,
    contact,
    appUrl,
    switchUserUrl,
    askUrl,
    title = "",
    text = "",
  } = page;
  const { why, remedy } = explainReason(reason);
  const mayAsk = askUrl !== undefined && needsAccess(reason);
  return layout({
    title: "Access denied",
    content: html`<div class="card">
${
  title !== ""
    ? html`<h1>${title}</h1>`
    : path === "/"
      ? html`<h1>You can’t open <bdi>${appTitle}</bdi></h1>`
      : html`<h1>You can’t open this page of <bdi>${appTitle}</bdi></h1>`
}
${markedText(text)}
<p>${why}</p>
<p class="muted">${mayAsk ? "Request access, and an approver decides. This tab goes on by itself then." : remedy}</p>
<div class="actions">
${askUrl !== undefined && html`<a class="button" href="${safeUrl(askUrl)}">Request access</a>`}
<a class="button${askUrl === undefined ? "" : " plain"}" href="${safeUrl(appUrl)}">Try again</a>
${switchUserUrl !== undefined && html`<a class="button plain" href="${safeUrl(switchUserUrl)}">Use another account</a>`}
</div>
<dl>
<dt>Page</dt><dd><bdi>${path}</bdi></dd>
<dt>Signed in as</dt><dd><bdi>${userEmail ?? "nobody"}</bdi></dd>
<dt>Decision</dt><dd class="code">${decisionId}</dd>
${contact !== "" && html`<dt>Whom to ask</dt><dd>${contactLink(contact, { subject: `Access to ${appTitle}`, body: requestText(page) })}</dd>`}
</dl>
<p><button class="button plain" data-copy="${requestText(page)}">Copy this for whom you ask</button></p>
</div>${COPY_SCRIPT}`,
  });
}

/** The facts that an administrator needs to check the denial, as one text. */
const requestText = ({ appTitle, path, userEmail, decisionId }: DeniedPage): string =>
  `I can't open ${path} of ${appTitle}. Signed in as: ${userEmail ?? "nobody"}. Decision: ${decisionId}.`;
