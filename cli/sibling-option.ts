import type { Command } from "commander";

/**
 * Where an option is known that a command refused: `policies update --source-file` was meant as `policies publish`.
 * Null when no command beside it takes the option.
 *
 * @param message What commander says about the option.
 */
export function siblingOption(program: Command, argv: readonly string[], message: string): string | null {
  const option = /unknown option '(--[a-z-]+)/.exec(message)?.[1];
  const group = program.commands.find((command) => argv.includes(command.name()));
  const takers = (group?.commands ?? []).filter((command) =>
    command.options.some(({ long }) => long === option),
  );
  if (!group || !option || takers.length === 0) return null;
  const names = takers.map((command) => `\`${program.name()} ${group.name()} ${command.name()}\``);
  return `${option} belongs to ${names.join(", ")}.\n`;
}
