import { describe, expect, it } from "vitest";
import { type Hub, openApp } from "../../../cli/app.ts";
import type { Io } from "../../../cli/io.ts";
import type { Item } from "../../../cli/listing.ts";
import { type List, type ListOptions, showList } from "../../../cli/output/list.ts";

const LIST: List = { id: "apps.list", input: { query: {} }, columns: ["name", "tags", "seenAt"], most: 250 };

/** A hub whose list has so many items; what happened, in order, is in `log`. */
function world(total: number, searchedUntil: number | null = null) {
  const log: string[] = [];
  const call = async (_: string, { query }: { query: { limit: number; cursor?: string } }) => {
    const from = Number(query.cursor ?? 0);
    const to = Math.min(total, from + query.limit);
    log.push(`asked for ${query.limit} from ${from}`);
    const items: Item[] = Array.from({ length: to - from }, (_, n) => ({
      name: `=app-${from + n}`,
      tags: ["a", "b"],
      seenAt: 1,
      more: null,
    }));
    return { data: { items, next: to < total ? String(to) : null, searchedUntil } };
  };
  const io = {
    out: (text: string) => log.push(text),
    err: (text: string) => log.push(text),
    env: {},
    columns: null,
  } as unknown as Io;
  const app = openApp(io, () => false);
  const show = (options: ListOptions) => showList(app, { call } as unknown as Hub, LIST, options);
  return { log, show };
}

const lines = (text: string | undefined) => text?.trim().split(/\r?\n/) ?? [];

describe("U4: a list", () => {
  it("is written page by page as CSV and NDJSON, whole, so that no more than a page is held", async () => {
    const { log, show } = world(450);
    expect(await show({ format: "csv" })).toBe(450);
    expect(log[0]).toBe("name,tags,seen at\r\n");
    expect(log.filter((line) => line.startsWith("asked"))).toEqual([
      "asked for 200 from 0",
      "asked for 200 from 200",
      "asked for 200 from 400",
    ]);
    // Each page is written before the next one is asked for.
    expect(log.map((text) => (text.startsWith("asked") ? "ask" : lines(text).length))).toEqual([
      ...[1, "ask", 200, "ask", 200, "ask", 50],
    ]);
    expect(lines(log[2])[0]).toBe(`'=app-0,"a, b",1970-01-01T00:00:00.001Z`);

    const other = world(450);
    await other.show({ format: "ndjson" });
    expect(JSON.parse(lines(other.log[1])[7] ?? "")).toEqual({
      ...{ name: "=app-7", tags: ["a", "b"], seenAt: 1, more: null },
    });
  });

  it("ends at its limit, in every format, and says that there is more of a table", async () => {
    for (const [format, shown] of [
      ["csv", 1],
      ["ndjson", 0],
    ] as const) {
      const { log, show } = world(450);
      expect(await show({ format, limit: "201" })).toBe(201);
      expect(log.join("").match(/app-/g)).toHaveLength(201);
      expect(lines(log.filter((text) => !text.startsWith("asked")).join("")).length).toBe(201 + shown);
    }
    const { log, show } = world(450);
    expect(await show({})).toBe(250);
    expect(log.at(-1)).toContain("There are more");
    const json = world(3);
    await json.show({ format: "json" });
    expect(JSON.parse(json.log.at(-1) ?? "")).toHaveLength(3);
  });

  it("says how far a search looked that is not through", async () => {
    for (const format of ["table", "csv"] as const) {
      const { log, show } = world(2, 0);
      await show({ format });
      expect(log.at(-1)).toContain("Searched back to 1970-01-01 00:00:00Z");
    }
  });
});
