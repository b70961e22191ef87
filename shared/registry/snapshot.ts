import type { Federation } from "../access/workload/federation.ts";
import type { AppSettings } from "./app-settings.ts";
import type { serviceTokens } from "./schema.ts";

/** An app as it is served under one of its hosts. */
export interface SnapshotApp {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  /** The host of the request. Where no request is meant, the app's main host. */
  readonly host: string;
  /** All hosts of the app, the main one first. */
  readonly hosts: readonly string[];
  readonly segmentId: string;
  readonly segmentName: string;
  readonly tags: readonly string[];
  readonly upstreams: readonly string[];
  /** The agents of a private app. Empty when the edge dials the app. */
  readonly through: readonly string[];
  readonly settings: AppSettings;
}

/** The network's settings that pages show to people. */
export interface SnapshotNetwork {
  /** The contact for people who are not let in. Empty if there is none. */
  readonly contact: string;
  readonly listsClosedApps: boolean;
}

export type SnapshotServiceToken = Omit<
  typeof serviceTokens.$inferSelect,
  "groups" | "federation" | "unusedDays" | "version" | "createdAt" | "updatedAt"
> & { readonly groups: readonly string[]; readonly federation: Federation | null };

export interface SnapshotPolicy {
  /** `<policy name>#<n>`: decisions cite this id. */
  readonly id: string;
  /** Cedar's JSON policy format. */
  readonly policy: unknown;
}
