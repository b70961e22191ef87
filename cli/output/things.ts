import { printable } from "../../shared/base/printable.ts";
import { details, table } from "./table.ts";
import { cell, heading } from "./values.ts";

type Item = Readonly<Record<string, unknown>>;

/**
 * A list as a table, or a sentence when it is empty. Columns that no row fills are left out.
 *
 * @param key The column by which people name a row: like ids it is never cut.
 * @param empty What an empty list means, and what to do next.
 */
export function listText(
  columns: readonly string[],
  items: readonly Item[],
  width: number | null,
  key?: string,
  empty = "Nothing to show.",
): string {
  if (items.length === 0) return `${empty}\n`;
  const shown = columns.filter((column) => items.some((item) => cell(column, item[column]) !== "-"));
  const rows = items.map((item) => shown.map((column) => cell(column, item[column])));
  return table(shown.map(heading), rows, width, key === undefined ? [] : [heading(key)]);
}

/** One thing, field by field; what is inside it stands under a dotted name. */
export function detailsOf(data: unknown): string {
  return details(flatten("", data));
}

function flatten(path: string, value: unknown): [string, string][] {
  if (Array.isArray(value) && value.some((item) => typeof item === "object" && item !== null))
    return value.flatMap((item, at) => flatten(`${path}[${at}]`, item));
  if (isSentences(value)) return [[path, value.map(printable).join("\n")]];
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return [[path, cell(path.slice(path.lastIndexOf(".") + 1), value)]];
  return Object.entries(value).flatMap(([key, inner]) => flatten(path ? `${path}.${key}` : key, inner));
}

/** Reasons and the like, which read better one below the other than by comma. */
const isSentences = (value: unknown): value is string[] =>
  Array.isArray(value) &&
  value.every((item) => typeof item === "string") &&
  value.some((item) => item.endsWith("."));
