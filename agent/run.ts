import { readCommandLine } from "./command-line.ts";
import { config } from "./commands/config.ts";
import type { Context } from "./commands/context.ts";
import { down, logout } from "./commands/down.ts";
import { netcheck } from "./commands/netcheck.ts";
import { ping } from "./commands/ping.ts";
import { rotate } from "./commands/rotate.ts";
import { status } from "./commands/status.ts";
import { up } from "./commands/up.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { Failure, messageOf } from "./failure.ts";
import { HELP } from "./help.ts";
import { HubAway } from "./hub/http.ts";
import { HubRefused } from "./hub/refusal.ts";
import { Store } from "./state/store.ts";
import { VERSION } from "./version.ts";

const COMMANDS: Readonly<Record<string, (context: Context) => Promise<ExitCode>>> = {
  up,
  down,
  status,
  ping,
  netcheck,
  config,
  rotate,
  logout,
  version: async (context) => {
    context.emit({ version: VERSION, node: process.version }, () => `rustronaut-agent ${VERSION}\n`);
    return EXIT.ok;
  },
};

/** Runs one command line and says how the process should exit. */
export async function run(argv: readonly string[]): Promise<ExitCode> {
  const asJson = argv.includes("--json");
  try {
    const line = readCommandLine(argv);
    const [word] = line.words;
    if (line.help || word === undefined) {
      process.stdout.write(HELP);
      return line.help ? EXIT.ok : EXIT.usage;
    }
    const command = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
    if (!command)
      throw new Failure(EXIT.usage, "usage", `There is no command ${JSON.stringify(word)}`, "Try --help.");
    return await command({
      line,
      store: new Store(line.stateDirectory),
      emit: (data, human) =>
        process.stdout.write(line.json ? `${JSON.stringify(data ?? null, null, 2)}\n` : human()),
    });
  } catch (error) {
    const { exitCode, code, message, hint } = toFailure(error);
    process.stderr.write(
      asJson
        ? `${JSON.stringify({ error: { code, message, hint, exitCode } })}\n`
        : `${message}\n${hint ? `${hint}\n` : ""}`,
    );
    return exitCode;
  }
}

function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof HubAway)
    return new Failure(
      EXIT.unavailable,
      "hub_unreachable",
      error.message,
      "Check the address, then try again.",
    );
  if (error instanceof HubRefused)
    return new Failure(EXIT.refused, error.code, `The hub refuses: ${error.message}`);
  const denied = error instanceof Error && "code" in error && error.code === "EACCES";
  return denied
    ? new Failure(EXIT.machine, "not_root", messageOf(error), "Run it with sudo.")
    : new Failure(EXIT.failure, "failed", messageOf(error));
}
