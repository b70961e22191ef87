import type { InputIssue } from "../shared/base/errors/catalogue.ts";
import type { ExitCode } from "./exit-codes.ts";

/** Why a command stops: what the person reads on stderr and what the script reads in the exit code. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly exitCode: ExitCode;
  readonly title: string;
  readonly detail: string;
  readonly code: string | null;
  readonly issues: readonly InputIssue[];
  /** What to do next. */
  readonly hint: string | null;

  constructor(
    exitCode: ExitCode,
    title: string,
    more: {
      readonly detail?: string;
      readonly code?: string;
      readonly issues?: readonly InputIssue[];
      readonly hint?: string;
    } = {},
  ) {
    super(title);
    this.exitCode = exitCode;
    this.title = title;
    this.detail = more.detail ?? "";
    this.code = more.code ?? null;
    this.issues = more.issues ?? [];
    this.hint = more.hint ?? null;
  }
}
