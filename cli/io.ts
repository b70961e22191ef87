/** Everything a command may touch of the process around it, so that tests can stand in for it. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Width of the terminal that stdout is, or null when stdout is a file or a pipe. */
  readonly columns: number | null;
  /** Whether a person can be asked: stdin and stderr are terminals. */
  readonly interactive: boolean;
  /** Asks one question; a secret is not echoed. Only called when `interactive`. */
  readonly ask: (question: string, options?: { readonly secret?: boolean }) => Promise<string>;
  /** Opens the person's browser; false where that failed. Null on a machine without one. */
  readonly openBrowser: ((url: string) => Promise<boolean>) | null;
  /** What this machine calls itself. */
  readonly machine: string;
  /** All of stdin as text. */
  readonly readStdin: () => Promise<string>;
  readonly readFile: (path: string) => Promise<string>;
  readonly writeFile: (path: string, text: string) => Promise<void>;
  /** Ends when the person interrupts a command that follows. */
  readonly interrupted: AbortSignal;
}
