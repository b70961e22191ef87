/** What the exit code of the process tells scripts and service managers. `docs/agent.md` promises these numbers. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  /** A verification failed: a stored config is not valid, or the system differs from the config. */
  invalid: 3,
  /** The hub refused the key or the ticket, or the node is revoked. */
  refused: 4,
  /** No agent runs, or no such node exists. */
  notFound: 5,
  /** Another agent runs, or the port or the interface is taken. */
  conflict: 6,
  /** The hub can't be reached. */
  unavailable: 7,
  /** The machine lacks something, such as root, TUN, a tool or a correct clock. */
  machine: 8,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const isExitCode = (code: number | null): code is ExitCode =>
  (Object.values(EXIT) as (number | null)[]).includes(code);
