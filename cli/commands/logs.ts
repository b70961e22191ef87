import type { Command } from "commander";
import type { App, Hub } from "../app.ts";
import { followEvents } from "../audit/follow.ts";
import { toLeaf } from "../leaf.ts";
import { toPast } from "../times.ts";

interface LogsOptions {
  readonly since?: string;
  readonly after?: number;
  readonly kinds?: string;
  readonly follow?: boolean;
}

/** Entries that one call gives. */
const PAGE = 500;

/** The log in its order, one line of JSON for each entry, for programs that take it along. */
export function addLogsCommand(program: Command, app: App): void {
  program
    .command("logs")
    .description("Print the audit log oldest first, one line of JSON for each entry")
    .option(
      "--since <time>",
      "from this time on: 30m, 2h, 7d, or a date; from the first entry that is kept unless said",
    )
    .option("--after <leaf>", "behind this entry, by number: where an earlier run ended", toLeaf)
    .option("--kinds <list>", "any of decision,admin,login,session,system")
    .option("--follow", "go on with new ones until interrupted")
    .action(async ({ since, after: begin, kinds, follow = false }: LogsOptions) => {
      const hub = await app.hub();
      const some = kinds === undefined ? {} : { kinds };
      const print = (row: unknown) => app.io.out(`${JSON.stringify(row)}\n`);
      let after = begin ?? (since === undefined ? -1 : await leafBefore(hub, toPast(since, Date.now())));
      for (;;) {
        const query = { ...some, limit: String(PAGE), ...(after < 0 ? {} : { after: String(after) }) };
        const { data } = await hub.client.call("logs.read", { query });
        for (const row of data.items) print(row);
        after = data.after;
        if (data.items.length === 0) break;
      }
      // The hub ends every stream after a while; go on behind the last entry seen.
      while (follow && !app.io.interrupted.aborted) {
        const url = hub.client.url("audit.stream", { query: { ...some, ...(after < 0 ? {} : { after }) } });
        await followEvents(hub, url, app.io.interrupted, (json) => {
          const row = JSON.parse(json) as { leaf: number };
          after = Math.max(after, row.leaf);
          print(row);
        });
      }
    });
}

/** The newest entry before a time; -1 if there is none. */
async function leafBefore(hub: Hub, until: number): Promise<number> {
  const { data } = await hub.client.call("audit.list", { query: { limit: "1", until: String(until) } });
  return data.items[0]?.leaf ?? -1;
}
