import type { Assembled } from "../../shared/node/config/assemble.ts";
import { addressed } from "../../shared/node/config/object.ts";
import { FILTER_FORMAT, type RulesetReport, rulesetDigest } from "../../shared/node/ruleset.ts";

/**
 * Names the filter in force for a report. The kernel has this filter: `converge` ends only after a look at the kernel
 * found nothing that differs.
 */
export class RulesetInForce {
  #text: string | null = null;
  #report: RulesetReport | null = null;

  /** The text of the filter. Null while something else, or nobody knows what, is in force. */
  get text(): string | null {
    return this.#text;
  }

  /** Null when `text` is. */
  get report(): RulesetReport | null {
    return this.#report;
  }

  /**
   * @param text The filter's text, which the kernel has.
   * @param config The config that the hub sent.
   * @param shown What of the config is in force.
   * @param now Hub time of the text.
   */
  is(text: string, config: Assembled, shown: Assembled, now: number): void {
    const manifest = addressed(config.manifest).hash;
    if (this.#text === text && this.#report?.manifest === manifest) return;
    const digest = rulesetDigest({ ...shown, peers: shown.peers.map(({ peer }) => peer) }, now);
    this.#text = text;
    this.#report = { format: FILTER_FORMAT, digest, manifest };
  }

  isUnknown(): void {
    this.#text = null;
    this.#report = null;
  }
}
