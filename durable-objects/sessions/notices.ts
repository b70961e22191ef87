import type { SessionEffect } from "../../shared/access/sessions/effects.ts";
import { settleAll } from "../../shared/base/async/pool.ts";
import { within } from "../../shared/base/async/within.ts";
import { type Ending, MOST_ENDINGS } from "../../shared/registry/ended-sessions.ts";
import { type Job, Outbox } from "../storage/outbox.ts";
import { timer } from "../timer.ts";

/** A message that other objects or the registry must get after a session ended. */
type Notice = Extract<SessionEffect, { type: "mark_ended" | "end_children" }>;
type Marking = Job<Extract<Notice, { type: "mark_ended" }>>;
type Descent = Job<Extract<Notice, { type: "end_children" }>>;

/** Who gets the notices. */
interface Recipients {
  /** Marks sessions as ended in the index. Gives the ids of those that are marked there now. */
  markEnded(endings: readonly Ending[]): Promise<ReadonlySet<string>>;
  endChildren(parentId: string): Promise<void>;
}

/** Longer than the coordinator waits for one object, so that the coordinator's own retries count. */
const TIMEOUT_MS = 5_000;
/** The number of messages to the coordinator at the same time, and in one alarm. */
const CHILDREN_AT_ONCE = 32;
const MARK_ATTEMPTS = 3;

/** The notices that still must be given. Each is written together with the end that it tells of. */
export class Notices {
  readonly #outbox: Outbox<Notice>;
  readonly #recipients: Recipients;

  constructor(sql: SqlStorage, recipients: Recipients) {
    this.#outbox = new Outbox(sql);
    this.#recipients = recipients;
  }

  /** Notes what the effects of one command want told. Call it in the transaction of the command. */
  note(effects: readonly SessionEffect[], now: number): Job<Notice>[] {
    const notices = effects.flatMap((effect): [string, Notice][] => {
      if (effect.type === "mark_ended") return [[`ended:${effect.sessionId}`, effect]];
      return effect.type === "end_children" ? [[`children:${effect.parentId}`, effect]] : [];
    });
    return this.#outbox.putAll(notices, now);
  }

  nextDue(): number | null {
    return this.#outbox.nextDue();
  }

  /**
   * Gives what is due, as much as fits into one time-out: open lines wait for the next alarm. What is left stays due.
   */
  async deliverDue(now: number): Promise<void> {
    const { markings, descents } = sorted(this.#outbox.due(now, MOST_ENDINGS));
    await this.deliver([...markings, ...descents.slice(0, CHILDREN_AT_ONCE)]);
  }

  /** Gives these notices. Those that could not be given stay. */
  async deliver(jobs: readonly Job<Notice>[]): Promise<void> {
    const { markings, descents } = sorted(jobs);
    await Promise.all([
      ...inPortions(markings).map((portion) => this.#mark(portion)),
      settleAll(descents, CHILDREN_AT_ONCE, (job) => this.#descend(job)),
    ]);
  }

  /** The row of a session that ended at once may not have been inserted yet. Then its notice is given again. */
  async #mark(jobs: readonly Marking[]): Promise<void> {
    const endings = jobs.map(({ payload }) => payload);
    const marked = await within(timer, TIMEOUT_MS, this.#recipients.markEnded(endings)).catch(() => null);
    for (const job of jobs) {
      const isDone = marked !== null && (marked.has(job.payload.sessionId) || job.attempts >= MARK_ATTEMPTS);
      this.#given(job, isDone);
    }
  }

  async #descend(job: Descent): Promise<void> {
    const told = within(timer, TIMEOUT_MS, this.#recipients.endChildren(job.payload.parentId));
    this.#given(
      job,
      await told.then(
        () => true,
        () => false,
      ),
    );
  }

  #given(job: Job<Notice>, isDone: boolean): void {
    if (isDone) this.#outbox.settle(job);
    else this.#outbox.postpone(job, Date.now());
  }
}

function sorted(jobs: readonly Job<Notice>[]): { markings: Marking[]; descents: Descent[] } {
  return {
    markings: jobs.filter((job): job is Marking => job.payload.type === "mark_ended"),
    descents: jobs.filter((job): job is Descent => job.payload.type === "end_children"),
  };
}

const inPortions = (jobs: readonly Marking[]): Marking[][] =>
  Array.from({ length: Math.ceil(jobs.length / MOST_ENDINGS) }, (_, at) =>
    jobs.slice(at * MOST_ENDINGS, (at + 1) * MOST_ENDINGS),
  );
