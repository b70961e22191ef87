import type { WebSocket } from "ws";
import { openWebSocket } from "../hub/web-socket.ts";
import type { NodeView, Part } from "./part.ts";

const TARGET = "/agent/v1/socket";
const RETRY_MS = 60_000;
/** Keeps the mappings of address translators, and finds out when the hub is gone. */
const PING_MS = 50_000;
/** Where a hint names the directory's version. */
const DIRECTORY = /"directory":(\d{1,15})\b/;
/** Hints can't be proved: whoever sits in between must not drive the node to poll without end. */
const BETWEEN_HINTS_MS = 500;

/** Hears from the hub that a poll is worth it, where a WebSocket can be kept. Without one polls find out by themselves. */
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

  /** Opens the socket when there is none, and none was tried a moment ago. */
  async onTouch(): Promise<void> {
    if (this.#socket || performance.now() - this.#triedAt < RETRY_MS) return;
    this.#triedAt = performance.now();
    const { connection, hub, way } = this.#node;
    const headers = await (await connection.session()).headersFor("GET", TARGET);
    const socket = await openWebSocket(new URL(TARGET, hub), headers, way.socketOptions, {
      onText: (text) => this.#hear(text),
      // One that was given up long ago may only now be told of its end.
      onClose: () => socket === this.#socket && this.#forget(),
    });
    if (socket && this.#isStopped) socket.terminate();
    else if (socket) {
      this.#socket = socket;
      this.#pinger = setInterval(() => this.#ping(), PING_MS);
    }
  }

  /** A new socket may be opened at once. */
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
