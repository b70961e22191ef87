import { type Command, Option } from "commander";
import type { EndpointId } from "../../shared/api/endpoints.ts";
import { csvField } from "../../shared/audit/export.ts";
import type { App, Hub, LooseInput } from "../app.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { eachPage, type Item, type Page, pages } from "../listing.ts";
import { listText } from "./things.ts";
import { heading, instant, plain } from "./values.ts";

/** Lists of the API in the form that was asked for. Every command that lists uses this. */

const FORMATS = ["table", "json", "ndjson", "csv"] as const;
type Format = (typeof FORMATS)[number];

export interface ListOptions {
  readonly limit?: string;
  readonly format?: Format;
}

interface Csv {
  readonly head: string;
  readonly lineOf: (item: Item) => string;
}

export interface List {
  readonly id: EndpointId;
  readonly input: LooseInput;
  readonly columns: readonly string[];
  /** The column by which people name a row. */
  readonly key?: string;
  /** The rows that an item makes in a table; one, the item itself, unless said. */
  readonly rowsOf?: (item: Item, names: Page["names"]) => readonly Item[];
  /** How many a table shows at most unless asked. */
  readonly most: number;
  /** What an empty list means, and what to do next. */
  readonly empty?: string | undefined;
  /** The items in words, where a table would not do. */
  readonly text?: (items: readonly Item[], names: Readonly<Record<string, string>>) => string;
  /** The items as CSV, where that is not the table's columns. */
  readonly csv?: Csv;
}

/** Adds `--limit` and `--format`. */
export const addListOptions = (command: Command, most: number): Command =>
  command
    .addOption(limitOption(`show at most this many (${most} unless said; csv and ndjson give all)`))
    .addOption(
      new Option(
        "--format <format>",
        "a table, JSON, or for spreadsheets and programs csv or one JSON object a line",
      ).choices([...FORMATS]),
    );

/** `--limit` alone. */
export const limitOption = (description: string): Option =>
  new Option("--limit <n>", description).argParser((text) => {
    if (!/^[1-9]\d{0,8}$/.test(text))
      throw new Failure(EXIT.usage, `--limit ${text} is not a number from 1 to 999999999`);
    return text;
  });

/**
 * Prints a list. CSV and NDJSON are written page by page as they come, so that a list of any length takes the memory of
 * one page; they hold all that is found unless `--limit` says less.
 *
 * @returns How many items there were.
 */
export async function showList(app: App, hub: Hub, list: List, options: ListOptions): Promise<number> {
  const { format = app.json() ? "json" : "table" } = options;
  if (format === "csv" || format === "ndjson") return stream(app, hub, list, format, options);
  const { items, more, searchedUntil, names } = await pages(
    hub,
    list.id,
    list.input,
    Number(options.limit ?? list.most),
  );
  if (format === "json") app.io.out(`${JSON.stringify(items, null, 2)}\n`);
  else app.emit(items, () => (list.text ? list.text(items, names) : tableOf(app, list, items, names)));
  if (searchedUntil !== null) app.note(lookedUntil(searchedUntil));
  else if (more) app.note(`There are more; ask with --limit (now ${items.length}), or narrow the search.`);
  return items.length;
}

const tableOf = (
  app: App,
  { columns, key, rowsOf, empty }: List,
  items: readonly Item[],
  names: Page["names"],
): string => {
  const rows = rowsOf ? items.flatMap((item) => rowsOf(item, names)) : items;
  return listText(columns, rows, app.io.columns, key, empty);
};

async function stream(
  app: App,
  hub: Hub,
  list: List,
  format: "csv" | "ndjson",
  { limit }: ListOptions,
): Promise<number> {
  const csv = list.csv ?? csvOf(list);
  let count = 0;
  if (format === "csv") app.io.out(csv.head);
  for await (const page of eachPage(hub, list.id, list.input, Number(limit ?? Number.POSITIVE_INFINITY))) {
    const lineOf = format === "csv" ? csv.lineOf : (item: Item) => `${JSON.stringify(item)}\n`;
    app.io.out(page.items.map(lineOf).join(""));
    count += page.items.length;
    if (page.next === null && page.searchedUntil != null) app.note(lookedUntil(page.searchedUntil));
  }
  return count;
}

/** The table's columns as CSV: nothing is cut, and times are in ISO 8601. */
function csvOf({ columns, rowsOf = (item) => [item] }: List): Csv {
  const line = (values: readonly string[]) => `${values.map(csvField).join(",")}\r\n`;
  return {
    head: line(columns.map(heading)),
    lineOf: (item) =>
      rowsOf(item, {})
        .map((row) => line(columns.map((column) => plain(column, row[column]))))
        .join(""),
  };
}

const lookedUntil = (at: number): string =>
  `Searched back to ${instant(at)}; what is older was not looked at.`;
