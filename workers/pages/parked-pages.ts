import { needInWords } from "../../shared/access/grade/need-words.ts";
import type { Need } from "../../shared/access/grade/verified.ts";
import { html, safeUrl } from "./html.ts";
import { layout } from "./layout.ts";
import { SUBMIT_SCRIPT } from "./submit-script.ts";

export interface ParkedPage {
  readonly appTitle: string;
  readonly minutes: number;
  readonly signInUrl: string;
  /** Null if any new sign-in is enough. */
  readonly asked: Need | null;
}

/** Says that a form waits for the person's step-up, and leads there. */
export function parkedPage({ appTitle, minutes, signInUrl, asked }: ParkedPage): string {
  return layout({
    title: "Show again who you are",
    content: html`<div class="card">
<h1>Show again who you are</h1>
<p>Before this goes on to <bdi>${appTitle}</bdi>, it asks for ${asked === null ? "a new sign-in" : needInWords(asked)}.</p>
<p>What you sent is kept for ${minutes} minutes. It goes on afterwards, in this tab. You need not type it again.</p>
<div class="actions"><a class="button" href="${safeUrl(signInUrl)}">Go on</a></div>
</div>`,
  });
}

export interface ContinueParkedPage {
  readonly appTitle: string;
  readonly path: string;
  /** Where the form goes: the address of the parked request, with the mark. */
  readonly action: string;
  /** The origin of the page that sent the request, if it is not the app's own. */
  readonly sentBy: string | null;
}

/** Sends a parked request on. By itself, unless a page of another origin sent it. */
export function continueParkedPage({ appTitle, path, action, sentBy }: ContinueParkedPage): string {
  return layout({
    title: "Going on",
    content: html`<div class="card">
<h1>Going on to <bdi>${appTitle}</bdi></h1>
<p>What you sent to <span class="code">${path}</span> ${sentBy === null ? "goes on now." : html`came from a page of <bdi>${sentBy}</bdi>. Send it only if you meant to.`}</p>
<form method="post" action="${safeUrl(action)}"${sentBy === null && html` data-submit`}>
<div class="actions"><button class="button">Send it now</button></div>
</form>
</div>
${sentBy === null && SUBMIT_SCRIPT}`,
  });
}
