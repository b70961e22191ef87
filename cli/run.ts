import { Command, CommanderError } from "commander";
import { type App, openApp, toFailure } from "./app.ts";
import { addAuditCommands } from "./commands/audit.ts";
import { addBackupCommands } from "./commands/backup.ts";
import { addCompletionCommand, COMPLETION } from "./commands/completion.ts";
import { addGrantCommands } from "./commands/grants.ts";
import { addHistoryCommands } from "./commands/history.ts";
import { addImportCommands } from "./commands/import.ts";
import { addInitCommand } from "./commands/init.ts";
import { addKeyCommands } from "./commands/keys.ts";
import { addLoginCommands } from "./commands/login.ts";
import { addLogsCommand } from "./commands/logs.ts";
import { addMeshCommands } from "./commands/mesh.ts";
import { addNetworkCommands } from "./commands/network.ts";
import { addNodeCommands } from "./commands/nodes.ts";
import { addPolicyCommands } from "./commands/policy.ts";
import { addProviderTest } from "./commands/provider-test.ts";
import { addResourceCommands } from "./commands/resource.ts";
import { addRiskSet } from "./commands/risk-set.ts";
import { addRuleCommands } from "./commands/rules.ts";
import { addSearchCommands } from "./commands/search.ts";
import { addSegmentTest } from "./commands/segment-test.ts";
import { addSegmentCommands } from "./commands/segments.ts";
import { addSessionKill } from "./commands/session-kill.ts";
import { addSuggestionCommands } from "./commands/suggestions.ts";
import { addTcpCommands } from "./commands/tcp.ts";
import { addTrustCommands } from "./commands/trust.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import type { Failure } from "./failure.ts";
import type { Io } from "./io.ts";
import { noteOf } from "./note-option.ts";
import { failureText } from "./output/failure-text.ts";
import { siblingOption } from "./sibling-option.ts";
import { packageVersion } from "./version.ts";

/** Runs one command line (without `node` and the script) and says how the process should exit. */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  const program = new Command("rustronaut");
  let note: string | undefined;
  program.hook("preAction", (_, command) => {
    note = noteOf(command);
  });
  const app = openApp(
    io,
    () => program.opts().json === true,
    () => note,
  );
  describeProgram(program, app, argv);
  try {
    await program.parseAsync(argv, { from: "user" });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) {
      io.err(siblingOption(program, argv, error.message) ?? "");
      return error.exitCode === 0 ? EXIT.ok : usageCode(argv);
    }
    const failure = toFailure(error);
    io.err(app.json() ? `${JSON.stringify(asJson(failure))}\n` : failureText(failure));
    return failure.exitCode;
  }
}

/** A drift check must not take a slip on its command line for a change. */
const usageCode = (argv: readonly string[]): ExitCode =>
  argv.includes("--exit-code") ? EXIT.failure : EXIT.usage;

/** All commands of the program, with what is below those that the command line names. */
export function describeProgram(program: Command, app: App, argv: readonly string[]): void {
  program
    .description("Administer a Rustronaut network")
    .helpCommand("help [command]", "Show what a command takes")
    .option("--json", "print JSON for programs")
    .version(packageVersion(), "-V, --version", "print the version of this program")
    .exitOverride()
    .configureOutput({ writeOut: app.io.out, writeErr: app.io.err })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("Run it with --help to see what it takes.");
  addInitCommand(program, app);
  addLoginCommands(program, app);
  addResourceCommands(program, app, (word) => argv.includes(word) || argv.includes(COMPLETION));
  addSessionKill(program, app);
  addRiskSet(program, app);
  addGrantCommands(program, app);
  addProviderTest(program, app);
  addPolicyCommands(program, app);
  addNetworkCommands(program, app);
  addImportCommands(program, app);
  addTrustCommands(program, app);
  addKeyCommands(program, app);
  addNodeCommands(program, app);
  addRuleCommands(program, app);
  addSuggestionCommands(program, app);
  addSegmentTest(program, app);
  addMeshCommands(program, app);
  addSegmentCommands(program, app);
  addTcpCommands(program, app);
  addAuditCommands(program, app);
  addLogsCommand(program, app);
  addSearchCommands(program, app);
  addHistoryCommands(program, app);
  addBackupCommands(program, app);
  addCompletionCommand(program, app);
}

const asJson = ({ title, detail, code, issues, hint, exitCode }: Failure) => ({
  error: { title, detail, code, issues, hint, exitCode },
});
