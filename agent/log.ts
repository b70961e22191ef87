import { printable } from "../shared/printable.ts";

/** What the agent tells the service manager's log: one line each, and never a secret. */
export interface Log {
  readonly info: (message: string) => void;
  readonly warn: (message: string) => void;
}

export const stderrLog: Log = {
  info: (message) => process.stderr.write(`${printable(message)}\n`),
  warn: (message) => process.stderr.write(`warning: ${printable(message)}\n`),
};
