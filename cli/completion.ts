import type { Command } from "commander";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** What can stand after one command path, such as `apps` or `policy test`. */
interface Place {
  readonly path: string;
  readonly words: readonly { readonly word: string; readonly about: string }[];
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
  const words = [
    ...subcommands.map((sub) => ({ word: sub.name(), about: sub.summary() || sub.description() })),
    ...options.map((option) => ({ word: option.long ?? option.short ?? "", about: option.description })),
  ];
  const below = subcommands.flatMap((sub) => placesOf(sub, path ? `${path} ${sub.name()}` : sub.name()));
  return [{ path, words }, ...below];
}

const wordsOf = (place: Place): string => place.words.map(({ word }) => word).join(" ");
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

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
  const cases = places.map((place) => `    "${place.path}") words="${wordsOf(place)}" ;;`);
  return `# ${name} completion for bash: eval "$(${name} completion bash)"
_${name}() {
${walk(places, `"\${COMP_WORDS[@]:1:COMP_CWORD-1}"`)}
  local words=""
  case "$at" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _${name} ${name}
`;
}

function zsh(name: string, places: readonly Place[]): string {
  const cases = places.map((place) => {
    const entries = place.words.map(({ word, about }) => quoted(`${word.replaceAll(":", "\\:")}:${about}`));
    return `    "${place.path}") entries=(${entries.join(" ")}) ;;`;
  });
  return `#compdef ${name}
# ${name} completion for zsh: source <(${name} completion zsh)
_${name}() {
${walk(places, `"\${(@)words[2,CURRENT-1]}"`)}
  local -a entries
  case "$at" in
${cases.join("\n")}
  esac
  _describe ${name} entries || _files
}
compdef _${name} ${name}
`;
}

function fish(name: string, places: readonly Place[]): string {
  const lines = places.flatMap(({ path, words }) =>
    words.map(({ word, about }) => {
      const what = word.startsWith("--") ? `-l ${word.slice(2)}` : `-a ${word}`;
      return `complete -c ${name} -n ${quoted(`test (__${name}_at) = '${path}'`)} ${what} -d ${quoted(about)}`;
    }),
  );
  const known = places.filter(({ path }) => path).map(({ path }) => quoted(path));
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
