import type { Condition } from "../../shared/node/protocol/types.ts";

/** Gives what does not work now: none when all of it works. */
export type Finding = () => readonly Condition[];

/** The registry of who may find that something does not work on this machine although the tunnel stands. */
export class Health {
  readonly #findings: Finding[] = [];

  register(finding: Finding): void {
    this.#findings.push(finding);
  }

  /** One of each code: the same trouble at ten places is one trouble. */
  get conditions(): readonly Condition[] {
    const all = this.#findings.flatMap((finding) => finding());
    return [...new Map(all.map((condition) => [condition.code, condition])).values()];
  }
}
