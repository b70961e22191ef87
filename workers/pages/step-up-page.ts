import { needInWords } from "../../shared/access/grade/need-words.ts";
import type { Need } from "../../shared/access/grade/verified.ts";
import { html, safeUrl } from "./html.ts";
import { layout } from "./layout.ts";

export interface StepUpPage {
  readonly appTitle: string;
  readonly providerName: string;
  readonly asked: Need | null;
  /** Where the person signs in at the provider again. Null if the provider can't show what is asked for. */
  readonly providerUrl: string | null;
  /** Whether the provider was just asked. */
  readonly wasTried: boolean;
}

/** Says what an app asks for, and which ways the person has to show it. */
export function stepUpPage({ appTitle, providerName, asked, providerUrl, wasTried }: StepUpPage): string {
  return layout({
    title: "Show again who you are",
    content: html`<div class="card">
<h1>Show again who you are</h1>
<p><bdi>${appTitle}</bdi> asks for ${asked === null ? "a new sign-in" : needInWords(asked)}.</p>
${wasTried && html`<p class="bad" role="alert">You signed in, but <bdi>${providerName}</bdi> did not say that you did it in this way, or its word on that is not taken here.</p>`}
${providerUrl === null && html`<p><bdi>${providerName}</bdi> can't show this.</p>`}
<div class="actions">
${providerUrl !== null && html`<a class="button" href="${safeUrl(providerUrl)}">Sign in with <bdi>${providerName}</bdi></a>`}
<a class="button plain" href="/">Your apps</a>
</div>
</div>`,
  });
}
