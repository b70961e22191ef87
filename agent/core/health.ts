import type { Condition } from "../../shared/node/protocol/types.ts";
import { WIRE_LIMITS } from "../../shared/node/protocol/types.ts";
import { messageOf } from "../failure.ts";
import type { Store } from "../state/store.ts";

/** What does not work on this machine although the tunnel stands; `docs/agent.md` lists the codes. */
export class Health {
  readonly #found = new Map<string, readonly Condition[]>();
  readonly #store: Pick<Store, "conditions">;

  constructor(store: Pick<Store, "conditions">) {
    this.#store = store;
  }

  /** Replaces what one part of the agent found before: none when all of it works. */
  set(part: string, conditions: readonly Condition[]): void {
    this.#found.set(part, conditions);
  }

  /** One of each code: the same trouble at ten places is one trouble. */
  get conditions(): readonly Condition[] {
    const all = [...this.#store.conditions, ...[...this.#found.values()].flat()];
    return [...new Map(all.map((condition) => [condition.code, condition])).values()];
  }
}

export const conditionOf = (code: string, error: unknown): Condition => ({
  code,
  detail: messageOf(error)
    .replace(/[^\x20-\x7e]/g, "?")
    .slice(0, WIRE_LIMITS.conditionDetail),
});
