import { Argument, type Command } from "commander";
import type { App } from "../app.ts";
import { completionScript, SHELLS, type Shell } from "../completion.ts";

/** The command that speaks of all others. */
export const COMPLETION = "completion";

export function addCompletionCommand(program: Command, app: App): void {
  program
    .command(COMPLETION)
    .description("Print a completion script for your shell")
    .addArgument(new Argument("<shell>", "the shell that you use").choices(SHELLS))
    .action((shell: Shell) => app.io.out(completionScript(program, shell)));
}
