import { Argument, type Command } from "commander";
import type { App } from "../app.ts";
import { completionScript, SHELLS, type Shell } from "../completion.ts";

export function addCompletionCommand(program: Command, app: App): void {
  program
    .command("completion")
    .description("Print a completion script for your shell")
    .addArgument(new Argument("<shell>", "the shell that you use").choices(SHELLS))
    .action((shell: Shell) => app.io.out(completionScript(program, shell)));
}
