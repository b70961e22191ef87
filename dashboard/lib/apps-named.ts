import { cedarTokens } from "./cedar-tokens.ts";

/** The apps that a Cedar text names, in the order of the text, each once. What stands in a comment names nothing. */
export function appsNamedIn(source: string): string[] {
  const tokens = cedarTokens(source).filter(({ text }) => text.trim() !== "");
  const names = tokens.flatMap(({ kind, text }, n) =>
    kind === "string" && tokens[n - 1]?.kind === "type" && tokens[n - 1]?.text === "App::" ? [text] : [],
  );
  return [...new Set(names)].map((quoted) => quoted.replace(/^"|"$/g, "").replaceAll(/\\(.)/g, "$1"));
}
