import { createSocket, type Socket } from "node:dgram";
import {
  bindingRequest,
  readBindingAnswer,
  TRANSACTION_BYTES,
  transactionOf,
} from "../../shared/relay/stun.ts";
import type { LegName } from "./candidates.ts";

/** So many legs are asked at once, twice a second. Where there are more, they take turns. */
const BUDGET = 8;
/** A question that was not answered for so long is lost: ms. */
const LATE_MS = 1_000;

/** A leg that is not in use, and who wants to know of it. */
export interface Spare {
  readonly endpoint: string;
  readonly by: LegName;
  readonly onAnswer: (rttMs: number) => void;
  readonly onLate: () => void;
}

/**
 * Asks relays by STUN whether they are there for spare legs: this node's half of the path, at the relay. It has sockets of its
 * own, since WireGuard has the other one, so an answer says nothing of where the relay hears WireGuard. What is no
 * true answer to a question that is still open is dropped.
 */
export class LegProbes {
  readonly #sockets = new Map<"udp4" | "udp6", Socket>();
  /** By their transactions. */
  readonly #asked = new Map<string, { readonly spare: Spare; readonly at: number }>();
  readonly #random: (bytes: number) => Uint8Array;
  #turn = 0;

  /** @param random Makes what nobody can guess. */
  constructor(random: (bytes: number) => Uint8Array) {
    this.#random = random;
  }

  /** Asks the spares whose turn it is, and gives up on what was asked too long ago. */
  ask(spares: readonly Spare[], now = performance.now()): void {
    for (const [id, { spare, at }] of this.#asked) {
      if (now - at < LATE_MS) continue;
      this.#asked.delete(id);
      spare.onLate();
    }
    if (spares.length === 0 && this.#asked.size === 0) this.close();
    const start = spares.length === 0 ? 0 : this.#turn % spares.length;
    const inTurn = [...spares.slice(start), ...spares.slice(0, start)].slice(0, BUDGET);
    for (const spare of inTurn) this.#send(spare, now);
    this.#turn = start + inTurn.length;
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.removeAllListeners("message").close();
    this.#sockets.clear();
    this.#asked.clear();
  }

  #send(spare: Spare, now: number): void {
    const transaction = this.#random(TRANSACTION_BYTES);
    const { leg, probeKey } = spare.by;
    this.#asked.set(idOf(transaction), { spare, at: now });
    const colon = spare.endpoint.lastIndexOf(":");
    const address = spare.endpoint.slice(0, colon).replace(/^\[|\]$/g, "");
    const port = Number(spare.endpoint.slice(colon + 1));
    const question = bindingRequest({ user: leg, key: probeKey }, transaction);
    // A question that could not be sent is not answered.
    this.#socket(address.includes(":") ? "udp6" : "udp4").send(question, port, address, () => undefined);
  }

  #socket(type: "udp4" | "udp6"): Socket {
    const open = this.#sockets.get(type);
    if (open) return open;
    const socket = createSocket(type);
    this.#sockets.set(type, socket);
    socket.on("message", (bytes) => this.#hear(bytes));
    socket.on("error", () => {
      if (this.#sockets.get(type) === socket) this.#sockets.delete(type);
      socket.close();
    });
    return socket;
  }

  #hear(datagram: Uint8Array): void {
    const transaction = transactionOf(datagram);
    const id = transaction && idOf(transaction);
    const question = id && this.#asked.get(id);
    if (!question || !readBindingAnswer(datagram, question.spare.by.probeKey, transaction)) return;
    this.#asked.delete(id);
    question.spare.onAnswer(performance.now() - question.at);
  }
}

const idOf = (transaction: Uint8Array): string => Buffer.from(transaction).toString("hex");
