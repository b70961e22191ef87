import type { Command } from "commander";
import type * as z from "zod";
import type { Fault } from "../../shared/tailscale/fault.ts";
import { importPolicy } from "../../shared/tailscale/import.ts";
import { inventoryOf, statusSchema } from "../../shared/tailscale/status.ts";
import type { App } from "../app.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { readHuJson } from "../network/read-hujson.ts";
import { writeYaml } from "../network/write-yaml.ts";

const ABOUT = `Rules as \`rustronaut import tailscale\` translated them. Look at them, and at what the command left out,
before \`rustronaut plan -f FILE\` shows what they would change and \`rustronaut apply -f FILE\` makes it so.
People whom it names must be known before, and a machine (\`node:NAME\`) must have enrolled.`;

/** What other products' files say, as this network's file says it. */
export function addImportCommands(program: Command, app: App): void {
  program
    .command("import")
    .description("Translate the rules of another product")
    .command("tailscale")
    .argument("<policy>", "the policy file (HuJSON); - reads stdin")
    .description("Print a Tailscale policy file as a file that `apply` takes, and say what it leaves out")
    .requiredOption(
      "--status <file>",
      "what `tailscale status --json` printed: which machines there are, and whose",
    )
    .action(async (file: string, { status }: { status: string }) => {
      const machines = checked(await read(app, status), status, statusSchema);
      const imported = importPolicy(readHuJson(await read(app, file), file), inventoryOf(machines));
      if (!imported.ok) throw refused(file, imported.error);
      const { microsegments, rules, tests, left } = imported.value;
      for (const fault of left) app.note(`Note: ${inWords(fault)}`);
      const document = {
        version: 1,
        ...(microsegments.length > 0 && { microsegments }),
        meshRules: rules,
        ...(tests.length > 0 && { meshTests: tests }),
      };
      app.emit({ ...document, left }, () => writeYaml(document, ABOUT));
    });
}

const read = (app: App, file: string): Promise<string> =>
  file === "-" ? app.io.readStdin() : app.io.readFile(file);

function checked<T>(text: string, file: string, schema: z.ZodType<T>): T {
  const result = schema.safeParse(readHuJson(text, file));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Failure(EXIT.usage, `${file}: ${issue?.path.join(".")}: ${issue?.message}`);
}

const refused = (file: string, faults: readonly Fault[]): Failure =>
  new Failure(EXIT.usage, `${file} is refused: ${faults.map(inWords).join(" ")}`);

const inWords = ({ at, problem, remedy }: Fault): string => `${at}: ${problem}. ${remedy}.`;
