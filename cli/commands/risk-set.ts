import { type Command, InvalidArgumentError } from "commander";
import { riskSet } from "../../shared/api/risk.ts";
import type { App } from "../app.ts";
import { addFieldOptions, fieldsOf, readFields } from "../command-options.ts";
import { noteOption } from "../note-option.ts";

const FURTHER = fieldsOf(riskSet).filter(({ name }) => name !== "score");

/** `risk set USER SCORE`. */
export function addRiskSet(program: Command, app: App): void {
  const risk = program.commands.find((command) => command.name() === "risk");
  const set = risk
    ?.command("set")
    .argument("<user>", "id or name of the user")
    .argument("<score>", "from 0 to 100; 0 takes back what this source said", toScore)
    .description("Set a person's risk; their open sessions are graded anew within a second (role admin)")
    .addOption(noteOption())
    .action(async (user: string, score: number, options: Record<string, unknown>) => {
      const further = await readFields(FURTHER, options, app.io, Date.now());
      const { client } = await app.hub();
      const { data } = await client.call("risk.set", { params: { user }, body: { ...further, score } });
      app.emit(data, () => `The risk of ${data.email} is ${data.score} of 100 now.\n`);
    });
  if (set) addFieldOptions(set, FURTHER);
}

function toScore(text: string): number {
  if (!/^(100|[1-9]?\d)$/.test(text)) throw new InvalidArgumentError("Give a whole number from 0 to 100.");
  return Number(text);
}
