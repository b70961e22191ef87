import { type Command, Option } from "commander";

const WHY = "why, for the history of what is changed";

/** What every command that changes something takes. */
export const noteOption = (): Option => new Option("--note <words>", WHY);

/** The note that was given to a command, if it takes one. */
export const noteOf = (command: Command): string | undefined =>
  command.options.some(({ description }) => description === WHY) ? command.opts().note : undefined;
