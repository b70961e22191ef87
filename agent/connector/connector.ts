import { pause } from "../../shared/base/async/timer.ts";
import type { DialTarget } from "../../shared/connector/dial-list.ts";
import { type TunnelsAnswer, tunnelsAnswer } from "../../shared/connector/tunnels-answer.ts";
import type { HubConnection } from "../hub/connection.ts";
import type { Way } from "../hub/http.ts";
import { parseAnswer } from "../hub/schemas.ts";
import type { Log } from "../log.ts";
import { timer } from "../timer.ts";
import { Hits } from "./hits.ts";
import { Passes } from "./passes.ts";
import { serveStream } from "./serve-stream.ts";
import { Tunnel } from "./tunnel.ts";

const MAX_ANSWER = 256 * 1024;
/** How long open streams may take to end when the agent stops, in milliseconds. */
const DRAIN_MS = 10_000;
const LOOK_MS = 100;

export interface ConnectorOptions {
  readonly hub: string;
  readonly connection: HubConnection;
  readonly way: Way;
  readonly dialList: readonly DialTarget[];
  /** How much this agent takes, relative to the others of an app. */
  readonly weight: number;
  readonly log: Log;
}

/** Serves private apps: keeps a tunnel for each app whose agent this node is. */
export class Connector {
  readonly #options: ConnectorOptions;
  readonly #tunnels = new Map<string, Tunnel>();
  readonly #passes: Passes;
  readonly #hits: Hits;

  constructor(options: ConnectorOptions) {
    this.#options = options;
    this.#hits = new Hits(options.connection, options.log);
    this.#passes = new Passes(
      () => options.connection.hubNow(),
      () => this.ask(),
    );
  }

  /**
   * Asks the hub which apps this node serves, and opens and closes tunnels accordingly.
   * @returns After how many seconds to ask again.
   * @throws HubAway or HubRefused. Tunnels that are open stay open.
   */
  async ask(): Promise<number> {
    const answer = await this.#options.connection.call({ method: "GET", target: "/agent/v1/tunnels" });
    const known = parseAnswer(tunnelsAnswer, answer.body, MAX_ANSWER);
    this.#passes.learn(known);
    this.#hits.isWanted = known.takesHits ?? false;
    this.#follow(known.apps);
    await this.#hits.report();
    return known.askSeconds;
  }

  /** Why tunnels are closed, in words. */
  get troubles(): readonly string[] {
    return [...this.#tunnels].flatMap(([app, { trouble }]) => (trouble === null ? [] : `${app}: ${trouble}`));
  }

  /** This machine has moved: connections that lie dead are opened anew. */
  moved(): void {
    for (const tunnel of this.#tunnels.values()) tunnel.reset();
  }

  /** Takes no new streams, waits until the open ones have ended, and closes all tunnels. */
  async stop(): Promise<void> {
    const tunnels = [...this.#tunnels.values()];
    for (const tunnel of tunnels) tunnel.drain();
    this.#options.log.info("This agent takes no new requests");
    const isBusy = () => tunnels.some(({ streams }) => streams > 0);
    for (let waited = 0; waited < DRAIN_MS && isBusy(); waited += LOOK_MS) await pause(timer, LOOK_MS);
    for (const tunnel of tunnels) tunnel.stop();
    this.#tunnels.clear();
    await this.#hits.report();
  }

  #follow(apps: TunnelsAnswer["apps"]): void {
    const ids = new Set(apps.map(({ id }) => id));
    for (const [id, tunnel] of this.#tunnels) {
      if (ids.has(id)) continue;
      tunnel.stop();
      this.#tunnels.delete(id);
    }
    for (const app of apps) {
      if (this.#tunnels.has(app.id)) continue;
      const { hub, connection, way, weight, log, dialList } = this.#options;
      const serve: ConstructorParameters<typeof Tunnel>[0]["serve"] = (stream, head) =>
        void serveStream(stream, head, {
          app: app.id,
          passes: this.#passes,
          hits: this.#hits,
          dialList,
          log,
        });
      this.#tunnels.set(app.id, new Tunnel({ app, hub, connection, way, weight, log, serve }));
    }
  }
}
