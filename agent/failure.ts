import type { ExitCode } from "./exit-codes.ts";

export { messageOf } from "../shared/base/errors/cause.ts";

/** Why a command stops. A person reads the message on stderr, and a script reads the exit code. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly exitCode: ExitCode;
  /** What to do next. */
  readonly hint: string | null;
  /** A stable word for programs. */
  readonly code: string;

  constructor(exitCode: ExitCode, code: string, message: string, hint: string | null = null) {
    super(message);
    this.exitCode = exitCode;
    this.code = code;
    this.hint = hint;
  }
}
