import type { WebSocket } from "ws";
import type { HubConnection } from "../hub/connection.ts";
import type { Way } from "../hub/http.ts";
import { openWebSocket } from "../hub/web-socket.ts";

const TARGET = "/agent/v1/socket";
const RETRY_MS = 60_000;
/** Keeps the mappings of address translators, and finds out when the hub is gone. */
const PING_MS = 50_000;
/** Where a hint names the directory's version. */
const DIRECTORY = /"directory":(\d{1,15})\b/;
/** Hints can't be proved: whoever sits in between must not drive the node to poll without end. */
const BETWEEN_HINTS_MS = 500;

/** Hears from the hub that a poll is worth it, where a WebSocket can be kept. Without one polls find out by themselves. */
export class Push {
  readonly #connection: HubConnection;
  readonly #origin: string;
  readonly #socketOptions: Way["socketOptions"];
  readonly #onHint: (directory: string | null) => void;
  #socket: WebSocket | null = null;
  #isOpening = false;
  #triedAt = Number.NEGATIVE_INFINITY;
  #hintedAt = Number.NEGATIVE_INFINITY;
  #soon: NodeJS.Timeout | null = null;
  #pinger: NodeJS.Timeout | null = null;
  #isHeard = true;
  #named: string | null = null;

  /** @param onHint Is told the version of the directory that the hint names. */
  constructor(
    connection: HubConnection,
    origin: string,
    socketOptions: Way["socketOptions"],
    onHint: (directory: string | null) => void,
  ) {
    this.#connection = connection;
    this.#socketOptions = socketOptions;
    this.#origin = origin;
    this.#onHint = onHint;
  }

  /** Opens the socket when there is none, and none was tried a moment ago. */
  async keep(): Promise<void> {
    if (this.#socket || this.#isOpening || performance.now() - this.#triedAt < RETRY_MS) return;
    this.#isOpening = true;
    this.#triedAt = performance.now();
    try {
      const session = await this.#connection.session();
      const headers = await session.headersFor("GET", TARGET);
      this.#socket = await openWebSocket(new URL(TARGET, this.#origin), headers, this.#socketOptions, {
        onText: (text) => this.#hear(text),
        onClose: () => this.#forget(),
      });
      if (this.#socket) this.#pinger = setInterval(() => this.#ping(), PING_MS);
    } finally {
      this.#isOpening = false;
    }
  }

  /** The way to the hub is another one: a new socket may be opened at once. */
  reset(): void {
    this.close();
    this.#triedAt = Number.NEGATIVE_INFINITY;
  }

  close(): void {
    this.#socket?.terminate();
    if (this.#soon) clearTimeout(this.#soon);
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
      this.#onHint(this.#named);
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
