import { printable } from "../shared/base/printable.ts";

/** What the agent writes to the service manager's log: one line each, and never a secret. */
export interface Log {
  readonly info: (message: string) => void;
  readonly warn: (message: string) => void;
}

export const stderrLog: Log = {
  info: (message) => say(printable(message)),
  warn: (message) => say(`warning: ${printable(message)}`),
};

/** A log that can't be written, such as a file on a full disk, must not end the agent. */
function say(line: string): void {
  try {
    process.stderr.write(`${line}\n`);
  } catch {}
}
