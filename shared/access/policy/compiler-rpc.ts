import type { InputIssue } from "../../base/errors/catalogue.ts";
import type { Result } from "../../base/result.ts";
import type { SnapshotApp, SnapshotPolicy } from "../../registry/snapshot.ts";
import type { LockOuts, Standing } from "../lock-out.ts";
import type { ReplayReport } from "../replay.ts";
import type { Registered } from "./inventory.ts";

/** Why a text was not compiled: the text has faults, or its author had too much text compiled just before. */
export type NotCompiled =
  | { readonly kind: "invalid"; readonly issues: readonly InputIssue[] }
  | { readonly kind: "busy"; readonly retryAfterSeconds: number };

/** Which policies are compared, and over which recorded decisions. */
export interface ReplayAsked {
  /** The statements in force, and those that would be in force with the draft. */
  readonly before: readonly SnapshotPolicy[];
  readonly after: readonly SnapshotPolicy[];
  readonly registered: Registered;
  readonly apps: readonly SnapshotApp[];
  /** Milliseconds since the Unix epoch; `until` is not included. */
  readonly since: number;
  readonly until: number;
}

export interface Replayed extends ReplayReport {
  /** The time of the oldest decision that was looked at. Null if there was none. */
  readonly from: number | null;
  /** Why older decisions of the time were not looked at. Null if all were. */
  readonly stoppedBy: "count" | "time" | null;
}

/** The RPC of a `PolicyCompiler`. Each caller of the API has its own compiler, named after the caller. */
export interface PolicyCompilerRpc {
  /**
   * @param name The policy's name. Its statements are named `<name>#<n>`.
   * @param perMinute How many characters this caller may have compiled in a minute.
   */
  compile(
    source: string,
    name: string,
    perMinute: number,
  ): Promise<Result<readonly SnapshotPolicy[], NotCompiled>>;
  /** Who would be locked out by a change. */
  lockOuts(before: Standing, after: Standing, me: string | null, now: number): Promise<LockOuts>;
  /**
   * Judges recorded decisions again, the newest first, until all are judged or a bound is reached. A caller
   * has one replay at a time.
   */
  replay(asked: ReplayAsked): Promise<Result<Replayed, Extract<NotCompiled, { kind: "busy" }>>>;
}
