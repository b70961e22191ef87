import type { Command } from "commander";
import * as z from "zod";
import { type NetworkDocument, networkDocument } from "../../shared/api/document.ts";
import type { Answer } from "../../shared/api/endpoints.ts";
import { policyTestCase } from "../../shared/api/policies.ts";
import { lineDiff } from "../../shared/base/line-diff.ts";
import type { App } from "../app.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { diffText } from "../network/plan-text.ts";
import { parseYaml } from "../network/yaml.ts";
import { replayText } from "../output/replay.ts";
import { table } from "../output/table.ts";
import { instant } from "../output/values.ts";
import { checkDocument } from "../policy/check.ts";
import { toPast } from "../times.ts";

const CASES = z.array(policyTestCase as unknown as z.ZodType<z.output<typeof policyTestCase>>);

/** What a policy would change, what changed in it, whether it does anything, and whether a file holds. */
export function addLifeCommands(policy: Command, app: App): void {
  const read = (file: string) => (file === "-" ? app.io.readStdin() : app.io.readFile(file));

  policy
    .command("diff")
    .argument("<policy>", "its name or id")
    .argument("[file]", "the text to compare with the one in force; - reads stdin")
    .description("What differs between the text in force and a file, or an earlier version")
    .option("--against <n>", "compare with this earlier version in place of a file")
    .action(async (name: string, file: string | undefined, { against }: { against?: string }) => {
      if ((file === undefined) === (against === undefined))
        throw new Failure(EXIT.usage, "Give a file, or --against");
      const { client } = await app.hub();
      const { data: current } = await client.call("policies.get", { params: { policy: name } });
      const params = { policy: name, number: against ?? "" };
      const other =
        file === undefined
          ? (await client.call("policies.version", { params })).data.source
          : await read(file);
      const [before, after] = file === undefined ? [other, current.source] : [current.source, other];
      app.emit({ before, after }, () =>
        before === after ? "Nothing differs.\n" : `${diffText(lineDiff(before, after))}\n`,
      );
    });

  policy
    .command("replay")
    .argument("<file>", "the draft; - reads stdin")
    .description("Which recorded requests would be decided otherwise with a draft, and by which policies")
    .option("--name <policy>", "the policy that it replaces; without it, it is a new one", "draft")
    .option("--since <time>", "the requests from then on: 12h or 30d ago, or a date", "7d")
    .option("--until <time>", "the requests before then, in the same forms")
    .action(async (file: string, options: { name: string; since: string; until?: string }) => {
      const now = Date.now();
      const body = {
        drafts: [{ name: options.name, source: await read(file) }],
        since: toPast(options.since, now),
        ...(options.until === undefined ? {} : { until: toPast(options.until, now) }),
      };
      const { data } = await (await app.hub()).client.call("policies.replay", { body });
      app.emit(data, () => replayText(data, app.io.columns));
    });

  policy
    .command("coverage")
    .description("How many decisions each policy determined, and which determined none")
    .option("--since <time>", "from then on, in whole days: 30d ago, or a date", "30d")
    .action(async ({ since }: { since: string }) => {
      const query = { since: toPast(since, Date.now()) };
      const { data } = await (await app.hub()).client.call("policies.coverage", { query });
      app.emit(data, () => coverageText(data, app.io.columns));
    });

  policy
    .command("check")
    .argument("<file>", "the network as YAML, as `apply` takes it; - reads stdin")
    .description(
      "Check the policies of a network's file without a hub (exit code 0: all hold, 3: some do not, 1: not valid)",
    )
    .option("--expect <cases>", "a YAML file of requests with what they must come to")
    .action(async (file: string, { expect }: { expect?: string }) => {
      const form = networkDocument as unknown as z.ZodType<NetworkDocument>;
      const document = parseYaml(await read(file), file, form);
      const cases = expect === undefined ? [] : parseYaml(await read(expect), expect, CASES);
      const checked = await checkDocument(document, file, cases, Date.now());
      const wrong = checked.filter((one) => one.decision !== one.expect);
      app.emit(checked, () => `${checked.length - wrong.length} of ${checked.length} cases hold.\n`);
      if (wrong.length > 0)
        throw new Failure(EXIT.denied, `${wrong.length} of the cases do not hold`, {
          issues: wrong.map(({ name, expect: wanted, decision, why }) => ({
            path: "",
            message: `${name}: expects ${wanted}, and it comes to ${decision}: ${why}`,
          })),
        });
    });
}

function coverageText(data: Answer<"policies.coverage">, width: number | null): string {
  const rows = data.policies.map((policy) => [
    policy.name,
    policy.enabled ? "in force" : policy.shadow ? "shadow" : "off",
    String(policy.decisions),
    policy.shadow ? String(policy.changes) : "-",
    instant(policy.lastAt),
    policy.statements
      .filter(({ decisions }) => decisions === 0)
      .map(({ id }) => id)
      .join(", ") || "-",
  ]);
  const heads = ["policy", "state", "decisions", "would change", "last", "statements that never decided"];
  const from = Math.max(data.since, data.countedSince);
  return `${table(heads, rows, width)}Counted since ${instant(from)}.\n`;
}
