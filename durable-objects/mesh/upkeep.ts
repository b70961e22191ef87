import type { Ends } from "../../shared/node/mesh/ends.ts";
import * as timetable from "../../shared/node/mesh/timetable.ts";
import { onAlarm, RisingAlarm } from "../storage/alarm.ts";
import { type EndingEnvironment, endDue } from "./ending.ts";
import type { FlowStore } from "./flow-store.ts";
import type { HitStore } from "./hit-store.ts";
import { type Learner, NEWEST } from "./learner.ts";
import type { MeshStore } from "./mesh-store.ts";
import type { PathStore } from "./path-store.ts";
import type { ReportStore } from "./report-store.ts";

/** The work that a segment's object does by itself, by its alarm. */
export class Upkeep {
  readonly #storage: DurableObjectStorage;
  readonly #env: EndingEnvironment;
  readonly #store: MeshStore;
  readonly #reports: ReportStore;
  readonly #flows: FlowStore;
  readonly #hits: HitStore;
  readonly #paths: PathStore;
  readonly #learner: Learner;
  readonly #ends: Ends;
  readonly #alarm: RisingAlarm;
  #polledAt = 0;
  #sweptAt = Date.now();

  constructor(
    storage: DurableObjectStorage,
    env: EndingEnvironment,
    parts: {
      store: MeshStore;
      reports: ReportStore;
      flows: FlowStore;
      hits: HitStore;
      paths: PathStore;
      learner: Learner;
      ends: Ends;
    },
  ) {
    this.#storage = storage;
    this.#env = env;
    this.#store = parts.store;
    this.#reports = parts.reports;
    this.#flows = parts.flows;
    this.#hits = parts.hits;
    this.#paths = parts.paths;
    this.#learner = parts.learner;
    this.#ends = parts.ends;
    this.#alarm = new RisingAlarm(storage);
  }

  polled(now: number): void {
    this.#polledAt = now;
  }

  /** Sets the alarm to the next time of work. */
  ring(): void {
    const now = Date.now();
    const known = {
      polledAt: this.#polledAt,
      sweptAt: this.#sweptAt,
      nextExpiry: this.#store.rows.nextExpiry(),
      nextEnd: this.#ends.next(),
      nextFactEnd: this.#learner.network?.nextFactEnd() ?? null,
      hasMembers: !this.#store.rows.isEmpty(),
    };
    this.#alarm.ring(timetable.wakeTimes(known, now), now);
  }

  async onAlarm(): Promise<void> {
    this.#alarm.rang();
    await onAlarm(this.#storage, async () => {
      const now = Date.now();
      const isFactDue = this.#learner.network?.isFactDue(now) ?? false;
      if (isFactDue || timetable.isPolled(this.#polledAt, now)) await this.#learner.learn(NEWEST);
      await this.#learner.known();
      await endDue(this.#env, this.#learner, this.#ends, now);
      const nodes = this.#store.rows.expiringBefore(timetable.renewBefore(now), timetable.RENEWALS_AT_ONCE);
      if (nodes.length > 0) await this.#learner.command({ type: "renew", nodes });
      if (timetable.isSweepDue(this.#sweptAt, now)) this.#sweep(now);
      this.ring();
    });
  }

  #sweep(now: number): void {
    this.#sweptAt = now;
    this.#storage.transactionSync(() => {
      this.#store.sweep(now);
      this.#reports.sweep();
      this.#flows.sweep(now);
      this.#hits.sweep();
      this.#paths.sweep();
    });
  }
}
