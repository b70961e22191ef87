import { type Html, html } from "./html.ts";

/**
 * The little of Markdown that the texts of an app may use: paragraphs, lists with `- `, `**bold**` and
 * `[words](https://…)`. Everything is escaped, so what is none of these is shown as it was written.
 */
export function markedText(text: string): Html {
  const blocks = text.split(/\n\s*\n/).map((block) => block.trim());
  return html`${blocks.filter(Boolean).map(blockOf)}`;
}

function blockOf(block: string): Html {
  const lines = block.split("\n").map((line) => line.trim());
  return lines.every((line) => line.startsWith("- "))
    ? html`<ul>${lines.map((line) => html`<li>${spans(line.slice(2))}</li>`)}</ul>`
    : html`<p>${spans(lines.join(" "))}</p>`;
}

const SPAN = /\*\*([^*]+)\*\*|\[([^\][]+)\]\((https?:\/\/[^\s()<>"]+)\)/g;

function spans(text: string): Html[] {
  const parts: Html[] = [];
  let end = 0;
  for (const match of text.matchAll(SPAN)) {
    const [whole, bold, words = "", url = ""] = match;
    parts.push(html`${text.slice(end, match.index)}`);
    parts.push(bold === undefined ? linkTo(url, words) : html`<strong>${bold}</strong>`);
    end = match.index + whole.length;
  }
  return [...parts, html`${text.slice(end)}`];
}

const linkTo = (url: string, words: string): Html =>
  URL.canParse(url)
    ? html`<a href="${new URL(url).href}" rel="noopener noreferrer">${words}</a>`
    : html`${words}`;
