import { printable } from "../../shared/base/printable.ts";
import { padTo, truncate, widthOf } from "./text.ts";

const GAP = 2;
/** A column is not narrowed below this, so that every column stays recognisable. */
const NARROWEST = 6;

/**
 * Rows under headings, aligned by two spaces. With a terminal width the widest columns give way first, until the
 * lines fit; into a pipe nothing is cut.
 */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number | null,
): string {
  const lines = [headings.map((heading) => heading.toUpperCase()), ...rows.map((row) => row.map(printable))];
  const natural = headings.map((_, at) => Math.max(...lines.map((line) => widthOf(line[at] ?? ""))));
  const widths = columns === null ? natural : narrow(natural, columns);
  return lines.map((line) => `${renderLine(line, widths)}\n`).join("");
}

function renderLine(line: readonly string[], widths: readonly number[]): string {
  return widths
    .map((width, at) => padTo(truncate(line[at] ?? "", width), width + GAP))
    .join("")
    .trimEnd();
}

function narrow(natural: readonly number[], columns: number): number[] {
  const widths = [...natural];
  const room = Math.max(columns - GAP * (widths.length - 1), 0);
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  while (excess > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    const width = widths[widest] ?? 0;
    if (width <= NARROWEST) break;
    widths[widest] = width - 1;
    excess -= 1;
  }
  return widths;
}

/** One thing as `name  value` lines; multi-line text stands below its name, indented. */
export function details(fields: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...fields.map(([name]) => widthOf(name)));
  return fields
    .map(([name, value]) => {
      const text = value.trimEnd();
      if (!text.includes("\n")) return `${padTo(name, width + GAP)}${printable(text)}`.trimEnd();
      const indented = text.split("\n").map((line) => `  ${printable(line)}`);
      return [name, ...indented].join("\n");
    })
    .map((line) => `${line}\n`)
    .join("");
}
