import type { Command } from "commander";
import { type ParseError, parse, printParseErrorCode } from "jsonc-parser";
import type * as z from "zod";
import type { Fault } from "../../shared/tailscale/fault.ts";
import { importPolicy } from "../../shared/tailscale/import.ts";
import { inventoryOf, statusSchema } from "../../shared/tailscale/status.ts";
import type { App } from "../app.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { writeYaml } from "../network/write-yaml.ts";

const LARGEST_FILE = 4 * 1024 * 1024;

const ABOUT = `Rules as \`rustronaut import tailscale\` translated them. Look at them, and at what the command left out,
before \`rustronaut plan -f FILE\` shows what they would change and \`rustronaut apply -f FILE\` makes it so.
A rule that names a machine (\`node:NAME\`) is taken once the machine has enrolled.`;

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
      const imported = importPolicy(parsed(await read(app, file), file), inventoryOf(machines));
      if (!imported.ok) throw refused(file, imported.error);
      const { rules, left } = imported.value;
      for (const fault of left) app.note(`Left out: ${inWords(fault)}\n`);
      app.emit({ version: 1, meshRules: rules, left }, () =>
        writeYaml({ version: 1, meshRules: rules }, ABOUT),
      );
    });
}

const read = (app: App, file: string): Promise<string> =>
  file === "-" ? app.io.readStdin() : app.io.readFile(file);

function parsed(text: string, file: string): unknown {
  if (text.length > LARGEST_FILE) throw new Failure(EXIT.usage, `${file} is larger than 4 MiB`);
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first) {
    const line = text.slice(0, first.offset).split("\n").length;
    throw new Failure(EXIT.usage, `${file}, line ${line}: ${printParseErrorCode(first.error)}`);
  }
  return value;
}

function checked<T>(text: string, file: string, schema: z.ZodType<T>): T {
  const result = schema.safeParse(parsed(text, file));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Failure(EXIT.usage, `${file}: ${issue?.path.join(".")}: ${issue?.message}`);
}

const refused = (file: string, faults: readonly Fault[]): Failure =>
  new Failure(EXIT.usage, `${file} is refused: ${faults.map(inWords).join(" ")}`);

const inWords = ({ at, problem, remedy }: Fault): string => `${at}: ${problem}. ${remedy}.`;
