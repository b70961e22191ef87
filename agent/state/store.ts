import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import type { DialTarget } from "../../shared/connector/dial-list.ts";
import type { Serial, SignedLeaf } from "../../shared/node/config/types.ts";
import type { Condition } from "../../shared/node/protocol/types.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { condition } from "../health/condition.ts";
import { readIfThere, writeAtomically, writeEvenIfFull } from "../system/files.ts";
import { FORMATS } from "./formats.ts";

/**
 * The files that the agent keeps on the disk. Each idea has one file. Each file is replaced atomically, and only root
 * can read it.
 */

/** Seeds, base64url. The public halves are computed from them. */
export interface KeySeeds {
  readonly wireguard: string;
  readonly kem: string;
}

export interface Identity extends KeySeeds {
  readonly signing: string;
  /**
   * The keys that the node offered to the hub in a rotation. They count as soon as the node's own record names them.
   */
  readonly pending: KeySeeds | null;
}

export interface Membership {
  readonly hub: string;
  readonly network: string;
  readonly node: string;
  readonly name: string;
  /** SHA-256 of the enrolment key, base64url. */
  readonly joinedWith: string;
  /**
   * The hash of the root that the enrolment key named. With it, the agent can fetch the roots again. Older agents did
   * not keep it.
   */
  readonly pin?: string;
  /** Why the membership is over, or null. */
  readonly ended: string | null;
}

export interface Settings {
  readonly interfaceName: string;
  readonly listenPort: number;
  readonly advertise: readonly string[];
  readonly exitNode: string | null;
  /** What happens to the exit node's traffic while the exit node can't be used. */
  readonly exitFallback: "none" | "direct";
  /** Whose packets go through the exit node: all packets that pass this machine, or only its own. */
  readonly exitFor: "all" | "own";
  readonly hostsFile: string;
  /** What this machine may dial for private apps. Older agents did not keep these two. */
  readonly dial?: readonly DialTarget[];
  /** How much it takes of a private app's requests, relative to the app's other agents. */
  readonly weight?: number;
  /** Whether browsers on this machine may prove that they run here. Older agents did not keep this. */
  readonly proveDevice?: boolean;
}

/** The roots verified so far, oldest first. The first one is the pinned one. */
export interface Roots {
  /** The hash of the pinned root's payload, as the enrolment key carried it. */
  readonly pin: string;
  readonly envelopes: readonly string[];
}

/** An accepted config with everything that proves it. */
export interface StoredConfig {
  readonly serial: Serial;
  readonly manifest: string;
  readonly proof: SignedLeaf;
  /** The exit node that this machine had chosen when it accepted the config. */
  readonly exitNode: string | null;
  /** The bytes of the manifest and of all objects that it leads to, base64url. */
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
  /** A copy of the settings. People chose them on this machine, so they have no other source. */
  readonly "settings-copy": Settings;
  readonly roots: Roots;
  /** The counter of the last handshake that was started. */
  readonly handshake: { readonly counter: number } | number;
  /** The last config that was applied without a fault. */
  readonly config: StoredConfig;
  /** The config that is being applied. */
  readonly next: StoredConfig;
  readonly fresh: Freshness;
  /** The addresses of the hub when its name was last resolved. */
  readonly "hub-addresses": readonly string[];
}

export type FileName = keyof Files;

/** Files that are never overwritten in place. */
const IRREPLACEABLE: ReadonlySet<FileName> = new Set(["identity", "membership"]);

/** Files that have no other source. The agent puts them back as long as it remembers them. */
const PRECIOUS: ReadonlySet<FileName> = new Set(["identity", "membership", "settings", "settings-copy"]);

export class Store {
  readonly directory: string;
  readonly #damaged = new Set<FileName>();
  readonly #unwritten = new Map<FileName, unknown>();
  readonly #remembered = new Map<FileName, unknown>();

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Makes the directory. If it exists, checks that nobody else can write into it. */
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
   * Reads a file that carries the machine's identity. Null when the file does not exist.
   * @throws Failure when the file is damaged.
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

  /** Reads a file that can be had again. A damaged file counts as missing, and `conditions` says so. */
  async recall<Name extends FileName>(name: Name): Promise<Files[Name] | null> {
    const value = await this.#parsed(name);
    if (value !== undefined) return value;
    this.#damaged.add(name);
    return null;
  }

  /** Writes a file. The content is on the disk when this returns. @throws Error of the system. */
  async write<Name extends FileName>(name: Name, value: Files[Name]): Promise<void> {
    await writeAtomically(this.path(name), `${JSON.stringify(value)}\n`);
    this.#remember(name, value);
  }

  /** Writes a file for a caller that must not wait for the disk. A failure to write only appears in `conditions`. */
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

  /** Removes files, as far as the disk allows it. */
  async remove(...names: readonly FileName[]): Promise<void> {
    for (const name of names) {
      this.#unwritten.delete(name);
      this.#remembered.delete(name);
      await rm(this.path(name), { force: true }).catch((error: unknown) => this.#unwritten.set(name, error));
    }
  }

  /** What people chose at the last `up`. Null before the first `up`. */
  async settings(): Promise<Settings | null> {
    return (await this.recall("settings")) ?? (await this.recall("settings-copy"));
  }

  /** Writes the settings twice, into two files. @throws Error of the system. */
  async writeSettings(settings: Settings): Promise<void> {
    await this.write("settings", settings);
    await this.write("settings-copy", settings);
  }

  /**
   * Puts back the files that have no other source and that somebody removed. It makes the directory again if needed.
   */
  async restore(): Promise<void> {
    await this.open();
    for (const [name, value] of this.#remembered) {
      if ((await readIfThere(this.path(name))) !== null) continue;
      await this.keep(name, value as Files[typeof name]);
      this.#damaged.add(name);
    }
  }

  /** The conditions of the files. */
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

  /** The content of a file. Undefined when the file is damaged. */
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

/** All files that make this machine a member of a network. */
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
