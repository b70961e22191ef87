import type { Command } from "commander";
import type { Answer } from "../../shared/api/endpoints.ts";
import type { App } from "../app.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";

type Item = Answer<"meshTests.run">["items"][number];

/** `segments test`: the tests of the rules between nodes, on the network as it is. */
export function addSegmentTest(program: Command, app: App): void {
  program.commands
    .find((command) => command.name() === "segments")
    ?.command("test")
    .description("Run the tests of the rules between nodes (`mesh-tests`) on the network as it is")
    .action(async () => {
      const { client } = await app.hub();
      const { data } = await client.call("meshTests.run");
      app.emit(data, () => data.items.map(lineOf).join("") + summaryOf(data.items));
      const failed = data.items.filter(isFailing).length;
      if (failed > 0) throw new Failure(EXIT.failure, `${failed} of ${data.items.length} fail.`);
    });
}

const isFailing = ({ result }: Item): boolean => result === "failed" || result === "too_wide";

const MARKS: Readonly<Record<Item["result"], string>> = {
  passed: "ok    ",
  failed: "FAIL  ",
  too_wide: "FAIL  ",
  idle: "idle  ",
};

const lineOf = ({ name, from, expects, target, result, detail }: Item): string =>
  `${MARKS[result]}${name}: ${detail ?? `${from} ${expects === "accept" ? "reaches" : "does not reach"} ${target}`}\n`;

const summaryOf = (items: readonly Item[]): string =>
  items.length === 0
    ? "No tests. `rustronaut mesh-tests create` adds one; docs/segments.md shows how.\n"
    : `${count(items, "passed")} of ${items.length} pass${idleToo(count(items, "idle"))}.\n`;

const count = (items: readonly Item[], wanted: Item["result"]): number =>
  items.filter(({ result }) => result === wanted).length;

/** Idle ones did not fail, so a reader must not count them as what is missing. */
const idleToo = (idle: number): string => (idle > 0 ? `, and ${idle} tried nothing` : "");
