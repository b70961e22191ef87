import type { AppSettings } from "./app-settings.ts";
import type { serviceTokens } from "./schema.ts";

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

/** What of the network's settings the pages show that people see. */
export interface SnapshotNetwork {
  /** Whom people ask who are not let in; empty for nobody. */
  readonly contact: string;
  readonly listsClosedApps: boolean;
}

export type SnapshotServiceToken = Omit<
  typeof serviceTokens.$inferSelect,
  "groups" | "version" | "createdAt" | "updatedAt"
> & { readonly groups: readonly string[] };

export interface SnapshotPolicy {
  /** `<policy name>#<n>`: what a decision cites. */
  readonly id: string;
  /** Cedar's JSON policy format. */
  readonly policy: unknown;
}
