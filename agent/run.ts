import { nearest } from "../shared/base/nearest.ts";
import { printableLines } from "../shared/base/printable.ts";
import { readCommandLine } from "./command-line.ts";
import { config } from "./commands/config.ts";
import { connect } from "./commands/connect.ts";
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
  connect,
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

/** Runs one command line, and gives the exit code of the process. */
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
    if (!command) throw noSuchCommand(word);
    return await command({
      line,
      store: new Store(line.stateDirectory),
      emit: (data, human) =>
        process.stdout.write(
          line.json ? `${JSON.stringify(data ?? null, null, 2)}\n` : printableLines(human()),
        ),
    });
  } catch (error) {
    const { exitCode, code, message, hint } = toFailure(error);
    process.stderr.write(
      asJson
        ? `${JSON.stringify({ error: { code, message, hint, exitCode } })}\n`
        : printableLines(`${message}\n${hint ? `${hint}\n` : ""}`),
    );
    return exitCode;
  }
}

function noSuchCommand(word: string): Failure {
  const near = nearest(word, Object.keys(COMMANDS));
  const help = "`rustronaut-agent --help` lists the commands.";
  const hint = near === null ? help : `Did you mean \`${near}\`? ${help}`;
  return new Failure(EXIT.usage, "usage", `There is no command ${JSON.stringify(word)}`, hint);
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
    return new Failure(
      error.code === "clock_skewed" ? EXIT.machine : EXIT.refused,
      error.code,
      `The hub refuses: ${error.message}`,
    );
  const lack = error instanceof Error && "code" in error ? LACKS[String(error.code)] : undefined;
  return lack
    ? new Failure(EXIT.machine, lack.code, messageOf(error), lack.hint)
    : new Failure(EXIT.failure, "failed", messageOf(error));
}

/** The errors of the system that mean that the machine lacks something. */
const LACKS: Readonly<Record<string, { readonly code: string; readonly hint: string }>> = {
  EACCES: { code: "not_root", hint: "Run it with sudo." },
  EPERM: { code: "not_permitted", hint: "Run it as root; a container needs --cap-add NET_ADMIN." },
  EROFS: { code: "state_read_only", hint: "Give it a folder that it may write, with --state-dir." },
  ENOSPC: { code: "disk_full", hint: "Make room on that file system; the state needs less than 10 MB." },
};
