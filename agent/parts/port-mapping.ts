import { randomBytes } from "node:crypto";
import { NONCE_BYTES } from "../../shared/net/pcp.ts";
import { askForPort, defaultRouter, MappingRefused } from "../mapping/router.ts";
import type { Again, NodeView, Part } from "./part.ts";

const LOOK_MS = 10_000;
/** As RFC 6886 §3.3 recommends. It is asked for again when half of what was given is over. */
const LIFETIME_SECONDS = 7_200;
const LEAST_SECONDS = 120;
/** Where no router answers, another one may have come. */
const AGAIN_MS = 30 * 60_000;

/**
 * Asks the router for a port that leads to WireGuard's, so that peers reach this machine behind an address translator. It asks only
 * where the hub sees another address than the machine has.
 */
export class PortMapping implements Part {
  readonly name = "port-mapping";
  readonly #node: NodeView;
  readonly #nonce = randomBytes(NONCE_BYTES);
  #router: string | null = null;
  #askAt = 0;

  constructor(node: NodeView) {
    this.#node = node;
  }

  start(again: Again): void {
    again(LOOK_MS, () => this.#askIfDue());
  }

  onMove(): void {
    this.#node.vantage.mapped = null;
    this.#router = null;
    this.#askAt = 0;
  }

  /** Gives the port back. */
  async stop(): Promise<void> {
    if (this.#router !== null) await this.#ask(this.#router, 0).catch(() => null);
  }

  async #askIfDue(): Promise<void> {
    const { vantage, log } = this.#node;
    if (performance.now() < this.#askAt || !vantage.isBehindTranslator()) return;
    this.#askAt = performance.now() + AGAIN_MS;
    const router = await defaultRouter();
    if (router === null) return;
    try {
      const mapped = await this.#ask(router, LIFETIME_SECONDS);
      const isNews = mapped !== null && vantage.mapped === null;
      vantage.mapped = mapped && `${mapped.address}:${mapped.port}`;
      if (!mapped) return;
      this.#router = router;
      this.#askAt = performance.now() + Math.max(mapped.lifetimeSeconds, LEAST_SECONDS) * 500;
      if (isNews) log.info(`The router opened the port ${mapped.port} for this machine`);
    } catch (error) {
      if (!(error instanceof MappingRefused)) throw error;
      vantage.mapped = null;
    }
  }

  #ask(router: string, lifetimeSeconds: number) {
    return askForPort(router, { nonce: this.#nonce, port: this.#node.settings.listenPort, lifetimeSeconds });
  }
}
