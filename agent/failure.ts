import type { ExitCode } from "./exit-codes.ts";

export { messageOf } from "../shared/base/errors/cause.ts";

/** Why a command stops: what the person reads on stderr and what the script reads in the exit code. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly exitCode: ExitCode;
  /** What to do next. */
  readonly hint: string | null;
  /** Stable word for programs. */
  readonly code: string;

  constructor(exitCode: ExitCode, code: string, message: string, hint: string | null = null) {
    super(message);
    this.exitCode = exitCode;
    this.code = code;
    this.hint = hint;
  }
}
