import type { LedgerPath } from "../../shared/node/path-ledger.ts";
import { diagnose, type Fault, type Finding, nodesOf } from "../../shared/paths/diagnosis.ts";
import { counted, type Durations, NO_DURATIONS } from "../../shared/paths/durations.ts";
import { Evidence } from "../../shared/paths/evidence.ts";
import { confirmed, type Failure, noteFaults } from "../../shared/paths/failures.ts";
import type { PathStore } from "./path-store.ts";

/** So many open failures are looked at again for one question. */
const MOST_LOOKED_AT = 64;

/** Whether the hub hears a node; undefined for one of another segment. */
export type AtHub = (node: string) => boolean | undefined;

/**
 * Finds failures from what the nodes of the segment say of each other. It holds nothing against a node on one word, and
 * what a node says counts for its own pairs alone (`shared/paths/diagnosis.ts`).
 */
export class FailureWatch {
  readonly #sql: SqlStorage;
  readonly #paths: PathStore;
  #evidence: Evidence | null = null;
  #kept: Kept | null = null;

  constructor(sql: SqlStorage, paths: PathStore) {
    this.#sql = sql;
    this.#paths = paths;
  }

  /** Takes in what an observer reports now. */
  note(observer: string, paths: readonly LedgerPath[], atHub: AtHub, now: number): void {
    const subjects = this.#known().note(observer, findingsOf(observer, paths));
    if (subjects.length > 0) this.#judge([observer, ...subjects], atHub, now);
  }

  /** The failures as they stand, those that ended first, and how long all lasted that ever ended. */
  all(atHub: AtHub, now: number): Kept {
    const open = this.#read().failures.filter(({ endedAt }) => endedAt === null);
    if (open.length > 0) {
      const nodes = open
        .slice(-MOST_LOOKED_AT)
        .flatMap(({ node, to }) => (to === null ? [node] : [node, to]));
      this.#judge([...new Set(nodes)], atHub, now);
    }
    const { failures, durations } = this.#read();
    return { failures: failures.map((failure) => confirmed(failure, now)), durations };
  }

  forget(node: string): void {
    this.#known().forget(node);
    const { failures, durations } = this.#read();
    this.#write({
      failures: failures.filter((failure) => failure.node !== node && failure.to !== node),
      durations,
    });
  }

  #judge(nodes: readonly string[], atHub: AtHub, now: number): void {
    const evidence = this.#known();
    const looked = new Set([...nodes, ...evidence.silentWith(nodes)]);
    const known = [...looked].flatMap((node) => {
      const isAtHub = atHub(node);
      return isAtHub === undefined ? [] : [[node, isAtHub] as const];
    });
    const isLookedAt = (fault: Fault) => nodesOf(fault).every((node) => looked.has(node));
    const faults = diagnose(evidence.about([...looked]), new Map(known)).filter(isLookedAt);
    const named = faults.map((fault) => ({ fault, observers: evidence.observersOf(fault) }));
    const { failures, durations } = this.#read();
    const after = noteFaults(failures, named, looked, now);
    if (JSON.stringify(after) === JSON.stringify(failures)) return;
    const ended = after.filter(({ endedAt }) => endedAt === now).map(({ suspectedAt }) => now - suspectedAt);
    this.#write({ failures: after, durations: ended.reduce(counted, durations) });
  }

  /** What all nodes say, from their last reports after a new start. */
  #known(): Evidence {
    if (this.#evidence) return this.#evidence;
    this.#evidence = new Evidence();
    for (const { node, paths } of this.#paths.all()) this.#evidence.note(node, findingsOf(node, paths));
    return this.#evidence;
  }

  #read(): Kept {
    if (this.#kept) return this.#kept;
    const [row] = this.#sql.exec<{ kept: string }>("SELECT kept FROM failures").toArray();
    this.#kept = row ? (JSON.parse(row.kept) as Kept) : { failures: [], durations: NO_DURATIONS };
    return this.#kept;
  }

  #write(kept: Kept): void {
    this.#kept = kept;
    this.#sql.exec("INSERT OR REPLACE INTO failures (id, kept) VALUES (1, ?)", JSON.stringify(kept));
  }
}

interface Kept {
  readonly failures: readonly Failure[];
  readonly durations: Durations;
}

/** What a node finds of its peers, by the path in use. Of one that answers no probes it finds nothing. */
const findingsOf = (observer: string, paths: readonly LedgerPath[]): Finding[] =>
  paths.flatMap(({ peer, inUse, state }): Finding[] => {
    if (!inUse || state === "unknown") return [];
    const isAnswering = state === "well";
    return [{ observer, subject: peer, by: "direct", isHeard: state !== "silent", isAnswering }];
  });
