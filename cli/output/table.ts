import { printable } from "../../shared/base/printable.ts";
import { padTo, truncate, widthOf } from "./text.ts";

const GAP = 2;
/** No column of text becomes narrower than this: what is left of a name must still say which one it is. */
const NARROWEST = 11;
/** Times as `instant` writes them. A narrow column shows them to the minute; half a time is of no use. */
const TIME = /^(\d{4}-\d\d-\d\d \d\d:\d\d):\d\dZ$/;
const TO_THE_MINUTE = "2026-03-01 09:30Z".length;
/** What is given to other commands: cut, it is of no use. */
const ID = /^[a-z]+_[0-9a-z]{26}$/;

/**
 * Rows under headings, aligned by two spaces. Into a pipe nothing is cut. In a terminal the widest columns give way
 * first. Then the last ones are left out, and the end says which. Ids and columns that must stay whole never give way.
 *
 * @param columns Width of the terminal, or null for a pipe.
 * @param whole Headings of the columns by which people name a row.
 */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number | null,
  whole: readonly string[] = [],
): string {
  const cells = rows.map((row) => row.map(printable));
  const all = headings.map((heading, at): Column => {
    const texts = cells.map((row) => row[at] ?? "");
    const width = Math.max(...[heading.toUpperCase(), ...texts].map(widthOf));
    const isWhole = whole.includes(heading) || texts.some((text) => ID.test(text));
    const isTime = texts.every((text) => text === "-" || TIME.test(text));
    return { heading, texts, width, narrowest: isTime ? TO_THE_MINUTE : NARROWEST, isWhole };
  });
  const shown = columns === null ? all : fitInto(all, columns);
  const lines = [shown.map(({ heading }) => heading.toUpperCase())];
  for (const at of rows.keys()) lines.push(shown.map(({ texts }) => texts[at] ?? ""));
  const text = lines.map((line) => `${renderLine(line, shown)}\n`).join("");
  const left = all.filter(({ heading }) => !shown.some((column) => column.heading === heading));
  if (left.length === 0) return text;
  return `${text}(no room for ${left.map(({ heading }) => heading).join(", ")}: widen the terminal, or give --json)\n`;
}

interface Column {
  readonly heading: string;
  readonly texts: readonly string[];
  readonly width: number;
  readonly narrowest: number;
  readonly isWhole: boolean;
}

function renderLine(line: readonly string[], columns: readonly Column[]): string {
  return columns
    .map(({ width }, at) => padTo(shorten(line[at] ?? "", width), width + GAP))
    .join("")
    .trimEnd();
}

const shorten = (text: string, width: number): string =>
  truncate(widthOf(text) > width ? text.replace(TIME, "$1Z") : text, width);

/** The columns that have room, as wide as they may be. */
function fitInto(columns: readonly Column[], room: number): Column[] {
  const narrowed = narrow(columns, room);
  const last = columns.findLastIndex(({ isWhole }) => !isWhole);
  if (widthOfAll(narrowed) <= room || last < 0) return narrowed;
  return fitInto(columns.toSpliced(last, 1), room);
}

const widthOfAll = (columns: readonly Column[]): number =>
  columns.reduce((sum, { width }) => sum + width, GAP * (columns.length - 1));

function narrow(columns: readonly Column[], room: number): Column[] {
  const narrowed = [...columns];
  for (let excess = widthOfAll(columns) - room; excess > 0; excess--) {
    const open = narrowed.filter(({ isWhole, width, narrowest }) => !isWhole && width > narrowest);
    const widest = open.reduce<Column | null>((a, b) => (a && a.width >= b.width ? a : b), null);
    if (!widest) break;
    narrowed[narrowed.indexOf(widest)] = { ...widest, width: widest.width - 1 };
  }
  return narrowed;
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
