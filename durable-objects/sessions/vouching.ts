import type { NetworkCoordinatorRpc, News } from "../../shared/access/sessions/coordinator.ts";
import { CONFIRM_AFTER_MS, freshness, STALE_AFTER_MS } from "../../shared/access/sessions/freshness.ts";
import { singleFlight } from "../../shared/base/async/single-flight.ts";
import { within } from "../../shared/base/async/within.ts";
import { timer } from "../timer.ts";
import type { SessionStore } from "./session-store.ts";

const COORDINATOR_TIMEOUT_MS = 2_000;

/** What an object needs in order to learn what changed. */
interface Learner {
  readonly store: SessionStore;
  /** The name by which the coordinator knows the object. */
  name(): string;
  coordinator(): NetworkCoordinatorRpc;
  learn(news: News): void;
}

/** Whether a session object may vouch for what it knows: whether it knows every change until now, and hears of later ones. */
export class Vouching {
  readonly #learner: Learner;
  /** When (milliseconds) the coordinator was last asked with success. */
  #confirmedAt: number | null = null;
  readonly #confirmTogether = singleFlight(() => this.#confirm());
  /**
   * The users and devices for which a session is being made, with the number of such sessions. They count as if they had a
   * session.
   */
  readonly #expected = new Map<string, number>();

  constructor(learner: Learner) {
    this.#learner = learner;
  }

  /** Whether the object may vouch for its epoch without asking the coordinator. */
  isFresh(): boolean {
    return freshness(this.#confirmedAt, Date.now()) === "fresh";
  }

  /** Whether the object may vouch for its epoch now. It asks the coordinator if necessary. */
  async isCurrent(): Promise<boolean> {
    if (this.isFresh()) return true;
    await this.#confirmTogether().catch(() => undefined);
    return freshness(this.#confirmedAt, Date.now()) !== "stale";
  }

  /**
   * When open lines need the next proof of freshness. It is soon, and never later than the moment when the object
   * turns stale.
   */
  nextProof(): number {
    return Math.min(Date.now() + CONFIRM_AFTER_MS, (this.#confirmedAt ?? 0) + STALE_AFTER_MS + 1);
  }

  isExpected(subject: string): boolean {
    return this.#expected.has(subject);
  }

  expectsNobody(): boolean {
    return this.#expected.size === 0;
  }

  /**
   * Does something that makes a session rest on users or devices.
   * @param otherwise The answer when the object can't be sure to hear of all changes of them.
   */
  async toldOf<T>(subjects: readonly string[], otherwise: T, work: () => T): Promise<T> {
    for (const one of subjects) this.#expected.set(one, (this.#expected.get(one) ?? 0) + 1);
    try {
      for (const one of subjects) if (!(await this.#isToldOf(one))) return otherwise;
      return work();
    } finally {
      for (const one of subjects) {
        const others = (this.#expected.get(one) ?? 1) - 1;
        if (others > 0) this.#expected.set(one, others);
        else this.#expected.delete(one);
      }
    }
  }

  /** Whether the object knows every change of this user or device until now, and will hear of every later one. */
  async #isToldOf(subject: string): Promise<boolean> {
    if (this.#learner.store.hasLiveOf(subject)) return this.isCurrent();
    return this.#confirm(subject).then(
      () => true,
      () => false,
    );
  }

  /**
   * Learns every change until now, with as many questions as that takes. With a subject, it subscribes to it first.
   */
  async #confirm(subject?: string): Promise<void> {
    const { store, name, coordinator, learn } = this.#learner;
    const askedAt = Date.now();
    for (let more = true; more; ) {
      const asked = coordinator().join(name(), store.sequence, subject);
      const answer = await within(timer, COORDINATOR_TIMEOUT_MS, asked);
      learn(answer);
      more = answer.more;
    }
    this.#confirmedAt = Math.max(this.#confirmedAt ?? 0, askedAt);
  }
}
