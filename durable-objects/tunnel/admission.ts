import { singleFlight } from "../../shared/base/async/single-flight.ts";
import { within } from "../../shared/base/async/within.ts";
import { ADMITTED_NODES } from "../../shared/registry/connectors.ts";
import { timer } from "../timer.ts";

/** How old (milliseconds) an answer of the registry may be that lets agents serve an app. */
const FRESH_MS = 3_000;
/** For how long (milliseconds) the last answer holds while the registry can't be asked. */
const GRACE_MS = 30_000;
const TIMEOUT_MS = 2_000;

/** Which nodes may be agents of an app. Revoked nodes, and nodes that the app no longer names, lose their tunnels. */
export class Admission {
  readonly #db: D1Database;
  readonly #app: string;
  readonly #onKnown: (nodes: ReadonlySet<string>) => void;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(db: D1Database, app: string, onKnown: (nodes: ReadonlySet<string>) => void) {
    this.#db = db;
    this.#app = app;
    this.#onKnown = onKnown;
  }

  /** Asks the registry if its last answer is too old. False when nobody can say who may serve the app. */
  async isKnown(): Promise<boolean> {
    if (Date.now() - this.#askedAt < FRESH_MS) return true;
    await this.#ask().catch(() => undefined);
    return Date.now() - this.#askedAt < GRACE_MS;
  }

  readonly #ask = singleFlight(async () => {
    const askedAt = Date.now();
    const query = this.#db.prepare(ADMITTED_NODES).bind(this.#app).all<{ id: string }>();
    const { results } = await within(timer, TIMEOUT_MS, query);
    this.#askedAt = askedAt;
    this.#onKnown(new Set(results.map(({ id }) => id)));
  });
}
