import { html, safeUrl } from "./html.ts";
import { layout } from "./layout.ts";
import { markedText } from "./marked-text.ts";

export interface ConfirmSignOutPage {
  readonly action: string;
  readonly csrf: string;
  /** What the person can end. The first option is chosen at the start. The form sends the choice as `scope`. */
  readonly scopeOptions: readonly { readonly value: string; readonly label: string }[];
}

/** Asks before the sign-out, so that another site can't sign the person out with a link. Posts `csrf` and `scope`. */
export function confirmSignOutPage({ action, csrf, scopeOptions }: ConfirmSignOutPage): string {
  return layout({
    title: "Sign out",
    content: html`<div class="card">
<h1>Sign out?</h1>
<form method="post" action="${safeUrl(action)}">
<input type="hidden" name="csrf" value="${csrf}">
<fieldset><legend>Sign me out of</legend>
${scopeOptions.map(
  ({ value, label }, i) =>
    html`<label><input type="radio" name="scope" value="${value}"${i === 0 && html` checked`}><span>${label}</span></label>`,
)}
</fieldset>
<div class="actions"><button class="button">Sign out</button></div>
</form>
</div>`,
  });
}

export interface SignedOutPage {
  readonly signInUrl: string;
  /** What the app says in its own words. */
  readonly page?: { readonly title: string; readonly text: string } | undefined;
}

/** Says that the sign-out is complete, and shows the way back in. */
export function signedOutPage({ signInUrl, page }: SignedOutPage): string {
  return layout({
    title: "Signed out",
    content: html`<div class="card">
<h1>${page?.title || "You are signed out"}</h1>
${markedText(page?.text ?? "")}
<p class="muted">On a shared computer, close the browser too: your identity provider may still know you.</p>
<div class="actions"><a class="button" href="${safeUrl(signInUrl)}">Sign in again</a></div>
</div>`,
  });
}
