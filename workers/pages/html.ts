/** Markup that is safe to send: made by `html`, which escapes every value put into it. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Value = string | number | Html | readonly Html[] | null | undefined | false;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

/** Text for an element or a quoted attribute. Control characters, which HTML can't hold, show as U+FFFD. */
function escapeHtml(text: string): string {
  return text
    .replace(/\p{Cc}/gu, (char) => (char === "\n" || char === "\t" ? char : "\ufffd"))
    .replace(/[&<>"'`]/g, (char) => ENTITIES[char] ?? "");
}

/** The only way to write markup: values are escaped unless they were made by `html` themselves. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  let text = strings[0] ?? "";
  values.forEach((value, i) => {
    text += render(value) + (strings[i + 1] ?? "");
  });
  return new Html(text);
}

function render(value: Value): string {
  if (value === null || value === undefined || value === false) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "string") return escapeHtml(value);
  if (typeof value === "number") return String(value);
  return value.map((part) => part.text).join("");
}

/**
 * A URL fit for `href` or `action`: http, https or a path of this host. Anything else (`javascript:`, `data:`,
 * `//elsewhere`) becomes `#`, which leads nowhere.
 */
export function safeUrl(url: string): string {
  if (/^\/(?![/\\])[^\\?#\p{Cc}]*(?:[?#]\P{Cc}*)?$/u.test(url)) return url;
  const parsed = URL.canParse(url) ? new URL(url) : null;
  return parsed && (parsed.protocol === "https:" || parsed.protocol === "http:") ? parsed.href : "#";
}
