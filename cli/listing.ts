import { Option } from "commander";
import type { EndpointId } from "../shared/api/endpoints.ts";
import type { Hub, LooseInput } from "./app.ts";
import { EXIT } from "./exit-codes.ts";
import { Failure } from "./failure.ts";

/** The most that the API gives in one answer. */
const PAGE = 200;

export type Item = Readonly<Record<string, unknown>>;

export const listOption = (): Option =>
  new Option("--limit <n>", "show at most this many").default("200").argParser((text) => {
    if (!/^[1-9]\d{0,5}$/.test(text))
      throw new Failure(EXIT.usage, `--limit ${text} is not a number from 1 to 999999`);
    return text;
  });

interface Listed {
  readonly items: Item[];
  readonly more: boolean;
  /** Until when a search looked that ended before it was through; null where it was. */
  readonly searchedUntil: number | null;
}

interface Page {
  readonly items: Item[];
  readonly next: string | null;
  readonly searchedUntil?: number | null;
}

/** Items of a paginated list until there are `limit` or no more. A search that gets no further is not asked again. */
export async function pages(hub: Hub, id: EndpointId, input: LooseInput, limit: number): Promise<Listed> {
  const items: Item[] = [];
  let cursor: string | null = null;
  let page: Page;
  let isStuck: boolean;
  do {
    const size = Math.min(PAGE, limit - items.length);
    const query: LooseInput["query"] = { ...input.query, limit: size, ...(cursor ? { cursor } : {}) };
    page = (await hub.call(id, { ...input, query })).data as Page;
    items.push(...page.items);
    isStuck = page.next === cursor;
    cursor = page.next;
  } while (cursor && !isStuck && items.length < limit);
  const searchedUntil = items.length < limit ? (page.searchedUntil ?? null) : null;
  return { items, more: cursor !== null, searchedUntil };
}
