/** What the process's exit code says to scripts and service managers. `docs/agent.md` promises these numbers. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  /** A verification failed: a stored config, or the system is not as configured. */
  invalid: 3,
  /** The hub refused: key, ticket, revoked. */
  refused: 4,
  /** No agent runs, or no such node. */
  notFound: 5,
  /** Another agent runs, the port or the interface is taken. */
  conflict: 6,
  /** The hub can't be reached. */
  unavailable: 7,
  /** The machine lacks something: root, TUN, a tool, a sane clock. */
  machine: 8,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const isExitCode = (code: number | null): code is ExitCode =>
  (Object.values(EXIT) as (number | null)[]).includes(code);
