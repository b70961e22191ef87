import type { InputIssue } from "../../base/errors/catalogue.ts";
import type { Result } from "../../base/result.ts";
import type { SnapshotPolicy } from "../../registry/snapshot.ts";

/** Why a text was not compiled: the text has faults, or its author had too much text compiled just before. */
export type NotCompiled =
  | { readonly kind: "invalid"; readonly issues: readonly InputIssue[] }
  | { readonly kind: "busy"; readonly retryAfterSeconds: number };

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
}
