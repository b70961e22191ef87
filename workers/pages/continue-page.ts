import { html, safeUrl } from "./html.ts";
import { layout } from "./layout.ts";

export interface ContinuePage {
  readonly appTitle: string;
  /** Null for someone who has not signed in yet. */
  readonly userEmail: string | null;
  readonly continueUrl: string;
}

/** Asks the person before a sign-in that someone else may have started. */
export function continuePage({ appTitle, userEmail, continueUrl }: ContinuePage): string {
  return layout({
    title: "Continue?",
    content: html`<div class="card">
<h1>Continue to <bdi>${appTitle}</bdi>?</h1>
<p>Another page sent you here. Go on only if you wanted to open <bdi>${appTitle}</bdi>${userEmail !== null && html` as <bdi>${userEmail}</bdi>`}: whoever began this sign-in gets in.</p>
<div class="actions">
<a class="button" href="${safeUrl(continueUrl)}">Continue</a>
<a class="button plain" href="/">Your apps</a>
</div>
</div>`,
  });
}
