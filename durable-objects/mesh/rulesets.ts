import { PerSecond } from "../../shared/base/async/per-second.ts";
import { BoundedMap } from "../../shared/base/bounded-map.ts";
import type {
  ComponentDocument,
  ManifestDocument,
  ObjectHash,
  PeerDocument,
} from "../../shared/node/config/types.ts";
import {
  type FilterConfig,
  judgeRuleset,
  type RulesetReport,
  type RulesetVerdict,
  verdictHoldsUntil,
} from "../../shared/node/ruleset.ts";
import type { ObjectStore } from "./object-store.ts";

/** To compare takes milliseconds for a node with many peers. After a change of all nodes, the rest waits a report. */
const MOST_PER_SECOND = 20;
/** A node that names another digest with each report takes no other node's turn. */
const APART_MS = 5_000;
const REMEMBERED = 20_000;

interface Judged {
  readonly report: RulesetReport;
  readonly verdict: RulesetVerdict;
  readonly at: number;
  readonly until: number;
}

/** Compares the rulesets that nodes report with what was compiled for them. */
export class Rulesets {
  readonly #objects: ObjectStore;
  /** The newest comparison of each node. */
  readonly #judged = new BoundedMap<string, Judged>(REMEMBERED);
  readonly #bound = new PerSecond(MOST_PER_SECOND);

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  /**
   * @param issued The hash of the manifest that the node was given last.
   * @returns Null when it can't be said now: the ruleset is that of another config, or too many are compared.
   */
  judge(node: string, report: RulesetReport | null, issued: ObjectHash, now: number): RulesetVerdict | null {
    if (report === null) return "differs";
    if (report.manifest !== issued) return null;
    const judged = this.#judged.get(node);
    if (judged && now < judged.until && isSame(judged.report, report)) return judged.verdict;
    if (judged?.report.manifest === issued && now - judged.at < APART_MS) return null;
    if (!this.#bound.take(now)) return null;
    const config = this.#configOf(issued);
    if (config === null) return null;
    const verdict = judgeRuleset(report, config, now);
    this.#judged.set(node, { report, verdict, at: now, until: verdictHoldsUntil(config, now) });
    return verdict;
  }

  #configOf(manifestHash: ObjectHash): FilterConfig | null {
    const manifest = this.#objects.document<ManifestDocument>(manifestHash);
    const component = manifest && this.#objects.document<ComponentDocument>(manifest.component);
    const peers = manifest?.peers.map((hash) => this.#objects.document<PeerDocument>(hash)) ?? [];
    return manifest && component && peers.every((peer) => peer !== null)
      ? { manifest, component, peers }
      : null;
  }
}

const isSame = (a: RulesetReport, b: RulesetReport): boolean =>
  a.manifest === b.manifest && a.format === b.format && a.digest === b.digest;
