import { type Command, Option } from "commander";
import { EXPORT_FORMATS, type ExportFormat, exportHead, exportLine } from "../../shared/audit/export.ts";
import { meaningOf } from "../../shared/audit/meanings.ts";
import type { AuditRow, EventEntry } from "../../shared/audit/types.ts";
import { nameOfActor, whoActed } from "../../shared/audit/who.ts";
import type { App } from "../app.ts";
import { EXIT, exitCodeOfStatus } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { localFetch } from "../http/fetch.ts";
import type { Item } from "../listing.ts";
import { addListOptions, type List, type ListOptions, showList } from "../output/list.ts";
import { listText } from "../output/things.ts";
import { heading } from "../output/values.ts";
import { toPast } from "../times.ts";

interface SearchOptions extends ListOptions {
  readonly since?: string;
  readonly until?: string;
  readonly user?: string;
  readonly app?: string;
  readonly path?: string;
  readonly outcome?: string;
  readonly reason?: string;
  readonly id?: string;
  readonly kinds?: string;
  readonly target?: string;
}

/** `search`, and `decisions list` and `audit list`: the log, searched. */
export function addSearchCommands(program: Command, app: App): void {
  program
    .command("search")
    .argument("<text>", "a number from a page, a name, an address, a path, or a part of one")
    .description("Find people, apps, nodes, sessions, policies, decisions and events by one text")
    .action((text: string) => searchAll(app, text));
  const decisions = program.commands.find((command) => command.name() === "decisions");
  if (decisions)
    addFilters(decisions.command("list").description("Search access decisions, newest first")).action(
      async (options: SearchOptions) => show(app, "decisions.list", options, decisionRow),
    );
  if (decisions)
    addFilters(
      decisions.command("export").description("Take away what a search finds, at most 100,000 decisions"),
      false,
    )
      .addOption(
        new Option("--format <format>", "a table for spreadsheets, or one JSON object a line")
          .choices([...EXPORT_FORMATS])
          .default("csv"),
      )
      .action((options: SearchOptions & { format: ExportFormat }) => exportFound(app, options));
  const audit = program.commands.find((command) => command.name() === "audit");
  if (audit)
    addFilters(audit.command("list").description("Search everything that was recorded, newest first"))
      .option("--kinds <list>", "any of decision,admin,login,session,system")
      .option("--target <id>", "what something was done to, by id")
      .action(async (options: SearchOptions) => show(app, "audit.list", options, auditRow));
}

/** The one search, with the same answer as the dashboard's. */
async function searchAll(app: App, text: string): Promise<void> {
  const { client } = await app.hub();
  const { data } = await client.call("search.all", { query: { q: text } });
  if (data.groups.length === 0)
    throw new Failure(EXIT.notFound, `Nothing is called ${text}, and no entry has this number`);
  const rows = data.groups.flatMap(({ kind, items }) =>
    items.map((item) => ({ kind: heading(kind), ...item })),
  );
  app.emit(data, () => listText(["kind", "title", "detail", "id"], rows, app.io.columns));
}

function addFilters(command: Command, isList = true): Command {
  const filtered = command
    .option("--since <time>", "from then on: 2h or 7d ago, or a date such as 2026-11-29")
    .option("--until <time>", "before then, in the same forms")
    .option("--user <who>", "a person or service token: id, address, or a part of it")
    .option("--app <app>", "an app: id, name, or a part of it")
    .option("--path <beginning>", "what the path begins with")
    .addOption(new Option("--outcome <outcome>", "what was decided").choices(["allow", "deny"]))
    .option("--reason <words>", "a code such as default_deny, or words such as 'no policy'");
  if (!isList) return filtered;
  return addListOptions(
    filtered.option("--id <number>", "one entry, by the number on a page that denied something"),
    50,
  );
}

async function show(
  app: App,
  endpoint: "decisions.list" | "audit.list",
  options: SearchOptions,
  rowOf: (item: Item, names: Readonly<Record<string, string>>) => Item,
): Promise<void> {
  const hub = await app.hub();
  const list: List = {
    id: endpoint,
    input: { query: queryOf(options, Date.now()) },
    columns: COLUMNS,
    rowsOf: (item, names = {}) => [rowOf(item, names)],
    csv: { head: exportHead("csv"), lineOf: (item) => exportLine("csv", entryOf(item)) },
    empty: "No entry matches. Without filters, the newest entries are shown.",
    most: 50,
  };
  const count = await showList(app, hub, list, options);
  if (options.id !== undefined && count === 0)
    throw new Failure(EXIT.notFound, `Nothing is recorded under the number ${options.id}`);
}

/** An entry as the log has it; a list of decisions gives each without the word that it is one. */
const entryOf = ({ leaf, entry, ...decision }: Item): AuditRow =>
  ({ leaf, entry: entry ?? { kind: "decision", ...decision } }) as unknown as AuditRow;

/** Writes the file to stdout as it comes. */
async function exportFound(
  app: App,
  { format, ...options }: SearchOptions & { format: ExportFormat },
): Promise<void> {
  const hub = await app.hub();
  const query = { ...queryOf(options, Date.now()), format };
  const headers = { authorization: `Bearer ${hub.token}` };
  const response = await localFetch(hub.client.url("decisions.export", { query }), { headers });
  if (!response.ok || !response.body)
    throw new Failure(
      exitCodeOfStatus(response.status),
      `The decisions can't be exported (${response.status})`,
    );
  const decoder = new TextDecoder();
  for await (const chunk of response.body) app.io.out(decoder.decode(chunk, { stream: true }));
}

function queryOf(options: SearchOptions, now: number): Record<string, unknown> {
  const { since, until, outcome, limit: _, format: __, ...rest } = options;
  return {
    ...rest,
    ...(outcome === undefined ? {} : { decision: outcome }),
    ...(since === undefined ? {} : { since: toPast(since, now) }),
    ...(until === undefined ? {} : { until: toPast(until, now) }),
  };
}

const COLUMNS = ["at", "outcome", "who", "app", "what", "why", "id"];

interface Facts {
  readonly principal?: { readonly email?: string; readonly name?: string };
  readonly request?: { readonly method?: string; readonly path?: string };
}

function decisionRow({ at, decision, appName, reason, facts, id }: Item): Item {
  const { principal, request } = (facts ?? {}) as Facts;
  return {
    ...{ at, app: appName, id },
    outcome: decision === "allow" ? "allowed" : "denied",
    who: principal?.email ?? principal?.name ?? "anyone",
    what: `${request?.method ?? ""} ${request?.path ?? ""}`,
    why: meaningOf(reason as string),
  };
}

/** Of events and decisions alike: who did what. */
function auditRow({ entry }: Item, names: Readonly<Record<string, string>>): Item {
  const e = entry as Item;
  if (e.kind === "decision") return decisionRow(e);
  const event = e as unknown as EventEntry;
  return {
    ...{ at: e.at, id: e.id },
    outcome: e.kind,
    who: whoActed(event, nameOfActor(event.actor, names)),
    what: `${meaningOf(event.action)}: ${names[event.target] ?? event.target}`,
    why: e.note,
  };
}
