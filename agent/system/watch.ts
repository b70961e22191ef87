import { type ChildProcess, spawn } from "node:child_process";
import { filterTable } from "../../shared/node/filter.ts";
import { numbersOf } from "../tunnel/numbers.ts";
import { type Argv, run, TOOL_PATH, wasOwnTool } from "./exec.ts";

/** How long the watch waits for a further event before it reports. Changes of the network come in bursts. */
const SETTLE_MS = 60;
/**
 * The shortest time between two reports. Without it, the agent would look too often on a machine with thousands of
 * route changes a second.
 */
const APART_MS = 700;
/**
 * The pause before a tool is started again. A tool that is missing or ends at once must not be started without a pause.
 */
const RESTART_MS = 5_000;

/** Makes a tool end with the agent, however the agent ends. Otherwise the tool would live until its next event. */
const MORTAL = ["setpriv", "--pdeathsig", "KILL"] as const;

/**
 * Watches the kernel's events of nftables, links, routes, rules and policies, and reports those that may concern one
 * interface. It costs nothing while nothing happens. Events can be lost, so a regular slow look stays necessary.
 */
export class SystemWatch {
  readonly #concerns: (line: string) => boolean;
  readonly #report: () => void;
  readonly #tools = new Map<string, ChildProcess>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #pending: NodeJS.Timeout | null = null;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #isStopped = false;

  /** @param report Is called about 60 ms after a change by any program, including the caller. */
  constructor(interfaceName: string, report: () => void) {
    this.#concerns = concernOf(interfaceName);
    this.#report = report;
  }

  async start(): Promise<void> {
    // Only the `setpriv` of util-linux knows these options. Other tools of that name do not.
    const isMortal = await run([...MORTAL, "true"]).then(
      () => true,
      () => false,
    );
    const watch = (isNews: (line: string) => boolean, ...argv: Argv) =>
      this.#run(isNews, ...(isMortal ? ([...MORTAL, ...argv] as const) : argv));
    watch(ofOthers(this.#concerns), "nft", "monitor");
    watch(this.#concerns, "ip", "-N", "monitor", "link", "address", "route", "rule");
    watch(this.#concerns, "ip", "xfrm", "monitor", "policy");
  }

  /**
   * The caller has just looked at the system or changed it. The next events are likely to be an echo of this, so they
   * can wait a little.
   */
  looked(): void {
    this.#reportedAt = performance.now();
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    if (this.#pending) clearTimeout(this.#pending);
    for (const tool of this.#tools.values()) tool.kill("SIGKILL");
  }

  #run(isNews: (line: string) => boolean, ...argv: Argv): void {
    if (this.#isStopped) return;
    const [command, ...args] = argv;
    const tool = spawn(command, args, {
      stdio: ["ignore", "pipe", "ignore"],
      env: { PATH: TOOL_PATH, LC_ALL: "C" },
    });
    this.#tools.set(argv.join(" "), tool);
    let rest = "";
    tool.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = (lines.pop() ?? "").slice(-MAX_LINE);
      if (lines.filter(isNews).length > 0) this.#notice();
    });
    const again = () => {
      this.#notice();
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#run(isNews, ...argv);
      }, RESTART_MS);
      this.#timers.add(timer);
    };
    // Only `error` comes when the tool could not be started. Only `exit` comes when the tool has ended.
    tool.once("error", again);
    tool.once("exit", again);
  }

  #notice(): void {
    if (this.#isStopped || this.#pending) return;
    const wait = Math.max(SETTLE_MS, this.#reportedAt + APART_MS - performance.now());
    this.#pending = setTimeout(() => {
      this.#pending = null;
      this.#reportedAt = performance.now();
      this.#report();
    }, wait);
  }
}

const MAX_LINE = 4_096;

/** Lines about a default route, a removed rule, or a tunnel, which may be the agent's under a new name. */
const MAY_CONCERN = /(^|Deleted )default |^Deleted \d+:|^\d+: \S+ <[^>]*POINTOPOINT/;

/** The line with which nftables ends its events of a transaction. */
const TRANSACTION_END = /^# new generation \d+(?: by process (\d+))?/;

/**
 * Gives a test for the lines of `nft monitor`. It is true at the end of a transaction that concerns the interface and
 * that another program made.
 */
export function ofOthers(
  concerns: (line: string) => boolean,
  isOwn: (pid: number) => boolean = wasOwnTool,
): (line: string) => boolean {
  let isConcerned = false;
  return (line) => {
    const end = TRANSACTION_END.exec(line);
    if (end === null) {
      isConcerned ||= concerns(line);
      return false;
    }
    const counts = isConcerned && !isOwn(Number(end[1]));
    isConcerned = false;
    return counts;
  };
}

/**
 * Gives a test for the lines of the tools. It is true for a line that names the interface, its mark, its tables or the
 * priority of a policy of its fence. It is also true for flushed policies and for the lines of `MAY_CONCERN`.
 */
function concernOf(interfaceName: string): (line: string) => boolean {
  const { mark, tables, policies } = numbersOf(interfaceName);
  const names = [
    filterTable(interfaceName),
    `: ${interfaceName}`,
    `dev ${interfaceName} `,
    `0x${mark.toString(16)}`,
    ...Object.values(tables).map((table) => `table ${table}`),
    ...Object.values(policies).map((priority) => `priority ${priority} `),
    "Flushed",
  ];
  return (line) => names.some((name) => line.includes(name)) || MAY_CONCERN.test(line);
}
