import { decodeFrame, encodeFrame, type Frame, type ResetReason } from "./frame.ts";
import { MAX_STREAMS } from "./limits.ts";
import { TunnelStream } from "./tunnel-stream.ts";
import type { WindowBudget } from "./window-budget.ts";

/** What a link needs of the WebSocket under it, and what it says of the other side. */
export interface LinkPort {
  send(frame: Uint8Array<ArrayBuffer>): void;
  /** Waits until one more frame of data may be sent. Null when it may be sent at once. Left out: always at once. */
  readonly turn?: () => Promise<void> | null;
  /** The other side opened a stream. Only agents hear that. */
  readonly onOpen?: (stream: TunnelStream, head: Uint8Array) => void;
  /** The other side takes no new streams. */
  readonly onDrain?: () => void;
}

/** A peer may still send credit for a stream that has ended, once for each direction. */
const STRAYS_OF_ENDED = 64;
const MOST_STRAYS = 256 * 1024 * 1024;

/** One end of a tunnel: the streams that go through one WebSocket. It does no I/O of its own. */
export class Link {
  readonly #port: LinkPort;
  readonly #budget: WindowBudget;
  /** `extra` is what the stream has of the budget. */
  readonly #streams = new Map<number, { readonly stream: TunnelStream; extra: number }>();
  #lastId: number;
  /** What the peer may still send on streams that this side has given up already. */
  #strays = 0;

  /** @param lastId The number before that of the first stream which this side opens. */
  constructor(port: LinkPort, budget: WindowBudget, lastId = 0) {
    this.#port = port;
    this.#budget = budget;
    this.#lastId = lastId;
  }

  get streams(): number {
    return this.#streams.size;
  }

  get isFull(): boolean {
    return this.#streams.size >= MAX_STREAMS;
  }

  /** Opens a stream. The link must not be full. */
  open(head: Uint8Array): TunnelStream {
    do this.#lastId = (this.#lastId % 0xffff_ffff) + 1;
    while (this.#streams.has(this.#lastId));
    const stream = new TunnelStream(this.#lastId, "opener", this.#host);
    this.#send({ type: "open", stream: stream.id, head });
    this.#add(stream);
    return stream;
  }

  /**
   * Takes a message of the other side.
   * @returns What the other side did wrong, in words. Then the WebSocket must be closed. Null if all is well.
   */
  receive(bytes: Uint8Array): string | null {
    const decoded = decodeFrame(bytes);
    if (!decoded.ok) return decoded.error;
    const frame = decoded.value;
    if (frame.type === "drain") {
      this.#port.onDrain?.();
      return null;
    }
    if (frame.type === "open") return this.#accept(frame);
    const known = this.#streams.get(frame.stream);
    if (known) return known.stream.hear(frame);
    this.#strays -= bytes.length;
    return this.#strays < 0 ? `stream ${frame.stream} is not open` : null;
  }

  drain(): void {
    this.#send({ type: "drain" });
  }

  /** Resets all streams. The other side learns why. */
  resetAll(reason: ResetReason, detail: string): void {
    for (const { stream } of [...this.#streams.values()]) stream.reset(reason, detail);
  }

  /** The WebSocket is gone, and all streams with it. */
  lose(detail: string): void {
    for (const { stream } of [...this.#streams.values()]) stream.lose(detail);
  }

  #accept(frame: Frame & { readonly type: "open" }): string | null {
    if (!this.#port.onOpen) return "only the hub opens streams";
    if (this.#streams.has(frame.stream)) return `stream ${frame.stream} is open already`;
    if (this.isFull) {
      this.#send({ type: "reset", stream: frame.stream, reason: "overloaded", detail: "" });
      return null;
    }
    const stream = new TunnelStream(frame.stream, "acceptor", this.#host);
    this.#add(stream);
    this.#port.onOpen(stream, frame.head);
    return null;
  }

  #add(stream: TunnelStream): void {
    const extra = this.#budget.take();
    this.#streams.set(stream.id, { stream, extra });
    stream.widen(extra);
  }

  /** What a stream should have of the budget now. What it has given up since counts for the others. */
  #extra(stream: TunnelStream): number {
    const known = this.#streams.get(stream.id);
    if (!known) return stream.extra;
    this.#budget.giveBack(known.extra - stream.extra);
    known.extra = stream.extra;
    const extra = this.#budget.take(known.extra);
    known.extra = Math.max(known.extra, extra);
    return extra;
  }

  #forget(stream: TunnelStream, wasReset: boolean): void {
    const known = this.#streams.get(stream.id);
    if (!known) return;
    this.#streams.delete(stream.id);
    this.#budget.giveBack(known.extra);
    const strays = STRAYS_OF_ENDED + (wasReset ? stream.window : 0);
    this.#strays = Math.min(MOST_STRAYS, this.#strays + strays);
  }

  #send(frame: Frame): void {
    this.#port.send(encodeFrame(frame));
  }

  readonly #host = {
    send: (frame: Frame) => this.#send(frame),
    turn: () => this.#port.turn?.() ?? null,
    extra: (stream: TunnelStream) => this.#extra(stream),
    forget: (stream: TunnelStream, wasReset: boolean) => this.#forget(stream, wasReset),
  };
}
