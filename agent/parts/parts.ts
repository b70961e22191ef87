import { SerialQueue } from "../../shared/base/async/serial-queue.ts";
import type { Condition } from "../../shared/node/protocol/types.ts";
import { messageOf } from "../failure.ts";
import { condition } from "../health/condition.ts";
import { HubAway } from "../hub/http.ts";
import { HubRefused } from "../hub/refusal.ts";
import type { Log } from "../log.ts";
import type { InForce, Part } from "./part.ts";

/** The parts of a running agent. None can hold up another, nor the agent. */
export class Parts {
  readonly #kept: readonly KeptPart[];

  constructor(parts: readonly Part[], log: Log) {
    this.#kept = parts.map((part) => new KeptPart(part, log));
  }

  start(): void {
    for (const kept of this.#kept) kept.start();
  }

  onConfig(inForce: InForce): void {
    for (const kept of this.#kept) kept.tell((part) => part.onConfig?.(inForce));
  }

  onTouch(): void {
    for (const kept of this.#kept) kept.tell((part) => part.onTouch?.());
  }

  onMove(): void {
    for (const kept of this.#kept) kept.tell((part) => part.onMove?.());
  }

  /** What the parts find, and which of them fail. */
  health(): readonly Condition[] {
    const found = this.#kept.flatMap((kept) => kept.health());
    const failures = this.#kept.flatMap(({ failure }) => failure ?? []);
    return failures.length === 0 ? found : [...found, condition("part_failed", failures.join("; "))];
  }

  /** The last one first: what began later may need what began before. */
  async stop(): Promise<void> {
    for (const kept of this.#kept.toReversed()) await kept.stop();
  }
}

/** One part, with what keeps it from harming others. */
class KeptPart {
  readonly #part: Part;
  readonly #log: Log;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #queue = new SerialQueue();
  #isStopped = false;
  #said = "";
  /** What the part threw last, under its name; null when it did what it was told last. */
  failure: string | null = null;

  constructor(part: Part, log: Log) {
    this.#part = part;
    this.#log = log;
  }

  start(): void {
    this.tell((part) =>
      part.start?.((everyMs, work) => {
        let isWaiting = false;
        const timer = setInterval(() => {
          if (isWaiting) return;
          isWaiting = true;
          this.tell(async () => {
            isWaiting = false;
            await work();
          });
        }, everyMs);
        this.#timers.add(timer);
        return () => {
          this.#timers.delete(timer);
          clearInterval(timer);
        };
      }),
    );
  }

  /** Tells the part something as soon as it is through with what it was told before. */
  tell(work: (part: Part) => unknown): void {
    void this.#queue.run(async () => {
      if (!this.#isStopped) await this.#guarded(work);
    });
  }

  health(): readonly Condition[] {
    try {
      return this.#part.health?.() ?? [];
    } catch (error) {
      this.#fail(error);
      return [];
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#guarded((part) => part.stop?.());
  }

  async #guarded(work: (part: Part) => unknown): Promise<void> {
    try {
      await work(this.#part);
      this.#said = "";
      this.failure = null;
    } catch (error) {
      this.#fail(error);
    }
  }

  /** That the hub is away, or refuses, is no failure of a part: the next poll finds it, too. */
  #fail(error: unknown): void {
    const failure = `${this.#part.name}: ${messageOf(error)}`;
    if (failure !== this.#said) this.#log.warn(failure);
    this.#said = failure;
    this.failure = error instanceof HubAway || error instanceof HubRefused ? null : failure;
  }
}
