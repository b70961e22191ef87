import { DurableObject } from "cloudflare:workers";
import { planRotation, publishedOrder } from "../shared/access/sessions/key-rotation.ts";
import { isOwner } from "../shared/access/sessions/owner.ts";
import type {
  AssertionKeySet,
  NetworkCoordinatorRpc,
  News,
  Principal,
  SegmentSessionsRpc,
  SessionEndReason,
  SessionFilter,
} from "../shared/access/sessions/types.ts";
import { settleAll } from "../shared/base/async/pool.ts";
import { singleFlight } from "../shared/base/async/single-flight.ts";
import { within } from "../shared/base/async/within.ts";
import { objectOf } from "../shared/base/objects.ts";
import type { ObjectBindings } from "../shared/bindings.ts";
import { makeAssertionKey } from "./coordinator/assertion-key.ts";
import { CoordinatorStore } from "./coordinator/store.ts";
import { onAlarm, ringAt, ringIfSilent } from "./storage/alarm.ts";
import { type Job, Outbox } from "./storage/outbox.ts";
import { timer } from "./timer.ts";

type Environment = Pick<ObjectBindings, "SEGMENT_SESSIONS">;

/** What a session object must still be told. */
type Message =
  | { readonly type: "refresh"; readonly owner: string }
  | {
      readonly type: "end";
      readonly owner: string;
      readonly filter: SessionFilter;
      readonly reason: SessionEndReason;
    };

const FAN_OUT_WIDTH = 32;
const DELIVERY_TIMEOUT_MS = 3_000;
const JOBS_PER_ALARM = 200;

/** The one writer of the policy epoch; tells each session object what changed for it, and keeps the assertion keys. */
export class NetworkCoordinator extends DurableObject<Environment> implements NetworkCoordinatorRpc {
  readonly #store: CoordinatorStore;
  readonly #outbox: Outbox<Message>;

  constructor(ctx: DurableObjectState, env: Environment) {
    super(ctx, env);
    this.#store = new CoordinatorStore(ctx.storage.sql);
    this.#outbox = new Outbox(ctx.storage.sql);
    ringIfSilent(ctx, () => this.#ringWhenDue());
  }

  async epoch(): Promise<number> {
    return this.#store.epoch;
  }

  async join(owner: string, since: number, userId?: string): Promise<News & { readonly more: boolean }> {
    if (!isOwner(owner)) throw new Error("not the name of a session object");
    return this.ctx.storage.transactionSync(() => this.#store.join(owner, since, userId));
  }

  async publish(): Promise<{ epoch: number; pending: string[] }> {
    const jobs = this.ctx.storage.transactionSync(() => this.#refreshing(this.#store.publish()));
    const { epoch } = this.#store;
    const { pending } = await this.#deliver(jobs);
    return { epoch, pending };
  }

  async tell(principals: readonly Principal[]): Promise<{ pending: string[] }> {
    const jobs = this.ctx.storage.transactionSync(() =>
      this.#refreshing(this.#store.change(principals, Date.now())),
    );
    const { pending } = await this.#deliver(jobs);
    return { pending };
  }

  /** What is waiting for an owner is part of the news that it gets next. */
  #refreshing(owners: readonly string[]): Job<Message>[] {
    const now = Date.now();
    return owners.map((owner) => this.#outbox.put(`refresh:${owner}`, { type: "refresh", owner }, now));
  }

  async endEverywhere(
    owners: readonly string[] | null,
    filter: SessionFilter,
    reason: SessionEndReason,
  ): Promise<{ ended: string[]; pending: string[] }> {
    const now = Date.now();
    const targets = [...new Set(owners ?? this.#store.owners())].filter(isOwner);
    const jobs = this.ctx.storage.transactionSync(() =>
      targets.map((owner) =>
        this.#outbox.put(
          `end:${owner}:${JSON.stringify(filter)}`,
          { type: "end", owner, filter, reason },
          now,
        ),
      ),
    );
    return this.#deliver(jobs);
  }

  async assertionKeys(): Promise<AssertionKeySet> {
    await this.#rotateKeys();
    return { keys: publishedOrder(this.#store.keys(), Date.now()) };
  }

  override async alarm(): Promise<void> {
    await onAlarm(this.ctx.storage, async () => {
      await this.#deliver(this.#outbox.due(Date.now(), JOBS_PER_ALARM));
      if (this.#store.keys().length > 0) await this.#rotateKeys();
    });
  }

  /** Calls at the same time share one rotation, so that they make one set of keys. */
  readonly #rotateKeys = singleFlight(() => this.#carryOutRotation());

  async #carryOutRotation(): Promise<void> {
    const { retire, make } = planRotation(this.#store.keys(), Date.now());
    if (retire.length === 0 && make.length === 0) return;
    const made = await Promise.all(make.map(makeAssertionKey));
    this.ctx.storage.transactionSync(() => this.#store.replaceKeys(retire, made));
    this.#ringWhenDue();
  }

  /** Tries each message now; what fails stays in the outbox and is named in `pending`. */
  async #deliver(jobs: readonly Job<Message>[]): Promise<{ ended: string[]; pending: string[] }> {
    // Before the first attempt: an object that dies in the middle comes back by its alarm.
    this.#ringWhenDue();
    const results = await settleAll(jobs, FAN_OUT_WIDTH, (job) =>
      within(timer, DELIVERY_TIMEOUT_MS, this.#tell(job.payload)),
    );
    const ended: string[] = [];
    const pending: string[] = [];
    for (const [at, job] of jobs.entries()) {
      const result = results[at];
      if (result?.status === "fulfilled") {
        ended.push(...result.value);
        this.#outbox.settle(job);
      } else {
        pending.push(job.payload.owner);
        this.#outbox.postpone(job, Date.now());
      }
    }
    this.#ringWhenDue();
    return { ended, pending };
  }

  /** The next time that something is due: a message, or the keys' rotation. */
  #ringWhenDue(): void {
    const keys = this.#store.keys();
    const rotation = keys.length > 0 ? planRotation(keys, Date.now()).nextAt : null;
    ringAt(this.ctx.storage, [this.#outbox.nextDue(), rotation]);
  }

  async #tell(message: Message): Promise<string[]> {
    const object = objectOf(this.env.SEGMENT_SESSIONS, message.owner);
    if (message.type === "end") return (await object.end(message.filter, message.reason)).ended;
    await this.#refresh(message.owner, object);
    return [];
  }

  /** Brings an owner up to date, and forgets which users it has no session of. */
  async #refresh(owner: string, object: SegmentSessionsRpc): Promise<void> {
    for (let more = true; more; ) {
      const question = this.#store.question(owner);
      const heard = await object.refresh(question.news);
      this.ctx.storage.transactionSync(() => this.#store.answered(owner, question, heard));
      more = question.more;
    }
  }
}
