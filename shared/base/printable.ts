/**
 * Makes a text safe for a terminal. Names, paths, groups and answers come from untrusted people. So control
 * characters and bidirectional overrides are written as escapes and never sent to the terminal.
 */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Does the same for a text of several lines. */
export const printableLines = (text: string): string => text.split("\n").map(printable).join("\n");
