import type { InputIssue } from "../../base/errors/catalogue.ts";
import type { Result } from "../../base/result.ts";
import type { SnapshotPolicy } from "../../registry/snapshot.ts";

/** What can keep a text from being compiled: its own faults, or how much its author had compiled just now. */
export type NotCompiled =
  | { readonly kind: "invalid"; readonly issues: readonly InputIssue[] }
  | { readonly kind: "busy"; readonly retryAfterSeconds: number };

/** RPC of a `PolicyCompiler`; there is one for each caller of the API, named by the caller. */
export interface PolicyCompilerRpc {
  /**
   * @param name The policy's name: its statements are `<name>#<n>`.
   * @param perMinute How many characters this caller may have compiled in a minute.
   */
  compile(
    source: string,
    name: string,
    perMinute: number,
  ): Promise<Result<readonly SnapshotPolicy[], NotCompiled>>;
}
