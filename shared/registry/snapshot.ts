import type { AppSettings } from "./app-settings.ts";

/** What a gateway isolate needs to decide, read from the registry at one policy epoch. Users are not in it. */
export interface RegistrySnapshot {
  readonly epoch: number;
  readonly apps: readonly SnapshotApp[];
  readonly segments: readonly { readonly id: string; readonly name: string }[];
  /** Group name to the names of the groups it is directly a member of. */
  readonly groupParents: Readonly<Record<string, readonly string[]>>;
  readonly serviceTokens: readonly SnapshotServiceToken[];
  /** Cedar statements in JSON form, of enabled policies at their current version. */
  readonly policies: readonly SnapshotPolicy[];
}

export interface SnapshotApp {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly host: string;
  readonly segmentId: string;
  readonly segmentName: string;
  readonly tags: readonly string[];
  readonly upstreams: readonly string[];
  readonly settings: AppSettings;
}

export interface SnapshotServiceToken {
  readonly id: string;
  readonly name: string;
  readonly secretHash: string;
  readonly previousHash: string | null;
  readonly previousUntil: number | null;
  readonly groups: readonly string[];
  readonly enabled: boolean;
  readonly expiresAt: number | null;
}

export interface SnapshotPolicy {
  /** `<policy name>#<n>`: what a decision cites. */
  readonly id: string;
  /** Cedar's JSON policy format. */
  readonly policy: unknown;
}
