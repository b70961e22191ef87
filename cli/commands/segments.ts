import type { Command } from "commander";
import type { App } from "../app.ts";
import { toInstant } from "../command-options.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { listText } from "../output/things.ts";
import { instant } from "../output/values.ts";
import { whyText } from "../output/why.ts";
import { addCompareCommands } from "./segment-compare.ts";

const END = "a node by name, id or address, or an address behind one";
const TRAFFIC = "tcp/443, udp/53, icmp, …; any traffic if left out";

interface QuestionOptions {
  readonly at?: string;
  readonly limit?: string;
}

/** Questions about rules between nodes, below the `segments` that the catalogue makes. */
export function addSegmentCommands(program: Command, app: App): void {
  const segments = program.commands.find((command) => command.name() === "segments");
  if (!segments) return;
  segments
    .command("why")
    .argument("<from>", END)
    .argument("<to>", END)
    .argument("[traffic]", TRAFFIC)
    .description("Why a node reaches another, or does not (exit code 0: all of it passes, 3: not all)")
    .option("--at <time>", "when: a date, or a span from now such as 2h; left out, now")
    .action((from: string, to: string, traffic: string | undefined, options: QuestionOptions) =>
      why(app, from, to, traffic, options),
    );
  for (const [name, way, about] of [
    ["who-can-reach", "to", "Which nodes can open connections to a node"],
    ["what-can-reach", "from", "To which nodes, networks and outside addresses a node can open connections"],
  ] as const) {
    segments
      .command(name)
      .argument("<node>", END)
      .argument("[traffic]", TRAFFIC)
      .description(about)
      .option("--at <time>", "when: a date, or a span from now such as 2h; left out, now")
      .option("--limit <count>", "how many nodes to list at most; 200 unless said")
      .action((node: string, traffic: string | undefined, options: QuestionOptions) =>
        reach(app, way, node, traffic, options),
      );
  }
  addCompareCommands(segments, app);
}

const moment = ({ at }: QuestionOptions) => (at === undefined ? {} : { at: toInstant(at, Date.now()) });
const said = (traffic: string | undefined) => (traffic === undefined ? {} : { traffic });

async function why(
  app: App,
  from: string,
  to: string,
  traffic: string | undefined,
  options: QuestionOptions,
): Promise<void> {
  const { client } = await app.hub();
  const { data } = await client.call("mesh.why", {
    query: { from, to, ...said(traffic), ...moment(options) },
  });
  app.emit(data, () => whyText(data, app.io.columns));
  noteMissing(app, data.missing);
  if (data.verdict !== "allowed")
    throw new Failure(EXIT.denied, data.verdict === "denied" ? "Denied" : "Not all of it passes");
}

async function reach(
  app: App,
  way: "to" | "from",
  end: string,
  traffic: string | undefined,
  options: QuestionOptions,
): Promise<void> {
  const { client } = await app.hub();
  const limit = Math.min(Number(options.limit ?? 200), 200);
  const { data } = await client.call("mesh.reach", {
    query: { [way]: end, ...said(traffic), ...moment(options), limit },
  });
  const name = data.end.address ?? data.end.name;
  const whom = way === "to" ? `can reach ${name}` : `can be reached from ${name}`;
  app.emit(data, () =>
    data.total === 0
      ? `No node ${whom}.\n`
      : `${data.total} node(s) ${whom}, at ${instant(data.at)}.\n${groupsText(data.groups)}${listText(
          ["name", "home", "user", "behind", "traffic"],
          data.items,
          app.io.columns,
          "name",
        )}`,
  );
  if (data.next !== null) app.note(`Only the first ${data.items.length} are listed.`);
  noteMissing(app, data.missing);
}

const groupsText = (groups: readonly { kind: string; name: string; nodes: number }[]): string =>
  groups.length === 0
    ? ""
    : `By segment and tag: ${groups
        .slice(0, 10)
        .map(({ kind, name, nodes }) => `${kind}:${name} ${nodes}`)
        .join(", ")}${groups.length > 10 ? ", …" : ""}.\n`;

function noteMissing(app: App, missing: readonly string[]): void {
  if (missing.length > 0)
    app.note(`Could not be asked how old their agents are, so these count as new: ${missing.join(", ")}.`);
}
