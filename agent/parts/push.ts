import type { WebSocket } from "ws";
import { openWebSocket } from "../hub/web-socket.ts";
import type { NodeView, Part } from "./part.ts";

const TARGET = "/agent/v1/socket";
const RETRY_MS = 60_000;
/** Pings keep the mappings of address translators open, and show when the hub is gone. */
const PING_MS = 50_000;
/** Finds the version of the directory in a hint. */
const DIRECTORY = /"directory":(\d{1,15})\b/;
/** A hint is not proven. An attacker on the path must not be able to make the node poll without a pause. */
const BETWEEN_HINTS_MS = 500;

/**
 * Receives hints of the hub that a poll is worth it, over a WebSocket. Without a WebSocket, the regular polls find the
 * news.
 */
export class Push implements Part {
  readonly name = "push";
  readonly #node: NodeView;
  #socket: WebSocket | null = null;
  #triedAt = Number.NEGATIVE_INFINITY;
  #hintedAt = Number.NEGATIVE_INFINITY;
  #soon: NodeJS.Timeout | null = null;
  #pinger: NodeJS.Timeout | null = null;
  #isHeard = true;
  #isStopped = false;
  #named: string | null = null;

  constructor(node: NodeView) {
    this.#node = node;
  }

  /** Opens the socket if there is none, and if the last try was long enough ago. */
  async onTouch(): Promise<void> {
    if (this.#socket || performance.now() - this.#triedAt < RETRY_MS) return;
    this.#triedAt = performance.now();
    const { connection, hub, way } = this.#node;
    const headers = await (await connection.session()).headersFor("GET", TARGET);
    const socket = await openWebSocket(new URL(TARGET, hub), headers, way.socketOptions, {
      onText: (text) => this.#hear(text),
      // A socket that was given up long ago may report its end only now.
      onClose: () => socket === this.#socket && this.#forget(),
    });
    if (socket && this.#isStopped) socket.terminate();
    else if (socket) {
      this.#socket = socket;
      this.#pinger = setInterval(() => this.#ping(), PING_MS);
    }
  }

  /** Closes the socket. The next `onTouch` may open a new one at once. */
  onMove(): void {
    this.#close();
    this.#triedAt = Number.NEGATIVE_INFINITY;
  }

  stop(): void {
    this.#isStopped = true;
    this.#close();
  }

  #close(): void {
    this.#socket?.terminate();
    if (this.#soon) clearTimeout(this.#soon);
    this.#soon = null;
    this.#forget();
  }

  #hear(text: string): void {
    this.#isHeard = true;
    if (text === "pong") return;
    this.#named = DIRECTORY.exec(text)?.[1] ?? null;
    if (this.#soon) return;
    const wait = Math.max(0, this.#hintedAt + BETWEEN_HINTS_MS - performance.now());
    this.#soon = setTimeout(() => {
      this.#soon = null;
      this.#hintedAt = performance.now();
      this.#node.hint(this.#named);
    }, wait);
  }

  #ping(): void {
    if (!this.#isHeard) this.#socket?.terminate();
    else this.#socket?.send("ping");
    this.#isHeard = false;
  }

  #forget(): void {
    if (this.#pinger) clearInterval(this.#pinger);
    this.#pinger = null;
    this.#socket = null;
    this.#isHeard = true;
  }
}
