import type { EndpointId } from "../shared/api/endpoints.ts";
import type { Hub, LooseInput } from "./app.ts";

/** The most that the API gives in one answer. */
export const PAGE = 200;

export type Item = Readonly<Record<string, unknown>>;

/** One page of a list, as the API gives it. */
export interface Page {
  readonly items: Item[];
  readonly next: string | null;
  /** Until when a search looked that ended before it was through; null where it was. */
  readonly searchedUntil?: number | null;
  /** What ids in the items are called. */
  readonly names?: Readonly<Record<string, string>>;
}

/**
 * The pages of a list until there are `limit` items or no more, one at a time, so that no more than one is held. A search
 * that gets no further is not asked again.
 */
export async function* eachPage(
  hub: Hub,
  id: EndpointId,
  input: LooseInput,
  limit: number,
): AsyncGenerator<Page> {
  let left = limit;
  let cursor: string | null = null;
  let isStuck: boolean;
  do {
    const size = Math.min(PAGE, left);
    const query: LooseInput["query"] = { ...input.query, limit: size, ...(cursor ? { cursor } : {}) };
    const page = (await hub.call(id, { ...input, query })).data as Page;
    yield { ...page, items: page.items.slice(0, size) };
    left -= page.items.length;
    isStuck = page.next === cursor;
    cursor = page.next;
  } while (cursor && !isStuck && left > 0);
}

interface Listed {
  readonly items: Item[];
  readonly more: boolean;
  readonly searchedUntil: number | null;
  readonly names: Readonly<Record<string, string>>;
}

/** All items of a list, at most `limit`, at once. */
export async function pages(hub: Hub, id: EndpointId, input: LooseInput, limit: number): Promise<Listed> {
  const items: Item[] = [];
  const names: Record<string, string> = {};
  let last: Page | null = null;
  for await (const page of eachPage(hub, id, input, limit)) {
    items.push(...page.items);
    Object.assign(names, page.names);
    last = page;
  }
  const searchedUntil = items.length < limit ? (last?.searchedUntil ?? null) : null;
  return { items, more: last?.next != null, searchedUntil, names };
}
