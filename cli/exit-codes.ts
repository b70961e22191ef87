/** What the process's exit code says to scripts. `docs/cli.md` promises these numbers. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  /** Only of `plan --exit-code`, where no failure has this number. */
  changes: 2,
  /** A policy denies, or a verification failed. */
  denied: 3,
  unauthorised: 4,
  notFound: 5,
  conflict: 6,
  unavailable: 7,
  /** Ctrl+C, or the end of the input where an answer was asked for: 128 and the number of SIGINT. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit code for an answer of the hub with this HTTP status. */
export function exitCodeOfStatus(status: number): ExitCode {
  switch (status) {
    case 401:
    case 403:
      return EXIT.unauthorised;
    case 404:
      return EXIT.notFound;
    case 409:
    case 412:
    case 428:
      return EXIT.conflict;
    case 429:
    case 502:
    case 503:
    case 504:
      return EXIT.unavailable;
    default:
      return EXIT.failure;
  }
}
