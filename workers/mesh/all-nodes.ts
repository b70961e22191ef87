import { ALL_NODES_QUERY, type LightRow } from "../../shared/registry/node-rows.ts";

const PAGE = 2_000;

/** All nodes of the registry, in the order of their ids. One answer of the database holds no more than a page. */
export async function allNodes(db: D1Database): Promise<LightRow[]> {
  const rows: LightRow[] = [];
  for (let after = "", more = true; more; ) {
    const { results } = await db.prepare(ALL_NODES_QUERY).bind(after, PAGE).all<LightRow>();
    rows.push(...results);
    after = results.at(-1)?.id ?? "";
    more = results.length === PAGE;
  }
  return rows;
}
