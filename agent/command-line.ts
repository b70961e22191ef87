import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type DialTarget, parseDialList } from "../shared/connector/dial-list.ts";
import { EXIT } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import { demandSense, OPTIONS } from "./options.ts";
import { canonicalPrefix } from "./tunnel/addresses.ts";

export interface CommandLine {
  /** The arguments that are not options: the command and its subject. */
  readonly words: readonly string[];
  readonly json: boolean;
  readonly help: boolean;
  readonly stateDirectory: string;
  readonly up: UpOptions;
}

/** A part that is null or undefined keeps its value of the last `up`. */
export interface UpOptions {
  readonly hub: string | null;
  readonly key: string | null;
  readonly keyFile: string | null;
  readonly advertise: readonly string[] | null;
  readonly exitNode: string | null | undefined;
  readonly exitFallback: "none" | "direct" | null;
  readonly exitFor: "all" | "own" | null;
  readonly interfaceName: string | null;
  readonly listenPort: number | null;
  readonly hostsFile: string | null;
  readonly hostname: string;
  readonly dial: readonly DialTarget[] | null;
  readonly weight: number | null;
  readonly proveDevice: boolean | null;
  readonly detach: boolean;
}

const STATE_DIRECTORY = "/var/lib/rustronaut";

/** `connect` needs no root, so its state may be in the user's own directory (XDG Base Directory Specification). */
function stateDirectoryOf(command: string | undefined): string {
  if (command !== "connect" || process.getuid?.() === 0) return STATE_DIRECTORY;
  return join(process.env.XDG_STATE_HOME || join(homedir(), ".local/state"), "rustronaut");
}

/** @throws Failure that names the wrong word. */
export function readCommandLine(argv: readonly string[]): CommandLine {
  demandSense(argv);
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options: OPTIONS });
  return {
    words: positionals,
    json: values.json ?? false,
    help: values.help ?? false,
    stateDirectory:
      values["state-dir"] ?? process.env.RUSTRONAUT_STATE_DIR ?? stateDirectoryOf(positionals[0]),
    up: {
      hub: values.hub === undefined ? null : hubOrigin(values.hub),
      key: values.key ?? null,
      keyFile: values["key-file"] ?? null,
      advertise: values.advertise === undefined ? null : prefixes(values.advertise),
      exitNode: values["exit-node"] === undefined ? undefined : exitNode(values["exit-node"]),
      exitFallback: oneOf("--exit-fallback", values["exit-fallback"], ["none", "direct"]),
      exitFor: oneOf("--exit-for", values["exit-for"], ["all", "own"]),
      interfaceName: values.interface === undefined ? null : interfaceName(values.interface),
      listenPort: values["listen-port"] === undefined ? null : port(values["listen-port"]),
      hostsFile: values["hosts-file"] ?? null,
      hostname: (values.hostname ?? hostname()).slice(0, 253),
      dial: values.dial === undefined ? null : dialList(values.dial),
      weight: values.weight === undefined ? null : weight(values.weight),
      proveDevice: yesOrNo("--prove-device", values["prove-device"]),
      detach: values.detach ?? false,
    },
  };
}

const wrong = (message: string, hint: string | null = null) =>
  new Failure(EXIT.usage, "usage", message, hint);

function hubOrigin(text: string): string {
  const url = URL.parse(text);
  if (
    !url ||
    !["https:", "http:"].includes(url.protocol) ||
    url.pathname !== "/" ||
    url.search ||
    url.username
  )
    throw wrong(
      `--hub ${JSON.stringify(text)} is no address of a hub`,
      "Write it as https://hub.example.com",
    );
  return url.origin;
}

function prefixes(text: string): string[] {
  return text
    .split(",")
    .filter((part) => part !== "")
    .map((part) => {
      const prefix = canonicalPrefix(part.trim());
      if (prefix === null)
        throw wrong(
          `--advertise ${JSON.stringify(part)} is no prefix`,
          "Write such as 10.0.0.0/24,fd12::/64",
        );
      return prefix;
    });
}

function dialList(text: string): DialTarget[] {
  const list = parseDialList(text === "none" ? "" : text);
  if (!list.ok)
    throw wrong(`--dial: ${list.error}`, "Write such as wiki.internal:8080,10.0.0.5:443, or none.");
  return list.value;
}

function yesOrNo(option: string, text: string | undefined): boolean | null {
  const word = oneOf(option, text, ["yes", "no"]);
  return word === null ? null : word === "yes";
}

function weight(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw wrong(`--weight ${JSON.stringify(text)} is no weight`, "Give a number from 1 to 999.");
}

function exitNode(text: string): string | null {
  if (text === "" || text === "none") return null;
  if (!/^[a-z0-9_-]{1,63}$/.test(text))
    throw wrong(`--exit-node ${JSON.stringify(text)} is no node`, "Give its name or id, or `none`.");
  return text;
}

function oneOf<Word extends string>(
  option: string,
  text: string | undefined,
  words: readonly Word[],
): Word | null {
  if (text === undefined) return null;
  const found = words.find((word) => word === text);
  if (found === undefined)
    throw wrong(`${option} ${JSON.stringify(text)} is not known`, `Give ${words.join(" or ")}.`);
  return found;
}

function interfaceName(text: string): string {
  if (!/^[a-z][a-z0-9-]{0,14}$/.test(text))
    throw wrong(
      `--interface ${JSON.stringify(text)} is no name for an interface`,
      "At most 15 lower-case letters, digits and hyphens, beginning with a letter.",
    );
  return text;
}

function port(text: string): number {
  const number = Number(text);
  if (!/^\d{1,5}$/.test(text) || number < 1 || number > 65_535)
    throw wrong(`--listen-port ${JSON.stringify(text)} is no port`, "Give a number from 1 to 65535.");
  return number;
}
