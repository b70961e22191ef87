import { Argument, type Command } from "commander";
import type { Answer, Query } from "../../shared/api/endpoints.ts";
import { whoActed } from "../../shared/audit/who.ts";
import { HISTORY_KINDS } from "../../shared/registry/history-kinds.ts";
import type { App } from "../app.ts";
import { type Item, PAGE } from "../listing.ts";
import { changesText } from "../output/changes.ts";
import { addListOptions, type ListOptions, limitOption, showList } from "../output/list.ts";
import { reachOfAppText, reachOfUserText } from "../output/reach.ts";
import { toPast } from "../times.ts";

/** Words of a command line for the kinds that have a longer name. */
const WORDS: Readonly<Record<string, (typeof HISTORY_KINDS)[number]>> = {
  provider: "identityProvider",
  "service-token": "serviceToken",
  token: "apiToken",
  client: "oauthClient",
  rule: "meshRule",
  key: "enrolmentKey",
};
const KINDS = [
  ...HISTORY_KINDS.filter((kind) => !Object.values(WORDS).includes(kind)),
  ...Object.keys(WORDS),
];

type Change = Answer<"history.list">["items"][number];

interface HistoryOptions extends ListOptions {
  readonly since?: string;
  readonly until?: string;
  readonly user?: string;
}

/** What things were, who changed them and why, and who could reach what. */
export function addHistoryCommands(program: Command, app: App): void {
  const history = program
    .command("history")
    .description("Who changed something, when and why, with what it was before")
    .addArgument(new Argument("[kind]", "what kind of thing; all unless said").choices(KINDS))
    .argument("[name]", "its name or id, also one that it had")
    .option("--since <time>", "from then on: 2h or 7d ago, or a date such as 2026-11-29")
    .option("--until <time>", "before then, in the same forms")
    .option("--user <who>", "only what this person changed, by address");
  addListOptions(history, 50).action((kind, name, options) => showHistory(app, kind, name, options));

  const at = "at a time: 2h or 7d ago, or a date such as 2026-11-24T12:00Z; now unless said";
  const atMost = `show at most this many (${MOST_REACHED} unless said)`;
  program
    .command("who-can-reach")
    .description("Who can reach an app, or could at a time, and why")
    .argument("<app>", "its name or id")
    .option("--at <time>", at)
    .addOption(limitOption(atMost))
    .action(async (name: string, options: ReachOptions) => {
      const { client } = await app.hub();
      const params = { app: name };
      const data = await allPages(
        options,
        async (query) => (await client.call("reach.app", { params, query })).data,
      );
      app.emit(data, () => reachOfAppText(data, app.io.columns));
      noteRest(app, data);
    });
  program
    .command("what-can")
    .description("What a person can reach, or could at a time, and why")
    .argument("<user>", "their address or id")
    .addArgument(new Argument("[reach]", "as in `what-can alice@example.com reach`").choices(["reach"]))
    .option("--at <time>", at)
    .addOption(limitOption(atMost))
    .action(async (user: string, _reach: string | undefined, options: ReachOptions) => {
      const { client } = await app.hub();
      const params = { user };
      const data = await allPages(
        options,
        async (query) => (await client.call("reach.user", { params, query })).data,
      );
      app.emit(data, () => reachOfUserText(data, app.io.columns));
      noteRest(app, data);
    });
}

interface ReachOptions {
  readonly at?: string;
  readonly limit?: string;
}

/** How many a table shows unless asked for more. */
const MOST_REACHED = 1_000;

/** The pages of an answer about reach as one, until there are as many items as were asked for. */
async function allPages<Page extends Answer<"reach.app"> | Answer<"reach.user">>(
  { at, limit }: ReachOptions,
  ask: (query: Query<"reach.app">) => Promise<Page>,
): Promise<Page> {
  const most = Number(limit ?? MOST_REACHED);
  const moment = at === undefined ? {} : { at: toPast(at, Date.now()) };
  const size = (left: number) => ({ limit: Math.min(PAGE, left) });
  let whole = await ask({ ...moment, ...size(most) });
  while (whole.next !== null && whole.items.length < most) {
    const more = await ask({ ...moment, ...size(most - whole.items.length), cursor: whole.next });
    const policies = new Map([...whole.policies, ...more.policies].map((policy) => [policy.id, policy]));
    whole = { ...more, items: [...whole.items, ...more.items], policies: [...policies.values()] };
  }
  return whole;
}

/** Whoever is left out must not look like one who can't reach it. */
function noteRest(
  app: App,
  { total, items }: { readonly total: number; readonly items: readonly unknown[] },
): void {
  if (items.length < total)
    app.note(`Not shown: ${total - items.length} more; ask with --limit ${total} for all.`);
}

async function showHistory(
  app: App,
  kind: string | undefined,
  name: string | undefined,
  { since, until, user, ...options }: HistoryOptions,
): Promise<void> {
  const hub = await app.hub();
  const now = Date.now();
  const query = {
    ...(kind === undefined ? {} : { kind: WORDS[kind] ?? kind }),
    ...(name === undefined ? {} : { name }),
    ...(user === undefined ? {} : { user }),
    ...(since === undefined ? {} : { since: toPast(since, now) }),
    ...(until === undefined ? {} : { until: toPast(until, now) }),
  };
  await showList(
    app,
    hub,
    {
      id: "history.list",
      input: { query },
      columns: ["at", "by", "note", "kind", "name", "change", "field", "before", "after", "entry"],
      rowsOf: (item) => changesOf(item as unknown as Change),
      text: (items, names) => changesText(items as unknown as Change[], names),
      most: 50,
    },
    options,
  );
}

/** A row for each field that was changed. */
const changesOf = ({ at, person, actor, via, note, entry, things }: Change): Item[] =>
  things.flatMap(({ kind, name, change, fields }) =>
    (fields.length > 0 ? fields : [{}]).map((field) => ({
      ...{
        at,
        by: actor === null ? null : whoActed({ person, actor, via }),
        note,
        kind,
        name,
        change,
        entry,
      },
      ...field,
    })),
  );
