/** Markup that is safe to send. `html` makes it and escapes every value that is put into it. */
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

/** Escapes text for an element or a quoted attribute. HTML can't hold control characters, so they become U+FFFD. */
function escapeHtml(text: string): string {
  return text
    .replace(/\p{Cc}/gu, (char) => (char === "\n" || char === "\t" ? char : "\ufffd"))
    .replace(/[&<>"'`]/g, (char) => ENTITIES[char] ?? "");
}

/** The only way to write markup. Values are escaped, unless `html` itself made them. */
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
 * Makes a URL safe for `href` or `action`. It must be an http or https URL, or a path of this host. Anything else
 * (`javascript:`, `data:`, `//elsewhere`) becomes `#`, which leads nowhere.
 */
export function safeUrl(url: string): string {
  if (/^\/(?![/\\])[^\\?#\p{Cc}]*(?:[?#]\P{Cc}*)?$/u.test(url)) return url;
  const parsed = URL.canParse(url) ? new URL(url) : null;
  return parsed && (parsed.protocol === "https:" || parsed.protocol === "http:") ? parsed.href : "#";
}
