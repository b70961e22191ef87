import { html, safeUrl } from "./html.ts";
import { layout } from "./layout.ts";

export interface ChainPage {
  readonly appTitle: string;
  /** The page that the person wanted to open, on the same host. */
  readonly appUrl: string;
}

/** Stands for a moment, while the browser is signed in at the other hosts of the app. */
export function chainPage({ appTitle, appUrl }: ChainPage): string {
  return layout({
    title: "Signing in",
    content: html`<div class="card">
<h1>Signing you in to <bdi>${appTitle}</bdi></h1>
<p>It has several addresses. This takes a moment.</p>
<div class="actions">
<a class="button plain" href="${safeUrl(appUrl)}">Go on at once</a>
</div>
</div>`,
  });
}
