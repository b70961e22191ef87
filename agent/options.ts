import { parseArgs } from "node:util";
import { nearest } from "../shared/base/nearest.ts";
import { EXIT } from "./exit-codes.ts";
import { Failure } from "./failure.ts";

/** The options and words that exist, and the commands that take them. */

export const OPTIONS = {
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  "state-dir": { type: "string" },
  hub: { type: "string" },
  key: { type: "string" },
  "key-file": { type: "string" },
  advertise: { type: "string" },
  "exit-node": { type: "string" },
  "exit-fallback": { type: "string" },
  "exit-for": { type: "string" },
  interface: { type: "string" },
  "listen-port": { type: "string" },
  "hosts-file": { type: "string" },
  hostname: { type: "string" },
  dial: { type: "string" },
  weight: { type: "string" },
  "prove-device": { type: "string" },
  detach: { type: "boolean" },
} as const;

type Option = keyof typeof OPTIONS;
const ALL = Object.keys(OPTIONS) as Option[];
const EVERYWHERE: readonly Option[] = ["json", "help", "state-dir"];

interface Taken {
  /** The options of this command, beside those that every command takes. */
  readonly options?: readonly Option[];
  /** How many words may follow the command. Without a number, no word may follow. */
  readonly words?: number;
}

const TAKEN: Readonly<Record<string, Taken>> = {
  up: { options: ALL },
  connect: { options: ["hub", "key", "key-file", "hostname", "dial", "weight"] },
  down: { options: ["interface", "hosts-file"] },
  logout: { options: ["interface", "hosts-file"] },
  status: {},
  ping: { words: 1 },
  netcheck: { options: ["hub", "advertise", "interface", "listen-port"] },
  config: { words: 1 },
  rotate: {},
  version: {},
};

const HELP = "`rustronaut-agent --help` lists what each command takes.";

/** Checks the command line. @throws Failure that names the wrong word and the remedy. */
export function demandSense(argv: readonly string[]): void {
  const { tokens, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    strict: false,
    tokens: true,
    options: OPTIONS,
  });
  const [command = "", ...words] = positionals;
  const taken = Object.hasOwn(TAKEN, command) ? TAKEN[command] : undefined;
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const { name, rawName, value, inlineValue } = token;
    if (!isOption(name)) throw noSuchOption(rawName);
    const { type } = OPTIONS[name];
    if (type === "boolean" && value !== undefined)
      throw wrong(`${rawName} takes no value`, `Give it as ${rawName} alone.`);
    if (type === "string" && (value === undefined || (!inlineValue && value.startsWith("-"))))
      throw wrong(
        `${rawName} lacks its value`,
        `Give it behind ${rawName}; one that begins with - as ${rawName}=VALUE.`,
      );
    if (taken && ![...EVERYWHERE, ...(taken.options ?? [])].includes(name))
      throw wrong(`\`${command}\` takes no ${rawName}`, `Leave it out. ${HELP}`);
  }
  const [excess] = taken ? words.slice(taken.words ?? 0) : [];
  if (excess !== undefined)
    throw wrong(`\`${command}\` has no use for ${JSON.stringify(excess)}`, `Leave it out. ${HELP}`);
}

const isOption = (name: string): name is Option => Object.hasOwn(OPTIONS, name);

function noSuchOption(rawName: string): Failure {
  const near = nearest(rawName.replace(/^-+/, ""), ALL);
  return wrong(`There is no option ${rawName}`, near === null ? HELP : `Did you mean --${near}? ${HELP}`);
}

const wrong = (message: string, hint: string) => new Failure(EXIT.usage, "usage", message, hint);
