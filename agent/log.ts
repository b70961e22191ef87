import { printable } from "../shared/base/printable.ts";

/** What the agent tells the service manager's log: one line each, and never a secret. */
export interface Log {
  readonly info: (message: string) => void;
  readonly warn: (message: string) => void;
}

export const stderrLog: Log = {
  info: (message) => say(printable(message)),
  warn: (message) => say(`warning: ${printable(message)}`),
};

/** A log that takes no more, such as a file on a full disk, must not end the agent. */
function say(line: string): void {
  try {
    process.stderr.write(`${line}\n`);
  } catch {}
}
