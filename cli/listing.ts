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

/** Items of a paginated list until there are `limit` or no more. */
export async function pages(
  hub: Hub,
  id: EndpointId,
  input: LooseInput,
  limit: number,
): Promise<{ items: Item[]; more: boolean }> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const size = Math.min(PAGE, limit - items.length);
    const query: LooseInput["query"] = { ...input.query, limit: size, ...(cursor ? { cursor } : {}) };
    const page = (await hub.call(id, { ...input, query })).data as { items: Item[]; next: string | null };
    items.push(...page.items);
    cursor = page.next;
  } while (cursor && items.length < limit);
  return { items, more: cursor !== null };
}
