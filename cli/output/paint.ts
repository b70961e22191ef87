import type { Io } from "../io.ts";

const COLOURS = { red: 31, green: 32, yellow: 33 } as const;

/** Colours for a person at a terminal; the text alone for pipes, files and NO_COLOR (no-color.org). */
export function painter(io: Io): (colour: keyof typeof COLOURS, text: string) => string {
  const on = io.columns !== null && !io.env.NO_COLOR && io.env.TERM !== "dumb";
  return (colour, text) => (on ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text);
}
