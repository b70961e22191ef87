import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { pause } from "../../shared/base/async/timer.ts";
import { MAX_DATAGRAM } from "../../shared/edge/limits.ts";
import { messageOf } from "../failure.ts";
import { pauseAfter } from "../hub/pace.ts";
import type { Log } from "../log.ts";
import { timer } from "../timer.ts";
import { EdgeSocket, type EdgeSocketOptions } from "./edge-socket.ts";

/** A socket that held for so long (milliseconds) is opened again at once. */
const STEADY_MS = 5_000;
/** How many datagrams are kept while a direct path is tried. */
const MOST_HELD = 512;

export interface BridgeOptions extends Pick<EdgeSocketOptions, "hub" | "connection" | "way" | "onSeek"> {
  readonly peer: { readonly node: string; readonly name: string };
  /** The port on which WireGuard listens on this machine. */
  readonly listenPort: number;
  readonly log: Log;
}

/**
 * A port on the loopback that stands for a peer: what WireGuard sends to it goes over the edge relay, and what comes from there
 * WireGuard gets from it. It holds ciphertext only. It keeps its socket open until it is closed.
 */
export class Bridge {
  readonly #options: BridgeOptions;
  readonly #udp: Socket;
  #socket: EdgeSocket | null = null;
  #isPaired = false;
  #isClosed = false;
  /** What came while WireGuard may not hear it. Null while it may. */
  #held: Uint8Array[] | null = null;
  #release: NodeJS.Timeout | null = null;
  readonly openedAt = performance.now();
  /** Why there is no socket now, or null while it is open. */
  trouble: string | null = "not connected yet";

  /** @throws Error when the machine has no loopback. */
  static async open(options: BridgeOptions): Promise<Bridge> {
    const udp = createSocket("udp4");
    udp.bind(0, "127.0.0.1");
    await once(udp, "listening");
    // From now on the kernel passes on what comes from WireGuard's port, and nothing else.
    udp.connect(options.listenPort, "127.0.0.1");
    await once(udp, "connect");
    return new Bridge(options, udp);
  }

  private constructor(options: BridgeOptions, udp: Socket) {
    this.#options = options;
    this.#udp = udp;
    // WireGuard may be away for a moment. Then the port can't be reached.
    udp.on("error", () => undefined);
    udp.on("message", (datagram) => {
      if (this.#isPaired && datagram.length <= MAX_DATAGRAM) this.#socket?.send(datagram);
    });
    void this.#keep();
  }

  /** The endpoint at which WireGuard reaches the peer through this bridge. */
  get endpoint(): string {
    return `127.0.0.1:${this.#udp.address().port}`;
  }

  /** Whether the peer's agent has opened its end, too. */
  get isPaired(): boolean {
    return this.#isPaired;
  }

  /** Keeps back what comes. WireGuard would follow the peer here while another path is tried. */
  hold(): void {
    if (this.#release) clearTimeout(this.#release);
    this.#release = null;
    this.#held ??= [];
  }

  /** Lets WireGuard hear again, and first what came meanwhile. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const datagram of held) this.#deliver(datagram);
  }

  /** The peer is heard on another path: what still comes here for so long is late, and is dropped. */
  dropFor(ms: number): void {
    this.hold();
    this.#release = setTimeout(() => {
      this.#held = null;
    }, ms);
  }

  /** Asks the other end to look for a direct path now. */
  seek(): void {
    this.#socket?.seek();
  }

  /** This machine has moved: opens the socket anew. */
  reset(): void {
    this.#socket?.reset();
  }

  close(): void {
    this.#isClosed = true;
    if (this.#release) clearTimeout(this.#release);
    this.#socket?.close();
    this.#udp.close();
  }

  async #keep(): Promise<void> {
    for (let failures = 0; !this.#isClosed; ) {
      const since = performance.now();
      this.trouble = await this.#once().catch(messageOf);
      this.#socket = null;
      failures = performance.now() - since > STEADY_MS ? 0 : failures + 1;
      if (!this.#isClosed) await pause(timer, pauseAfter(failures, 0, Math.random()));
    }
  }

  /** Opens the socket, and waits until it is closed. @returns Why it is closed. */
  async #once(): Promise<string> {
    const { peer, hub, connection, way, onSeek } = this.#options;
    const socket = await EdgeSocket.open({
      ...{ peer: peer.node, hub, connection, way, onSeek },
      onDatagram: (datagram) => this.#hear(datagram),
      onPeer: (isHere) => {
        this.trouble = null;
        this.#isPaired = isHere;
      },
    });
    this.#socket = socket;
    if (this.#isClosed) socket.close();
    return socket.closed;
  }

  #hear(datagram: Uint8Array): void {
    if (this.#held === null) this.#deliver(datagram);
    else if (this.#held.length < MOST_HELD) this.#held.push(datagram);
  }

  #deliver(datagram: Uint8Array): void {
    if (!this.#isClosed) this.#udp.send(datagram);
  }
}
