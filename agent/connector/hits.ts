import { singleFlight } from "../../shared/base/async/single-flight.ts";
import { MAX_HITS, type ReportedHit } from "../../shared/connector/hits.ts";
import { messageOf } from "../failure.ts";
import type { HubConnection } from "../hub/connection.ts";
import type { Log } from "../log.ts";

/** The most hits that wait while the hub is away. What comes then is lost to the comparison, and said so. */
const MOST_WAITING = 20_000;

/** What this agent passed on and the hub has not been told yet. */
export class Hits {
  readonly #connection: HubConnection;
  readonly #log: Log;
  #waiting: ReportedHit[] = [];
  #lost = 0;
  /** Whether the hub wants to know. */
  isWanted = false;

  constructor(connection: HubConnection, log: Log) {
    this.#connection = connection;
    this.#log = log;
  }

  /** Notes that a request is passed on. A full report goes at once. */
  note(hit: Omit<ReportedHit, "at">): void {
    if (this.#waiting.length >= MOST_WAITING) {
      this.#lost++;
      return;
    }
    this.#waiting.push({ ...hit, at: Math.round(this.#connection.hubNow()) });
    if (this.#waiting.length % MAX_HITS === 0) void this.report();
  }

  /** Tells the hub. What it does not take is told again later. */
  readonly report = singleFlight(async (): Promise<void> => {
    if (!this.isWanted) {
      this.#waiting = [];
      return;
    }
    try {
      while (this.#waiting.length > 0) {
        const hits = this.#waiting.slice(0, MAX_HITS);
        await this.#connection.call({
          method: "POST",
          target: "/agent/v1/hits",
          body: new TextEncoder().encode(JSON.stringify({ hits })),
          headers: { "content-type": "application/json" },
        });
        this.#waiting.splice(0, hits.length);
      }
      if (this.#lost > 0) this.#log.warn(`${this.#lost} requests could not be reported to the hub`);
      this.#lost = 0;
    } catch (error) {
      this.#log.warn(`What was passed on could not be reported: ${messageOf(error)}`);
    }
  });
}
