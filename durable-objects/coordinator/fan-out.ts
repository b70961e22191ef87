import { settleAll } from "../../shared/base/async/pool.ts";
import { within } from "../../shared/base/async/within.ts";
import { logError } from "../log.ts";
import type { Job, Outbox } from "../storage/outbox.ts";
import { timer } from "../timer.ts";

/** How messages of one kind are delivered. */
interface Delivery<M, R> {
  /** The number of objects that are told at the same time. */
  readonly width: number;
  /** After this many milliseconds without an answer, an object counts as away. */
  readonly timeoutMs: number;
  tell(message: M): Promise<R>;
  /** Is called whenever the next due time of the outbox may have changed. */
  onScheduled(): void;
}

const JOBS_PER_ALARM = 200;

/**
 * Tells objects messages of one kind. It sends each message at once, and again by alarm when an object does not answer.
 */
export class FanOut<M, R> {
  readonly #outbox: Outbox<M>;
  readonly #delivery: Delivery<M, R>;

  constructor(outbox: Outbox<M>, delivery: Delivery<M, R>) {
    this.#outbox = outbox;
    this.#delivery = delivery;
  }

  /** Adds a message. It replaces a waiting message with the same key. Call it in the transaction of its cause. */
  add(key: string, message: M): Job<M> {
    return this.#outbox.put(key, message, Date.now());
  }

  nextDue(): number | null {
    return this.#outbox.nextDue();
  }

  async deliverDue(): Promise<void> {
    await this.deliver(this.#outbox.due(Date.now(), JOBS_PER_ALARM));
  }

  /** Tries each message now. A message that fails stays in the outbox, and `pending` contains it. */
  async deliver(jobs: readonly Job<M>[]): Promise<{ answers: R[]; pending: M[] }> {
    const { width, timeoutMs, tell, onScheduled } = this.#delivery;
    // The claim comes before the first attempt. If the object dies during the delivery, its alarm continues.
    const until = Date.now() + timeoutMs * Math.ceil(jobs.length / width);
    for (const job of jobs) this.#outbox.claim(job, until);
    onScheduled();
    const results = await settleAll(jobs, width, (job) => within(timer, timeoutMs, tell(job.payload)));
    const answers: R[] = [];
    const pending: M[] = [];
    for (const [at, job] of jobs.entries()) {
      const result = results[at];
      if (result?.status === "fulfilled") {
        answers.push(result.value);
        this.#outbox.settle(job);
      } else {
        logError("object_not_told", result?.reason, { message: job.key, attempts: job.attempts });
        pending.push(job.payload);
        this.#outbox.postpone(job, Date.now());
      }
    }
    onScheduled();
    return { answers, pending };
  }
}
