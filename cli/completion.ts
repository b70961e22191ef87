import type { Command } from "commander";
import { shellWord } from "../shared/base/shell-word.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

interface Word {
  readonly word: string;
  readonly about: string;
}

/** What can stand after one command path, such as `apps` or `policy test`. */
interface Place {
  readonly path: string;
  /** Commands, and arguments that have choices. Where there are none, files are offered. */
  readonly words: readonly Word[];
  /** Offered once a dash is typed. */
  readonly options: readonly Word[];
}

/** A completion script for the whole program, generated from the commands themselves. */
export function completionScript(program: Command, shell: Shell): string {
  const places = placesOf(program, "");
  switch (shell) {
    case "bash":
      return bash(program.name(), places);
    case "zsh":
      return zsh(program.name(), places);
    case "fish":
      return fish(program.name(), places);
  }
}

function placesOf(command: Command, path: string): Place[] {
  const help = command.createHelp();
  const subcommands = help.visibleCommands(command).filter((sub) => sub.name() !== "help");
  const options = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
  const choices = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices);
  const words = [
    ...subcommands.map((sub) => ({ word: sub.name(), about: sub.summary() || sub.description() })),
    ...choices.map((choice) => ({ word: choice, about: "" })),
  ];
  const below = subcommands.flatMap((sub) => placesOf(sub, path ? `${path} ${sub.name()}` : sub.name()));
  return [
    {
      path,
      words,
      options: options.map(({ long, short, description }) => ({
        word: long ?? short ?? "",
        about: description,
      })),
    },
    ...below,
  ];
}

const joined = (words: readonly Word[]): string => words.map(({ word }) => word).join(" ");

/** Shared by bash and zsh: walks the words so far down to the deepest command they name. */
function walk(places: readonly Place[], words: string): string {
  const known = places.filter(({ path }) => path).map(({ path }) => `"${path}"`);
  return `  local at="" word next
  for word in ${words}; do
    next="\${at:+$at }$word"
    case "$next" in
      ${known.join("|")}) at="$next" ;;
    esac
  done`;
}

function bash(name: string, places: readonly Place[]): string {
  const cases = places.map(
    ({ path, words, options }) => `    "${path}") words="${joined(words)}" options="${joined(options)}" ;;`,
  );
  return `# ${name} completion for bash: eval "$(${name} completion bash)"
_${name}() {
${walk(places, `"\${COMP_WORDS[@]:1:COMP_CWORD-1}"`)}
  local words="" options="" current="\${COMP_WORDS[COMP_CWORD]}"
  case "$at" in
${cases.join("\n")}
  esac
  [[ "$current" == -* ]] && words="$options"
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _${name} ${name}
`;
}

function zsh(name: string, places: readonly Place[]): string {
  const entriesOf = (words: readonly Word[]) =>
    words.map(({ word, about }) => shellWord(`${word.replaceAll(":", "\\:")}:${about}`)).join(" ");
  const cases = places.map(
    ({ path, words, options }) =>
      `    "${path}") entries=(${entriesOf(words)}) options=(${entriesOf(options)}) ;;`,
  );
  return `#compdef ${name}
# ${name} completion for zsh: source <(${name} completion zsh)
_${name}() {
${walk(places, `"\${(@)words[2,CURRENT-1]}"`)}
  local -a entries options
  case "$at" in
${cases.join("\n")}
  esac
  [[ "$words[CURRENT]" == -* ]] && entries=($options)
  (( $#entries )) && _describe ${name} entries || _files
}
compdef _${name} ${name}
`;
}

function fish(name: string, places: readonly Place[]): string {
  const lines = places.flatMap(({ path, words, options }) => {
    const line = (what: string, about: string) =>
      `complete -c ${name} -n ${shellWord(`test (__${name}_at) = '${path}'`)} ${what} -d ${shellWord(about)}`;
    return [
      ...words.map(({ word, about }) => line(`-f -a ${word}`, about)),
      ...options.map(({ word, about }) => line(`-l ${word.replace(/^-+/, "")}`, about)),
    ];
  });
  const known = places.filter(({ path }) => path).map(({ path }) => shellWord(path));
  return `# ${name} completion for fish: ${name} completion fish | source
function __${name}_at
  set -l at ''
  for word in (commandline -opc)[2..-1]
    set -l next (string trim "$at $word")
    contains -- $next ${known.join(" ")}; and set at $next
  end
  echo "$at"
end
${lines.join("\n")}
`;
}
