import WebSocket from "ws";
import { AWAY, HERE, SEEK, takenText } from "../../shared/edge/edge-relay.ts";
import { decodeFrame, encodeFrame, fits, sizeIn } from "../../shared/edge/frame.ts";
import { EDGE_PROTOCOL, FRAME_COST, MAX_FRAME, RATE, TAKEN_BYTES } from "../../shared/edge/limits.ts";
import { Budget } from "../../shared/relay/budget.ts";
import { messageOf } from "../failure.ts";
import type { HubConnection } from "../hub/connection.ts";
import type { Way } from "../hub/http.ts";

const PING_MS = 50_000;
const HANDSHAKE_MS = 15_000;
/** So many bytes may wait in the socket. More would only come late: WireGuard and what it carries send again. */
const HIGH_WATER = 256 * 1024;

export interface EdgeSocketOptions {
  /** The peer's id. */
  readonly peer: string;
  readonly hub: string;
  readonly connection: HubConnection;
  readonly way: Way;
  readonly onDatagram: (datagram: Uint8Array) => void;
  /** The other end came, or went. */
  readonly onPeer: (isHere: boolean) => void;
  /** The other end looks for a direct path now. */
  readonly onSeek: () => void;
}

/** One socket to the edge relay, which carries the datagrams of one pair of nodes. What it can't take at once, it drops. */
export class EdgeSocket {
  readonly #socket: WebSocket;
  readonly #budget = new Budget(RATE, performance.now());
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #untold = 0;
  /** Why the socket is closed. It resolves when that has happened. */
  readonly closed: Promise<string>;

  static async open(options: EdgeSocketOptions): Promise<EdgeSocket> {
    const target = `/agent/v1/edge?peer=${options.peer}`;
    const headers = await (await options.connection.session()).headersFor("GET", target);
    return new EdgeSocket(options, target, headers);
  }

  private constructor(options: EdgeSocketOptions, target: string, headers: Readonly<Record<string, string>>) {
    const { hub, way } = options;
    this.#socket = new WebSocket(new URL(target, hub), EDGE_PROTOCOL, {
      headers,
      ...way.socketOptions,
      handshakeTimeout: HANDSHAKE_MS,
      maxPayload: MAX_FRAME,
      perMessageDeflate: false,
      ...(hub.startsWith("https:") ? { minVersion: "TLSv1.3" as const } : {}),
    });
    this.closed = this.#serve(options);
  }

  /** Sends a datagram with the others that come in this turn. */
  send(datagram: Uint8Array): void {
    if (this.#waiting.length > 0 && !fits(this.#waitingBytes, datagram)) this.#flush();
    if (this.#waiting.length === 0) setImmediate(() => this.#flush());
    this.#waiting.push(datagram);
    this.#waitingBytes += sizeIn(datagram);
  }

  /** Asks the other end to look for a direct path now, as this end does. */
  seek(): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(SEEK);
  }

  close(): void {
    this.#socket.close(1001, "not needed");
    // A network that is gone answers nothing.
    setTimeout(() => this.#socket.terminate(), HANDSHAKE_MS).unref();
  }

  /** The connection may lie dead because this machine has moved. */
  reset(): void {
    this.#socket.terminate();
  }

  #flush(): void {
    if (this.#waiting.length === 0) return;
    const [datagrams, bytes] = [this.#waiting, this.#waitingBytes];
    this.#waiting = [];
    this.#waitingBytes = 0;
    const isOpen = this.#socket.readyState === WebSocket.OPEN && this.#socket.bufferedAmount < HIGH_WATER;
    if (isOpen && this.#budget.take(bytes + FRAME_COST, performance.now()))
      this.#socket.send(encodeFrame(datagrams), { binary: true });
  }

  #serve({ onDatagram, onPeer, onSeek }: EdgeSocketOptions): Promise<string> {
    const socket = this.#socket;
    let isHeard = true;
    const pinger = setInterval(() => {
      if (!isHeard) return socket.terminate();
      isHeard = false;
      if (socket.readyState === WebSocket.OPEN) socket.send("ping");
    }, PING_MS);
    socket.on("message", (data, isBinary) => {
      isHeard = true;
      if (isBinary) return this.#hear(data as Buffer, onDatagram);
      const text = String(data);
      if (text === HERE || text === AWAY) onPeer(text === HERE);
      else if (text === SEEK) onSeek();
    });
    let trouble = "";
    socket.on("error", (error) => {
      trouble = messageOf(error);
    });
    return new Promise((resolve) => {
      socket.on("close", (code, reason) => {
        clearInterval(pinger);
        onPeer(false);
        resolve(trouble || `${code} ${reason.toString()}`.trim());
      });
    });
  }

  #hear(frame: Uint8Array, onDatagram: (datagram: Uint8Array) => void): void {
    for (const datagram of decodeFrame(frame) ?? []) onDatagram(datagram);
    this.#untold += frame.length;
    if (this.#untold < TAKEN_BYTES) return;
    this.#socket.send(takenText(this.#untold));
    this.#untold = 0;
  }
}
