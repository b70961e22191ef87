import WebSocket from "ws";
import { pause } from "../../shared/base/async/timer.ts";
import { MAX_FRAME, TUNNEL_PROTOCOL } from "../../shared/connector/limits.ts";
import { Link } from "../../shared/connector/link.ts";
import type { TunnelStream } from "../../shared/connector/tunnel-stream.ts";
import { WindowBudget } from "../../shared/connector/window-budget.ts";
import { messageOf } from "../failure.ts";
import type { HubConnection } from "../hub/connection.ts";
import type { Way } from "../hub/http.ts";
import { pauseAfter } from "../hub/pace.ts";
import type { Log } from "../log.ts";
import { timer } from "../timer.ts";
import { Turns } from "./turns.ts";

const PING_MS = 20_000;
const HANDSHAKE_MS = 15_000;
/** A tunnel that held for so long (milliseconds) is opened again at once. */
const STEADY_MS = 5_000;
/** What all streams of one tunnel may hold that the application has not taken yet, beyond their initial windows. */
const BUDGET = 16 * 1024 * 1024;
const POLICY_VIOLATION = 1008;

export interface TunnelOptions {
  readonly app: { readonly id: string; readonly name: string };
  readonly hub: string;
  readonly connection: HubConnection;
  readonly way: Way;
  readonly weight: number;
  readonly log: Log;
  readonly serve: (stream: TunnelStream, head: Uint8Array) => void;
}

/** Keeps the tunnel of one app open, until it is stopped. */
export class Tunnel {
  readonly #options: TunnelOptions;
  #socket: WebSocket | null = null;
  #link: Link | null = null;
  #isStopped = false;
  #failures = 0;
  /** Why there is no tunnel now, or null while it is open. */
  trouble: string | null = "not connected yet";

  constructor(options: TunnelOptions) {
    this.#options = options;
    void this.#keep();
  }

  /** The number of streams that are open now. */
  get streams(): number {
    return this.#link?.streams ?? 0;
  }

  /** Tells the hub that this agent takes no new streams. */
  drain(): void {
    this.#link?.drain();
  }

  stop(): void {
    this.#isStopped = true;
    this.#socket?.close(1001, "the agent stops");
  }

  /** The connection may lie dead because this machine has moved. */
  reset(): void {
    this.#socket?.terminate();
  }

  async #keep(): Promise<void> {
    while (!this.#isStopped) {
      const since = performance.now();
      this.trouble = await this.#once().catch(messageOf);
      const { app, log } = this.#options;
      if (this.#isStopped) return;
      this.#failures = performance.now() - since > STEADY_MS ? 0 : this.#failures + 1;
      log.warn(`The tunnel of ${app.name} is closed: ${this.trouble}`);
      const wait = this.#failures === 0 ? 200 * Math.random() : pauseAfter(this.#failures, 0, Math.random());
      await pause(timer, wait);
    }
  }

  /** Opens the tunnel, and waits until it is closed. @returns Why it is closed. */
  async #once(): Promise<string> {
    const { app, hub, connection, way, weight, log } = this.#options;
    const target = `/agent/v1/tunnel?app=${app.id}&weight=${weight}`;
    const headers = await (await connection.session()).headersFor("GET", target);
    const socket = new WebSocket(new URL(target, hub), TUNNEL_PROTOCOL, {
      headers,
      ...way.socketOptions,
      handshakeTimeout: HANDSHAKE_MS,
      maxPayload: MAX_FRAME,
      perMessageDeflate: false,
      ...(hub.startsWith("https:") ? { minVersion: "TLSv1.3" as const } : {}),
    });
    this.#socket = socket;
    return new Promise((resolve) => {
      let trouble = "";
      socket.on("error", (error) => {
        trouble = messageOf(error);
      });
      socket.on("open", () => {
        log.info(`The tunnel of ${app.name} is open`);
        this.trouble = null;
        this.#run(socket);
      });
      socket.on("close", (code, reason) => resolve(trouble || `${code} ${reason.toString()}`.trim()));
    });
  }

  #run(socket: WebSocket): void {
    const turns = new Turns(() => socket.bufferedAmount);
    const link = new Link(
      {
        send: (frame) => socket.send(frame, { binary: true }, () => turns.advance()),
        turn: () => turns.take(),
        onOpen: this.#options.serve,
      },
      new WindowBudget(BUDGET),
    );
    this.#link = link;
    let isHeard = true;
    const pinger = setInterval(() => {
      if (!isHeard) return socket.terminate();
      isHeard = false;
      socket.send("ping");
    }, PING_MS);
    socket.on("message", (data, isBinary) => {
      isHeard = true;
      const wrong = isBinary ? link.receive(data as Buffer) : null;
      if (wrong !== null) socket.close(POLICY_VIOLATION, wrong.slice(0, 100));
    });
    socket.on("close", () => {
      clearInterval(pinger);
      link.lose("the tunnel was closed");
      turns.release();
      this.#link = null;
    });
  }
}
