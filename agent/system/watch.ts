import { type ChildProcess, spawn } from "node:child_process";
import { filterTable } from "../../shared/node/filter.ts";
import { numbersOf } from "../tunnel/numbers.ts";
import { type Argv, run, TOOL_PATH, wasOwnTool } from "./exec.ts";

/** After this long without a further event: what somebody does to the network comes in bursts. */
const SETTLE_MS = 60;
/** Between two reports, so that a machine with thousands of route changes a second is not looked at as often. */
const APART_MS = 700;
/** A tool that ends at once, or is not there, is not started over and over. */
const RESTART_MS = 5_000;

/** Lets a tool die with the agent, whatever ends it; otherwise it would live on until its next piece of news. */
const MORTAL = ["setpriv", "--pdeathsig", "KILL"] as const;

/**
 * Watches the kernel's own news of nftables, links, routes, rules and policies, and reports what may concern one interface.
 * It costs nothing while nothing happens. News can be lost: a slow look stays necessary.
 */
export class SystemWatch {
  readonly #concerns: (line: string) => boolean;
  readonly #report: () => void;
  readonly #tools = new Map<string, ChildProcess>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #pending: NodeJS.Timeout | null = null;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #isStopped = false;

  /** @param report Called some 60 ms after a change by whomever, the caller included. */
  constructor(interfaceName: string, report: () => void) {
    this.#concerns = concernOf(interfaceName);
    this.#report = report;
  }

  async start(): Promise<void> {
    // Of util-linux; others by that name know less.
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

  /** The caller has just looked, or changed something itself: what comes now is likely to be an echo, and can wait a little. */
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
    // `error` alone comes when it could not be started, `exit` alone when it has ended.
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

/** A default route, a rule that went, or a tunnel, which may be the agent's under a new name. */
const MAY_CONCERN = /(^|Deleted )default |^Deleted \d+:|^\d+: \S+ <[^>]*POINTOPOINT/;

/** How nftables ends what it tells of a transaction. */
const TRANSACTION_END = /^# new generation \d+(?: by process (\d+))?/;

/** Whether a line of `nft monitor` ends a transaction that concerns the interface, and that the agent did not make itself. */
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
 * Whether a line of the tools may concern the interface: it names it, its table, mark or tables, or says that something of
 * the main table, the rules or the policies was taken away or came.
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
