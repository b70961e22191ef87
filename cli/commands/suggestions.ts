import type { Command } from "commander";
import type { Answer } from "../../shared/api/endpoints.ts";
import {
  basisInWords,
  breaksInWords,
  leftOutInWords,
  membershipInWords,
  narrowingInWords,
  percent,
} from "../../shared/api/suggestion-words.ts";
import type { App } from "../app.ts";
import { noteOption } from "../note-option.ts";
import { table } from "../output/table.ts";
import { instant } from "../output/values.ts";

type Suggestion = Answer<"suggestions.get">;

/** `segments suggest`, `microsegments effectiveness` and `suggestions show`; the catalogue makes the others. */
export function addSuggestionCommands(program: Command, app: App): void {
  const called = (name: string) => program.commands.find((command) => command.name() === name);
  called("segments")
    ?.command("suggest")
    .addOption(noteOption())
    .description("Suggest microsegments and rules by the flows that nodes reported (role admin)")
    .option("--segment <segment>", "only flows within this home segment, by id or name")
    .option("--days <count>", "for how many days the hub must have heard a node first; 7 unless said")
    .action((options: SuggestOptions) => suggest(app, options));
  called("microsegments")
    ?.command("effectiveness")
    .description(
      "Show how far what segments permit is used, what was tried in vain, and how far a break-in would reach",
    )
    .action(() => effectiveness(app));
  called("suggestions")
    ?.command("show")
    .argument("<suggestion>", "id or name of the suggestion")
    .description(
      "Show a suggestion with its evidence: who is meant, what would be permitted, what would break",
    )
    .action((suggestion: string) => show(app, suggestion));
}

interface SuggestOptions {
  readonly segment?: string;
  readonly days?: string;
}

async function suggest(app: App, { segment, days }: SuggestOptions): Promise<void> {
  const { client } = await app.hub();
  const { data } = await client.call("suggestions.make", {
    body: {
      ...(segment === undefined ? {} : { segment }),
      ...(days === undefined ? {} : { days: Number(days) }),
    },
  });
  app.emit(data, () => `${data.open} suggestion(s) from ${basisInWords(data.basis)}.\n`);
  if (data.turnedDown > 0)
    app.note(`${data.turnedDown} more came out that you turned down before. They stay away.`);
  for (const sentence of leftOutInWords(data.leftOut)) app.note(sentence);
  if (data.truncated) app.note("A segment has more flows than were read.");
  if (data.missing.length > 0) app.note(`Could not be asked: ${data.missing.join(", ")}.`);
  if (data.open > 0) app.note("`rustronaut suggestions list` shows them, the surest first.");
}

async function show(app: App, suggestion: string): Promise<void> {
  const { client } = await app.hub();
  const { data } = await client.call("suggestions.get", { params: { suggestion } });
  app.emit(data, () => suggestionText(data, app.io.columns));
}

/** @param width Of the terminal, or null where there is none. */
export function suggestionText(data: Suggestion, width: number | null): string {
  const { exposure, narrowing } = data;
  const head = [
    `${data.name}: ${data.state}, ${percent(data.confidence)} sure${data.sure ? "" : ", too little to put it in force"}`,
    `Rests on ${basisInWords(data.basis)}, made ${instant(data.createdAt)}.`,
  ];
  if (narrowing)
    return [
      ...head,
      `The rule ${narrowing.rule} goes ${narrowingInWords(narrowing)}.`,
      `${narrowing.used} of the ${narrowing.pairs} pairs of nodes that it is about used it in ${narrowing.days} days.\n`,
    ].join("\n");
  const reach =
    exposure === null
      ? []
      : [`Each is open to ${mean(exposure.before)} node(s) today, and to ${mean(exposure.after)} then.`];
  const split =
    data.splits === null
      ? []
      : [`It is a part of the microsegment ${data.splits}, which falls into several roles.`];
  const microsegments = data.microsegments.map((one) => [
    one.name,
    String(one.members),
    membershipInWords(one),
  ]);
  const rules = data.rules.flatMap(({ from, to, traffic }) =>
    traffic.map(({ service, seen, pairs, confidence, widens, sure }) => [
      ...[from, to, service, `${seen} of ${pairs} pairs`, percent(confidence)],
      sure ? (widens === 0 ? "no" : `${widens} pairs`) : "not sure enough",
    ]),
  );
  const broken = data.breaks.items.map((flow) => [
    ...[flow.source, flow.destination, flow.traffic, String(flow.count), instant(flow.lastSeenAt)],
    flow.reportedBy.length > 1 ? "both ends" : `${flow.reportedBy[0]} only`,
  ]);
  const unused = data.unused.map(({ rule, pairs, used }) => [rule, String(pairs), String(used)]);
  return [
    ...head,
    ...split,
    ...reach,
    ...section("Microsegments", ["name", "members", "who"], microsegments, width),
    ...section("Rules", ["from", "to", "traffic", "seen", "sure", "more than today"], rules, width),
    `\nIf these rules were all that lets in: ${breaksInWords(data.breaks)}`,
    ...section("", ["source", "destination", "traffic", "count", "last seen", "reported by"], broken, width),
    ...section("Permitted today, in pairs of nodes", ["rule", "pairs", "used"], unused, width),
  ].join("\n");
}

const mean = ({ mean }: { readonly mean: number }): string => String(Math.round(mean * 10) / 10);

function section(
  title: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  width: number | null,
): string[] {
  if (rows.length === 0) return [];
  const text = table(columns, rows, width, columns.slice(0, 1)).trimEnd();
  return [title === "" ? `${text}\n` : `\n${title}:\n${text}\n`];
}

async function effectiveness(app: App): Promise<void> {
  const { client } = await app.hub();
  const { data } = await client.call("microsegments.effectiveness");
  const rows = data.items.map((one) => [
    one.kind === "home" ? `${one.name} (home)` : one.name,
    String(one.members),
    shareOf(one.inbound),
    shareOf(one.outbound),
    `${one.deniedIn.connections} of ${one.deniedIn.nodes} node(s)`,
    `${mean(one.reach.today)}, at most ${one.reach.today.max}`,
    mean(one.reach.used),
    mean(one.reach.through),
    one.rules.hit === null ? `? of ${one.rules.total}` : `${one.rules.hit} of ${one.rules.total}`,
  ]);
  const columns = [
    ...["segment", "members", "used of in", "used of out", "denied in", "reaches", "did reach"],
    ...["through others", "rules hit"],
  ];
  app.emit(data, () =>
    rows.length === 0 ? "There are no nodes yet.\n" : table(columns, rows, app.io.columns, ["segment"]),
  );
  if (data.since !== null) app.note(`By flows since ${instant(data.since)} at the earliest.`);
  if (data.items.some(({ members, measured }) => measured < members))
    app.note("Of large segments the pairs of 200 members are counted.");
  if (data.truncated) app.note("A segment has more flows than were read.");
  if (data.missing.length > 0) app.note(`Could not be asked: ${data.missing.join(", ")}.`);
}

const shareOf = ({ pairs, used }: { readonly pairs: number; readonly used: number }): string =>
  pairs === 0 ? "nothing permitted" : `${percent(used / pairs)} of ${pairs} pairs`;
