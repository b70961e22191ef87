import { html, safeUrl } from "./html.ts";
import { layout } from "./layout.ts";

export interface SignInPage {
  readonly providers: readonly { readonly id: string; readonly name: string; readonly href: string }[];
  /** The app that waits for the sign-in. Null when the sign-in began at the launcher. */
  readonly appTitle: string | null;
}

/** Lets the person choose an identity provider. */
export function signInPage({ providers, appTitle }: SignInPage): string {
  const purpose = appTitle === null ? "your apps" : appTitle;
  const choice =
    providers.length === 0
      ? html`<p>No identity provider is set up yet. An administrator adds one with <span class="code">rustronaut apply</span> or in the dashboard.</p>`
      : html`<ul class="stack">${providers.map(
          ({ name, href }) =>
            html`<li><a class="button" href="${safeUrl(href)}">Continue with <bdi>${name}</bdi></a></li>`,
        )}</ul>`;
  return layout({
    title: "Sign in",
    content: html`<div class="card">
<h1>Sign in</h1>
<p class="muted">to continue to <bdi>${purpose}</bdi></p>
${choice}
</div>`,
  });
}
