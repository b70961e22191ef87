import { Argument, type Command } from "commander";
import type { Answer, Query } from "../../shared/api/endpoints.ts";
import { HISTORY_KINDS } from "../../shared/api/history.ts";
import type { App } from "../app.ts";
import { listOption } from "../listing.ts";
import { changesText } from "../output/changes.ts";
import { reachOfAppText, reachOfUserText } from "../output/reach.ts";
import { instant } from "../output/values.ts";
import { toPast } from "../times.ts";

/** Words of a command line for the kinds that have a longer name. */
const WORDS: Readonly<Record<string, (typeof HISTORY_KINDS)[number]>> = {
  provider: "identityProvider",
  "service-token": "serviceToken",
  token: "apiToken",
  rule: "meshRule",
  key: "enrolmentKey",
};
const KINDS = [
  ...HISTORY_KINDS.filter((kind) => !Object.values(WORDS).includes(kind)),
  ...Object.keys(WORDS),
];

interface HistoryOptions {
  readonly since?: string;
  readonly until?: string;
  readonly user?: string;
  readonly limit: string;
}

/** What things were, who changed them and why, and who could reach what. */
export function addHistoryCommands(program: Command, app: App): void {
  program
    .command("history")
    .description("Who changed something, when and why, with what it was before")
    .addArgument(new Argument("[kind]", "what kind of thing; all unless said").choices(KINDS))
    .argument("[name]", "its name or id, also one that it had")
    .option("--since <time>", "from then on: 2h or 7d ago, or a date such as 2026-11-29")
    .option("--until <time>", "before then, in the same forms")
    .option("--user <who>", "only what this person changed, by address")
    .addOption(listOption().default("50"))
    .action((kind, name, options) => showHistory(app, kind, name, options));

  const at = "at a time: 2h or 7d ago, or a date such as 2026-11-24T12:00Z; now unless said";
  program
    .command("who-can-reach")
    .description("Who can reach an app, or could at a time, and why")
    .argument("<app>", "its name or id")
    .option("--at <time>", at)
    .action(async (name: string, options: { at?: string }) => {
      const { client } = await app.hub();
      const { data } = await client.call("reach.app", { params: { app: name }, query: timeOf(options) });
      app.emit(data, () => reachOfAppText(data, app.io.columns));
    });
  program
    .command("what-can")
    .description("What a person can reach, or could at a time, and why")
    .argument("<user>", "their address or id")
    .addArgument(new Argument("[reach]", "as in `what-can alice@example.com reach`").choices(["reach"]))
    .option("--at <time>", at)
    .action(async (user: string, _reach: string | undefined, options: { at?: string }) => {
      const { client } = await app.hub();
      const { data } = await client.call("reach.user", { params: { user }, query: timeOf(options) });
      app.emit(data, () => reachOfUserText(data, app.io.columns));
    });
}

const timeOf = ({ at }: { at?: string }): { at?: number } =>
  at === undefined ? {} : { at: toPast(at, Date.now()) };

async function showHistory(
  app: App,
  kind: string | undefined,
  name: string | undefined,
  { since, until, user, limit }: HistoryOptions,
): Promise<void> {
  const { client } = await app.hub();
  const now = Date.now();
  const asked = {
    ...(kind === undefined ? {} : { kind: WORDS[kind] ?? (kind as (typeof HISTORY_KINDS)[number]) }),
    ...(name === undefined ? {} : { name }),
    ...(user === undefined ? {} : { user }),
    ...(since === undefined ? {} : { since: toPast(since, now) }),
    ...(until === undefined ? {} : { until: toPast(until, now) }),
  };
  const items: Answer<"history.list">["items"] = [];
  const names: Record<string, string> = {};
  let page: Answer<"history.list"> | null = null;
  do {
    const cursor: string | null = page?.next ?? null;
    const query: Query<"history.list"> = {
      ...asked,
      limit: Math.min(200, Number(limit)),
      ...(cursor ? { cursor } : {}),
    };
    page = (await client.call("history.list", { query })).data;
    items.push(...page.items);
    Object.assign(names, page.names);
  } while (page.next && items.length < Number(limit));
  const shown = items.slice(0, Number(limit));
  app.emit(shown, () => changesText(shown, names));
  if (page.next || shown.length < items.length) app.note("There are more; ask with --limit or --since.");
  else app.note(`Recorded since ${instant(page.began)}.`);
}
