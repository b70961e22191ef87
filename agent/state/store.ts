import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Serial, SignedLeaf } from "../../shared/node-config/types.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { readIfThere, writeAtomically } from "../system/files.ts";

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
  /** Why it is over, or null. */
  readonly ended: string | null;
}

export interface Settings {
  readonly interfaceName: string;
  readonly listenPort: number;
  readonly advertise: readonly string[];
  readonly exitNode: string | null;
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
  readonly roots: Roots;
  /** The counter of the last handshake that was started. */
  readonly handshake: number;
  /** The last config that was applied without a fault. */
  readonly config: StoredConfig;
  /** A config that is being applied. */
  readonly next: StoredConfig;
  readonly fresh: Freshness;
}

export type FileName = keyof Files;

export class Store {
  readonly directory: string;

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

  async read<Name extends FileName>(name: Name): Promise<Files[Name] | null> {
    const text = await readIfThere(this.path(name));
    if (text === null) return null;
    try {
      return JSON.parse(text) as Files[Name];
    } catch {
      throw new Failure(
        EXIT.failure,
        "state_damaged",
        `The file ${this.path(name)} is damaged`,
        `Put it back from a backup; or run \`rustronaut-agent down\`, remove ${this.directory} and enrol anew.`,
      );
    }
  }

  /** On disk when it returns. */
  async write<Name extends FileName>(name: Name, value: Files[Name]): Promise<void> {
    await writeAtomically(this.path(name), `${JSON.stringify(value)}\n`);
  }

  async remove(...names: readonly FileName[]): Promise<void> {
    for (const name of names) await rm(this.path(name), { force: true });
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
] as const satisfies readonly FileName[];
