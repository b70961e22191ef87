/** What the agent tells the service manager's log: one line each, and never a secret. */
export interface Log {
  readonly info: (message: string) => void;
  readonly warn: (message: string) => void;
}

// Text of the hub or of a tool may hold anything; a log line holds printable characters only.
const printable = (text: string): string => text.replace(/[^\x20-\x7e\u00a0-\ud7ff]+/g, " ");

export const stderrLog: Log = {
  info: (message) => process.stderr.write(`${printable(message)}\n`),
  warn: (message) => process.stderr.write(`warning: ${printable(message)}\n`),
};
