import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import type { Serial, SignedLeaf } from "../../shared/node/config/types.ts";
import type { Condition } from "../../shared/node/protocol/types.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { condition } from "../health/condition.ts";
import { readIfThere, writeAtomically, writeEvenIfFull } from "../system/files.ts";
import { FORMATS } from "./formats.ts";

/** What the agent keeps on disk: one file per idea, each replaced atomically, readable by root alone. */

/** Seeds, base64url. The public halves are computed from them. */
export interface KeySeeds {
  readonly wireguard: string;
  readonly kem: string;
}

export interface Identity extends KeySeeds {
  readonly signing: string;
  /** Keys that the hub was offered in a rotation; they count as soon as the node's own record names them. */
  readonly pending: KeySeeds | null;
}

export interface Membership {
  readonly hub: string;
  readonly network: string;
  readonly node: string;
  readonly name: string;
  /** SHA-256 of the enrolment key, base64url. */
  readonly joinedWith: string;
  /** Hash of the root that the enrolment key named: with it the roots can be had anew. Older agents did not keep it. */
  readonly pin?: string;
  /** Why it is over, or null. */
  readonly ended: string | null;
}

export interface Settings {
  readonly interfaceName: string;
  readonly listenPort: number;
  readonly advertise: readonly string[];
  readonly exitNode: string | null;
  /** What happens, while the exit node can't be used, to what would go through it. */
  readonly exitFallback: "none" | "direct";
  /** Whose packets go through the exit node: all that pass this machine, or only its own. */
  readonly exitFor: "all" | "own";
  readonly hostsFile: string;
}

/** Roots verified so far, oldest first; the first one is the pinned one. */
export interface Roots {
  /** Hash of the pinned root's payload, as the enrolment key carried it. */
  readonly pin: string;
  readonly envelopes: readonly string[];
}

/** An accepted config with all that proves it. */
export interface StoredConfig {
  readonly serial: Serial;
  readonly manifest: string;
  readonly proof: SignedLeaf;
  /** The exit node that this machine had chosen then. */
  readonly exitNode: string | null;
  /** Bytes of all objects that the manifest leads to, itself included, base64url. */
  readonly objects: readonly string[];
}

export interface Freshness {
  /** Hub time of the last answer that proved freshness, milliseconds. */
  readonly at: number;
  /** Hub time minus node time. */
  readonly skewMs: number;
}

interface Files {
  readonly identity: Identity;
  readonly membership: Membership;
  readonly settings: Settings;
  /** What people chose on this machine can be had from nowhere else. */
  readonly "settings-copy": Settings;
  readonly roots: Roots;
  /** The counter of the last handshake that was started. */
  readonly handshake: { readonly counter: number } | number;
  /** The last config that was applied without a fault. */
  readonly config: StoredConfig;
  /** A config that is being applied. */
  readonly next: StoredConfig;
  readonly fresh: Freshness;
  /** Where the hub was when it could last be resolved. */
  readonly "hub-addresses": readonly string[];
}

export type FileName = keyof Files;

/** Never written over in place. */
const IRREPLACEABLE: ReadonlySet<FileName> = new Set(["identity", "membership"]);

/** What can be had from nowhere else, and is put back as long as somebody remembers it. */
const PRECIOUS: ReadonlySet<FileName> = new Set(["identity", "membership", "settings", "settings-copy"]);

export class Store {
  readonly directory: string;
  readonly #damaged = new Set<FileName>();
  readonly #unwritten = new Map<FileName, unknown>();
  readonly #remembered = new Map<FileName, unknown>();

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Makes the directory, or checks that nobody else can write into the one that is there. */
  async open(): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const { uid, mode } = await stat(this.directory);
    if (uid !== process.getuid?.() || (mode & 0o022) !== 0)
      throw new Failure(
        EXIT.machine,
        "state_not_private",
        `Others can write into ${this.directory}`,
        `Run \`chown root ${this.directory} && chmod 700 ${this.directory}\`, after a look at what is in it.`,
      );
  }

  /**
   * A file without which this machine is nobody. Null when it does not exist.
   * @throws Failure when it is damaged.
   */
  async read<Name extends "identity" | "membership">(name: Name): Promise<Files[Name] | null> {
    const value = await this.#parsed(name);
    if (value !== undefined) return value;
    throw new Failure(
      EXIT.failure,
      "state_damaged",
      `The file ${this.path(name)} is damaged`,
      name === "identity"
        ? `Put it back from a backup; or run \`rustronaut-agent down\`, remove ${this.directory} and enrol anew.`
        : "Put it back from a backup; or enrol again with `up --hub URL --key KEY`, which finds the same node.",
    );
  }

  /** A file that can be had anew: a damaged one is as good as none, and `conditions` says so. */
  async recall<Name extends FileName>(name: Name): Promise<Files[Name] | null> {
    const value = await this.#parsed(name);
    if (value !== undefined) return value;
    this.#damaged.add(name);
    return null;
  }

  /** On disk when it returns. @throws Error of the system. */
  async write<Name extends FileName>(name: Name, value: Files[Name]): Promise<void> {
    await writeAtomically(this.path(name), `${JSON.stringify(value)}\n`);
    this.#remember(name, value);
  }

  /** For what must not wait for a disk: that it could not be written is told in `conditions`. */
  async keep<Name extends FileName>(name: Name, value: Files[Name]): Promise<void> {
    this.#remember(name, value);
    const write = IRREPLACEABLE.has(name) ? writeAtomically : writeEvenIfFull;
    try {
      await write(this.path(name), `${JSON.stringify(value)}\n`);
      this.#unwritten.delete(name);
    } catch (error) {
      this.#unwritten.set(name, error);
    }
  }

  /** As far as the disk lets it. */
  async remove(...names: readonly FileName[]): Promise<void> {
    for (const name of names) {
      this.#unwritten.delete(name);
      this.#remembered.delete(name);
      await rm(this.path(name), { force: true }).catch((error: unknown) => this.#unwritten.set(name, error));
    }
  }

  /** What people chose at the last `up`; null before the first. */
  async settings(): Promise<Settings | null> {
    return (await this.recall("settings")) ?? (await this.recall("settings-copy"));
  }

  /** Kept twice. @throws Error of the system. */
  async writeSettings(settings: Settings): Promise<void> {
    await this.write("settings", settings);
    await this.write("settings-copy", settings);
  }

  /** Puts back what can be had from nowhere else and somebody took away, with the directory if need be. */
  async restore(): Promise<void> {
    await this.open();
    for (const [name, value] of this.#remembered) {
      if ((await readIfThere(this.path(name))) !== null) continue;
      await this.keep(name, value as Files[typeof name]);
      this.#damaged.add(name);
    }
  }

  /** What is wrong with the files. */
  get conditions(): readonly Condition[] {
    const [unwritten] = this.#unwritten.values();
    return [
      ...(this.#damaged.size === 0
        ? []
        : [
            condition(
              "state_was_damaged",
              `Files were damaged and made anew: ${[...this.#damaged].join(", ")}`,
            ),
          ]),
      ...(unwritten === undefined ? [] : [condition("state_unwritten", unwritten)]),
    ];
  }

  /** Undefined when it is damaged. */
  async #parsed<Name extends FileName>(name: Name): Promise<Files[Name] | null | undefined> {
    const text = await readIfThere(this.path(name));
    if (text === null) return null;
    try {
      const value: unknown = JSON.parse(text);
      if (!z.safeParse(FORMATS[name], value).success) return undefined;
      this.#remember(name, value);
      return value as Files[Name];
    } catch {
      return undefined;
    }
  }

  #remember(name: FileName, value: unknown): void {
    if (PRECIOUS.has(name)) this.#remembered.set(name, value);
  }

  private path(name: FileName): string {
    return join(this.directory, `${name}.json`);
  }
}

/** Everything that makes this machine a member of a network. */
export const MEMBERSHIP_FILES = [
  "membership",
  "config",
  "next",
  "roots",
  "handshake",
  "fresh",
  "identity",
  "hub-addresses",
] as const satisfies readonly FileName[];
