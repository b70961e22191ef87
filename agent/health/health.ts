import type { Condition } from "../../shared/node/protocol/types.ts";

/** Gives the conditions of this moment. The list is empty when everything works. */
export type Finding = () => readonly Condition[];

/** The registry of all parts that can find a condition on this machine although the tunnel is up. */
export class Health {
  readonly #findings: Finding[] = [];

  register(finding: Finding): void {
    this.#findings.push(finding);
  }

  /** Gives one condition for each code: the same trouble in ten places is one trouble. */
  get conditions(): readonly Condition[] {
    const all = this.#findings.flatMap((finding) => finding());
    return [...new Map(all.map((condition) => [condition.code, condition])).values()];
  }
}
