import { SerialQueue } from "../../shared/base/async/serial-queue.ts";
import type { Condition } from "../../shared/node/protocol/types.ts";
import { messageOf } from "../failure.ts";
import { condition } from "../health/condition.ts";
import { HubAway } from "../hub/http.ts";
import { HubRefused } from "../hub/refusal.ts";
import type { Log } from "../log.ts";
import type { InForce, Part } from "./part.ts";

/** The parts of a running agent. No part can hold up another part or the agent. */
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

  /** The conditions that the parts find, and one for each part that fails. */
  health(): readonly Condition[] {
    const found = this.#kept.flatMap((kept) => kept.health());
    const failures = this.#kept.flatMap(({ failure }) => failure ?? []);
    return failures.length === 0 ? found : [...found, condition("part_failed", failures.join("; "))];
  }

  /** Stops the parts in reverse order, since a later part may need an earlier one. */
  async stop(): Promise<void> {
    for (const kept of this.#kept.toReversed()) await kept.stop();
  }
}

/** One part, with the protection that keeps it from harming other parts. */
class KeptPart {
  readonly #part: Part;
  readonly #log: Log;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #queue = new SerialQueue();
  #isStopped = false;
  #said = "";
  /** The error that the part threw last, under its name. Null when the last call succeeded. */
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

  /** Calls the part as soon as it has finished its earlier calls. */
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

  /**
   * Notes a failure. A hub that is away or refuses is not a failure of the part, since the next poll notices it, too.
   */
  #fail(error: unknown): void {
    const failure = `${this.#part.name}: ${messageOf(error)}`;
    if (failure !== this.#said) this.#log.warn(failure);
    this.#said = failure;
    this.failure = error instanceof HubAway || error instanceof HubRefused ? null : failure;
  }
}
