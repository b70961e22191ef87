import { type Command, Option } from "commander";
import { EXPORT_FORMATS } from "../../shared/audit/export.ts";
import { meaningOf } from "../../shared/audit/meanings.ts";
import type { App } from "../app.ts";
import { EXIT, exitCodeOfStatus } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { localFetch } from "../http/fetch.ts";
import { type Item, listOption, pages } from "../listing.ts";
import { listText } from "../output/things.ts";
import { instant } from "../output/values.ts";
import { toPast } from "../times.ts";

interface SearchOptions {
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
  readonly limit: string;
}

/** `decisions list` and `audit list`: the log, searched. */
export function addSearchCommands(program: Command, app: App): void {
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
      .action((options: SearchOptions & { format: string }) => exportFound(app, options));
  const audit = program.commands.find((command) => command.name() === "audit");
  if (audit)
    addFilters(audit.command("list").description("Search everything that was recorded, newest first"))
      .option("--kinds <list>", "any of decision,admin,login,session,system")
      .option("--target <id>", "what something was done to, by id")
      .action(async (options: SearchOptions) => show(app, "audit.list", options, auditRow));
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
  return filtered
    .option("--id <number>", "one entry, by the number on a page that denied something")
    .addOption(listOption().default("50"));
}

async function show(
  app: App,
  endpoint: "decisions.list" | "audit.list",
  options: SearchOptions,
  rowOf: (item: Item) => Item,
): Promise<void> {
  const hub = await app.hub();
  const query = queryOf(options, Date.now());
  const { items, more, searchedUntil } = await pages(hub, endpoint, { query }, Number(options.limit));
  if (options.id !== undefined && items.length === 0)
    throw new Failure(EXIT.notFound, `Nothing is recorded under the number ${options.id}`);
  app.emit(items, () => listText(COLUMNS, items.map(rowOf), app.io.columns));
  if (searchedUntil !== null)
    app.note(`Searched back to ${instant(searchedUntil)}; what is older was not looked at.`);
  else if (more) app.note(`There are more; ask with --limit (now ${items.length}), or narrow the search.`);
}

/** Writes the file to stdout as it comes. */
async function exportFound(
  app: App,
  { format, ...options }: SearchOptions & { format: string },
): Promise<void> {
  const hub = await app.hub();
  const query = { ...queryOf(options, Date.now()), format: format as "csv" };
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
  const { since, until, outcome, limit: _, ...rest } = options;
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
function auditRow({ entry }: Item): Item {
  const e = entry as Item;
  if (e.kind === "decision") return decisionRow(e);
  const person = e.person as { readonly email?: string } | undefined;
  return {
    ...{ at: e.at, id: e.id },
    outcome: e.kind,
    who: person?.email ?? e.actor,
    what: `${meaningOf(String(e.action))}: ${String(e.target)}`,
    why: e.note,
  };
}
