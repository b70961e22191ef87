import type { Command } from "commander";
import type * as z from "zod";
import {
  classInWords,
  crowdedInWords,
  differenceInWords,
  findingInWords,
  packetsInWords,
  witnessInWords,
} from "../../shared/api/difference-words.ts";
import { type NetworkDocument, networkDocument } from "../../shared/api/document.ts";
import type { Answer, Body } from "../../shared/api/endpoints.ts";
import type { App } from "../app.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { parseYaml } from "../network/yaml.ts";
import { listText } from "../output/things.ts";
import { instant } from "../output/values.ts";
import { type RuleOptions, termsOf, verdictOf, withRuleOptions } from "./rules.ts";

type Difference = Answer<"mesh.difference">;

interface DiffOptions extends RuleOptions {
  readonly prune?: boolean;
  readonly rule?: string;
  readonly delete?: boolean;
  readonly suggestion?: string;
  readonly replace: readonly string[];
}

/** `segments diff`, `check` and `matrix`: questions about all pairs of nodes. */
export function addCompareCommands(segments: Command, app: App): void {
  withRuleOptions(
    segments
      .command("diff")
      .argument(
        "[file]",
        "the network as it is to be (YAML), or - for stdin; without it, a draft of one rule",
      )
      .option("--prune", "count what a section of the file does not name as deleted")
      .option("--rule <rule>", "the rule that would change; without it, a new one")
      .option("--delete", "the rule would be deleted")
      .option("--no-enabled", "the rule would be turned off")
      .option("--suggestion <suggestion>", "the suggestion that would be accepted")
      .option(
        "--replace <rule>",
        "a rule that is switched off when the suggestion is accepted; repeatable",
        (rule: string, rules: readonly string[]) => [...rules, rule],
        [],
      ),
  )
    .description("Which traffic between which nodes a change would open, and which it would end")
    .action((file: string | undefined, options: DiffOptions) => diff(app, file, options));
  segments
    .command("check")
    .description(
      "Find rules without effect: shadowed, redundant, contradicted, of nobody, ended, or never hit",
    )
    .action(() => check(app));
  segments
    .command("matrix")
    .option("--by <axis>", "segments or tags", "segments")
    .option("--limit <count>", "how many of the largest groups", "24")
    .description("Who reaches whom, by segments or tags")
    .action((options: { by: string; limit: string }) => matrix(app, options));
}

async function diff(app: App, file: string | undefined, options: DiffOptions): Promise<void> {
  const body =
    file === undefined
      ? draftOf(options)
      : { ...(await readDocument(app, file)), prune: options.prune ?? false };
  const { client } = await app.hub();
  const { data } = await client.call("mesh.difference", { body: { ...body, limit: 500 } });
  app.emit(data, () => differenceText(data, app.io.columns));
  for (const one of data.crowded) app.note(crowdedInWords(one));
  for (const note of data.notes) app.note(note);
  if (data.more > 0) app.note(`${data.more} further change(s) are not listed.`);
}

async function readDocument(app: App, file: string): Promise<{ document: NetworkDocument }> {
  const text = file === "-" ? await app.io.readStdin() : await app.io.readFile(file);
  return { document: parseYaml(text, file, networkDocument as unknown as z.ZodType<NetworkDocument>) };
}

function draftOf(options: DiffOptions): Body<"mesh.difference"> {
  const { rule, from, to, enabled, suggestion, replace } = options;
  if (suggestion !== undefined)
    return { suggestion: { suggestion, ...(replace.length > 0 ? { replace: [...replace] } : {}) } };
  const verdict = verdictOf(options);
  if (rule === undefined && (from.length === 0 || to.length === 0 || verdict === null))
    throw new Failure(
      EXIT.usage,
      "Name a file, a suggestion (--suggestion), a rule that would change (--rule), or a new rule: --from, --to and --allow or --deny",
    );
  return {
    rule: {
      ...(rule === undefined ? {} : { rule }),
      ...(options.delete ? { deleted: true } : {}),
      ...(enabled === false ? { enabled } : {}),
      ...(from.length > 0 ? { from: [...from] } : {}),
      ...(to.length > 0 ? { to: [...to] } : {}),
      ...verdict,
      ...termsOf(options, Date.now()),
    },
  };
}

function differenceText(data: Difference, width: number | null): string {
  const said = `${differenceInWords(data)} (at ${instant(data.at)})\n`;
  const rows = data.changes.flatMap((change) => {
    const ends = { from: classInWords(change.from), to: classInWords(change.to), pairs: change.pairs };
    return [
      ["gain", change.gained, change.gains] as const,
      ["lose", change.lost, change.loses] as const,
    ].flatMap(([what, packets, witness]) =>
      packets.length === 0
        ? []
        : [
            {
              ...ends,
              what,
              traffic: packetsInWords(packets),
              suchAs: witness ? witnessInWords(witness) : "",
            },
          ],
    );
  });
  return rows.length === 0
    ? said
    : `${said}${listText(["what", "pairs", "from", "to", "traffic", "suchAs"], rows, width, "from")}`;
}

async function check(app: App): Promise<void> {
  const { client } = await app.hub();
  const { data } = await client.call("mesh.check");
  const rows = data.findings.map((finding) => ({ ...finding, finding: findingInWords(finding) }));
  app.emit(data, () =>
    rows.length === 0
      ? `Each of the ${data.rules} rule(s) in force has an effect.\n`
      : `${rows.length} of ${data.rules} rule(s) in force are without effect as the network is now.\n${listText(
          ["name", "finding"],
          rows,
          app.io.columns,
          "name",
        )}`,
  );
  if (!data.counted) app.note("Which rules never decided a packet is not known: not all nodes count.");
}

async function matrix(app: App, { by, limit }: { by: string; limit: string }): Promise<void> {
  if (by !== "segments" && by !== "tags") throw new Failure(EXIT.usage, "--by is segments or tags");
  const { client } = await app.hub();
  const { data } = await client.call("mesh.matrix", { query: { axis: by, limit: Number(limit) } });
  const nameOf = (group: number | null) =>
    group === null ? "networks and Internet" : (data.groups[group]?.name ?? "");
  const rows = data.cells.map((cell) => ({
    ...{ from: nameOf(cell.from), to: nameOf(cell.to), traffic: cell.some.join(", ") },
    pairs: cell.pairs === cell.of ? `all ${cell.of}` : `${cell.pairs} of ${cell.of}`,
  }));
  app.emit(data, () =>
    listText(["from", "to", "pairs", "traffic"], rows, app.io.columns, "from", "No node reaches another."),
  );
  if (data.more > 0) app.note(`${data.more} smaller group(s) are not shown.`);
}
