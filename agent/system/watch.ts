import { type ChildProcess, spawn } from "node:child_process";
import { filterTable, TABLE_PREFIX } from "../../shared/node/filter.ts";
import type { WatchListener } from "../tunnel/machine.ts";
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

/**
 * More output of a tool in a second than this is a flood. The agent then waits before it reads on: the kernel drops the
 * events that nobody reads, and the look that follows finds what they were about.
 */
const FLOOD = { bytes: 256 * 1024, pauseMs: 5_000 } as const;

/** Makes a tool end with the agent, however the agent ends. Otherwise the tool would live until its next event. */
const MORTAL = ["setpriv", "--pdeathsig", "KILL"] as const;

interface Listener extends WatchListener {
  /** Another program changed the agent's own table of nftables. It is called at once, before `onChange`. */
  readonly onTableTouched: () => void;
}

/**
 * Watches the kernel's events of nftables, links, routes, rules and policies, and reports those that may concern one
 * interface. It costs nothing while nothing happens. Events can be lost, so a regular slow look stays necessary.
 */
export class SystemWatch {
  readonly #interfaceName: string;
  readonly #listener: Listener;
  readonly #tools = new Map<string, ChildProcess>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #pending: NodeJS.Timeout | null = null;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #apartMs = 0;
  #isStopped = false;

  /** @param listener Its `onChange` is called about 60 ms after a change by any program, including the caller. */
  constructor(interfaceName: string, listener: Listener) {
    this.#interfaceName = interfaceName;
    this.#listener = listener;
  }

  async start(): Promise<void> {
    // Only the `setpriv` of util-linux knows these options. Other tools of that name do not.
    const isMortal = await run([...MORTAL, "true"]).then(
      () => true,
      () => false,
    );
    const watch = (isNews: (line: string) => boolean, ...argv: Argv) =>
      this.#run(isNews, ...(isMortal ? ([...MORTAL, ...argv] as const) : argv));
    const concerns = concernOf(this.#interfaceName);
    watch(this.#transactions(concerns), "nft", "monitor");
    watch(concerns, "ip", "-N", "monitor", "link", "address", "route", "rule");
    watch(concerns, "ip", "xfrm", "monitor", "policy");
  }

  /** Gives a test for the lines of `nft monitor`, which tells the listener of transactions by others. */
  #transactions(concerns: (line: string) => boolean): (line: string) => boolean {
    const isOurs = ofOthers(concerns);
    // Of an nft that does not say who did it, the agent's own changes would look like those of others.
    const isOwnOrUnknown = (pid: number) => Number.isNaN(pid) || wasOwnTool(pid);
    const touchesTable = ofOthers(isOfTable(filterTable(this.#interfaceName)), isOwnOrUnknown);
    const isFirewall = ofOthers(isFirewallRule);
    return (line) => {
      if (touchesTable(line)) this.#listener.onTableTouched();
      if (isFirewall(line)) this.#listener.onFirewall();
      return isOurs(line);
    };
  }

  /** The shortest time between two reports, where that is longer than usual. */
  slowDown(apartMs: number): void {
    this.#apartMs = apartMs;
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
    const flood = new Flood(FLOOD.bytes);
    tool.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      if (flood.isOver(chunk.length, performance.now())) {
        rest = "";
        this.#rest(tool);
        return;
      }
      const lines = (rest + chunk).split("\n");
      rest = (lines.pop() ?? "").slice(-MAX_LINE);
      if (lines.filter(isNews).length > 0) this.#notice();
    });
    const again = () => {
      this.#notice();
      this.#later(RESTART_MS, () => this.#run(isNews, ...argv));
    };
    // Only `error` comes when the tool could not be started. Only `exit` comes when the tool has ended.
    tool.once("error", again);
    tool.once("exit", again);
  }

  /** Reads no more of a flood for a while. It may have been about anything, so the agent looks. */
  #rest(tool: ChildProcess): void {
    tool.stdout?.pause();
    this.#later(FLOOD.pauseMs, () => {
      tool.stdout?.resume();
      this.#notice();
      this.#listener.onFirewall();
    });
  }

  #later(afterMs: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, afterMs);
    this.#timers.add(timer);
  }

  #notice(): void {
    if (this.#isStopped || this.#pending) return;
    const apart = Math.max(APART_MS, this.#apartMs);
    const wait = Math.max(SETTLE_MS, this.#reportedAt + apart - performance.now());
    this.#pending = setTimeout(() => {
      this.#pending = null;
      this.#reportedAt = performance.now();
      this.#listener.onChange();
    }, wait);
  }
}

/** Whether more came in one second than may. */
export class Flood {
  readonly #most: number;
  #since = Number.NEGATIVE_INFINITY;
  #came = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** @param now Milliseconds. */
  isOver(more: number, now: number): boolean {
    if (now - this.#since >= 1_000) {
      this.#since = now;
      this.#came = 0;
    }
    this.#came += more;
    return this.#came > this.#most;
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

/** A line about the table itself. A table of another interface may begin with the same letters. */
export const isOfTable =
  (table: string) =>
  (line: string): boolean =>
    line.endsWith(` ${table}`) || line.includes(` ${table} `);

/** A line about a table, chain or rule that is no agent's. Elements of sets come and go all the time on some machines. */
export const isFirewallRule = (line: string): boolean =>
  / (table|chain|rule) /.test(line.slice(0, 24)) && !line.includes(` ${TABLE_PREFIX}`);

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
