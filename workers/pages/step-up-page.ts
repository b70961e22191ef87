import { needInWords } from "../../shared/access/grade/need-words.ts";
import type { Need } from "../../shared/access/grade/verified.ts";
import { html, safeUrl } from "./html.ts";
import { layout } from "./layout.ts";
import { type PasskeyForm, passkeyForm } from "./passkey-pages.ts";
import { PASSKEY_SCRIPT } from "./passkey-script.ts";

export interface StepUpPage {
  readonly appTitle: string;
  readonly providerName: string;
  readonly asked: Need | null;
  /** Where the person signs in at the provider again. Null if the provider can't show what is asked for. */
  readonly providerUrl: string | null;
  /** Whether the provider was just asked. */
  readonly wasTried: boolean;
  /** Shows a passkey. Null if the person has none, or none would be enough. */
  readonly passkey: PasskeyForm | null;
  /** Where a passkey is added. Null if none would be enough. */
  readonly enrolUrl: string | null;
}

/** Says what an app asks for, and which ways the person has to show it. */
export function stepUpPage(page: StepUpPage): string {
  const { appTitle, providerName, asked, providerUrl, wasTried, passkey, enrolUrl } = page;
  const plain = passkey !== null && html` plain`;
  return layout({
    title: "Show again who you are",
    content: html`<div class="card">
<h1>Show again who you are</h1>
<p><bdi>${appTitle}</bdi> asks for ${asked === null ? "a new sign-in" : needInWords(asked)}.</p>
${wasTried && html`<p class="bad" role="alert">You signed in, but <bdi>${providerName}</bdi> did not say that you did it in this way, or its word on that is not taken here.</p>`}
${passkey !== null && passkeyForm(passkey)}
${providerUrl === null && passkey === null && html`<p><bdi>${providerName}</bdi> can't show this.</p>`}
${passkey === null && enrolUrl !== null && html`<p>A passkey of yours can: add one, then open the app again.</p>`}
<div class="actions">
${providerUrl !== null && html`<a class="button${plain}" href="${safeUrl(providerUrl)}">Sign in with <bdi>${providerName}</bdi></a>`}
${passkey === null && enrolUrl !== null && html`<a class="button plain" href="${safeUrl(enrolUrl)}">Your passkeys</a>`}
<a class="button plain" href="/">Your apps</a>
</div>
</div>
${passkey !== null && PASSKEY_SCRIPT}`,
  });
}
