import { createSocket, type Socket } from "node:dgram";
import { answerTo, PROBE_PORT, readProbe } from "../../shared/paths/probe.ts";

/** What a node hears of one address is answered so often in a second, and no more. */
const ANSWERS_PER_SECOND = 8;
/** After a failure the socket is not opened again for so long: ms. The address may not be there yet. */
const REOPEN_MS = 5_000;

export interface ProbeListener {
  /** A peer asked, and was answered. */
  readonly onQuestion: (address: string) => void;
  readonly onAnswer: (address: string, id: string) => void;
}

/**
 * The socket for probes at this node's own overlay address. It answers the peers that the filter lets through, with as
 * many bytes as came, and never an answer.
 */
export class ProbeSocket {
  readonly #listener: ProbeListener;
  readonly #isPeer: (address: string) => boolean;
  #socket: Socket | null = null;
  #address: string | null = null;
  #closedAt = Number.NEGATIVE_INFINITY;
  #counted = new Map<string, number>();
  #second = 0;
  /** How many probes came and went since the start. */
  packets = 0;

  constructor(isPeer: (address: string) => boolean, listener: ProbeListener) {
    this.#isPeer = isPeer;
    this.#listener = listener;
  }

  /** Listens at the address, unless it does already. */
  open(address: string): void {
    if (this.#address === address && this.#socket) return;
    if (this.#address === address && performance.now() - this.#closedAt < REOPEN_MS) return;
    this.close();
    const socket = createSocket({ type: "udp4" });
    socket.on("error", () => this.close());
    socket.on("message", (bytes, { address: from, port }) => this.#hear(socket, bytes, from, port));
    socket.bind(PROBE_PORT, address);
    this.#socket = socket;
    this.#address = address;
  }

  /** Nothing is told of a failure: a probe that was not sent is not answered. */
  send(question: Uint8Array, address: string): void {
    this.packets += 1;
    this.#socket?.send(question, PROBE_PORT, address, () => undefined);
  }

  close(): void {
    if (!this.#socket) return;
    this.#socket.removeAllListeners("message").close();
    this.#socket = null;
    this.#closedAt = performance.now();
  }

  #hear(socket: Socket, bytes: Uint8Array, from: string, port: number): void {
    const probe = readProbe(bytes);
    if (!probe || port !== PROBE_PORT || !this.#isPeer(from)) return;
    this.packets += 1;
    if (probe.kind === "answers") this.#listener.onAnswer(from, probe.id);
    else if (this.#mayAnswer(from)) {
      this.packets += 1;
      socket.send(answerTo(bytes), PROBE_PORT, from, () => undefined);
      this.#listener.onQuestion(from);
    }
  }

  #mayAnswer(address: string): boolean {
    const second = Math.floor(performance.now() / 1_000);
    if (second !== this.#second) this.#counted = new Map();
    this.#second = second;
    const count = (this.#counted.get(address) ?? 0) + 1;
    this.#counted.set(address, count);
    return count <= ANSWERS_PER_SECOND;
  }
}
