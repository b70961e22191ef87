import { Html, html } from "./html.ts";
import { STYLES } from "./styles.ts";

interface Layout {
  readonly title: string;
  readonly content: Html;
  /** The content beside the brand: who is signed in, and how to sign out. */
  readonly aside?: Html;
  readonly wide?: boolean;
}

const MARK = html`<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" aria-hidden="true"><path d="M12 2.5 20.5 6v6c0 4.6-3.4 8.2-8.5 9.5C6.9 20.2 3.5 16.6 3.5 12V6z"/><path d="m8.5 12 2.5 2.5 4.5-5"/></svg>`;

// We wrote everything in STYLES ourselves, so this text alone may enter without escaping.
const STYLE_ELEMENT = new Html(`<style>${STYLES}</style>`);

/** Makes a complete document around the content of one page. */
export function layout({ title, content, aside, wide }: Layout): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · Rustronaut</title>
${STYLE_ELEMENT}
</head>
<body>
<header><div class="brand">${MARK}Rustronaut</div>${aside}</header>
<main${wide ? html` class="wide"` : null}>
${content}
</main>
</body>
</html>
`.text;
}
