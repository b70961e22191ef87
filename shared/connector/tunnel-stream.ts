import { BrokenOff } from "../base/errors/broken-off.ts";
import type { Close, Frame, ResetReason } from "./frame.ts";
import { FRAME_HEADER, MAX_DATA } from "./limits.ts";
import {
  apply,
  costOfFrame,
  decide,
  extraOf,
  isOver,
  newStream,
  type StreamCommand,
  type StreamDecision,
  type StreamState,
} from "./stream.ts";

/** A stream was reset, by this side or the other one. */
export class StreamReset extends BrokenOff {
  override readonly name = "StreamReset";
  readonly reason: ResetReason;

  constructor(reason: ResetReason, detail: string) {
    super(detail === "" ? `the stream was reset: ${reason}` : detail);
    this.reason = reason;
  }
}

/** Bytes that came. `part` is set when they belong to a WebSocket message. */
export interface Received {
  readonly bytes: Uint8Array;
  readonly part: { readonly isText: boolean; readonly isLast: boolean } | null;
}

/** What a stream needs of its tunnel. */
export interface StreamHost {
  send(frame: Frame): void;
  /** Waits until this side may send one more frame of data. Null when it may send at once. */
  turn(): Promise<void> | null;
  /** What the peer should be able to send on the stream beyond the initial window from now on. */
  extra(stream: TunnelStream): number;
  /** The stream is over, and nothing of it is held any more. */
  forget(stream: TunnelStream, wasReset: boolean): void;
}

/**
 * One end of a stream, for whoever passes its bytes on. Reading grants the peer what was read before, so a slow reader
 * slows the peer down. At most one `read` and one `write` may wait at a time.
 */
export class TunnelStream {
  readonly id: number;
  readonly #host: StreamHost;
  readonly #queue: Received[] = [];
  readonly #overCallbacks: (() => void)[] = [];
  #state: StreamState;
  /** What the last chunk that was read costs. It is taken with the next read. */
  #lent = 0;
  #answer: Uint8Array | null = null;
  #fault: StreamReset | null = null;
  /** Whether all that the peer had to say has come. Then a reset takes nothing away from the reader. */
  #isWhole = false;
  #isForgotten = false;
  /** How the peer closed its direction. */
  #close: Close | null = null;
  #wakeReader: (() => void) | null = null;
  #wakeWriter: (() => void) | null = null;

  constructor(id: number, role: StreamState["role"], host: StreamHost) {
    this.id = id;
    this.#host = host;
    this.#state = newStream(role);
  }

  /** Why the stream was reset, or null. */
  get fault(): StreamReset | null {
    return this.#fault;
  }

  /** How the peer closed its direction, if it said so. */
  get close(): Close | null {
    return this.#close;
  }

  /** What the peer may still send now. */
  get window(): number {
    return this.#state.window;
  }

  /** What the peer may send beyond the initial window, were everything taken that came. */
  get extra(): number {
    return extraOf(this.#state);
  }

  get isSending(): boolean {
    return this.#state.isSending;
  }

  /** Calls back once when both directions are over, by their ends or by a reset. `fault` says which. */
  onOver(callback: () => void): void {
    if (isOver(this.#state)) callback();
    else this.#overCallbacks.push(callback);
  }

  widen(bytes: number): void {
    if (bytes > 0 && !isOver(this.#state)) this.#run({ type: "widen", bytes });
  }

  /** The head of the answer, which only the opener gets. @throws StreamReset */
  async answered(): Promise<Uint8Array> {
    while (this.#answer === null) {
      if (this.#fault) throw this.#fault;
      await this.#untilRead();
    }
    return this.#answer;
  }

  /** Sends the head of the answer. @throws StreamReset */
  answer(head: Uint8Array): void {
    this.#demandOpen();
    this.#run({ type: "answer", head });
  }

  /** Sends bytes. Resolves when all of them are sent. @throws StreamReset */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const room = await this.#room(FRAME_HEADER);
      const piece = bytes.subarray(at, at + Math.min(MAX_DATA, room));
      this.#run({ type: "send", frame: { type: "data", stream: this.id, bytes: piece } });
      at += piece.length;
    }
  }

  /** Sends one whole WebSocket message. @throws StreamReset */
  async writeMessage(bytes: Uint8Array, isText: boolean): Promise<void> {
    let at = 0;
    do {
      const room = await this.#room(FRAME_HEADER + 1);
      const piece = bytes.subarray(at, at + Math.min(MAX_DATA, room));
      at += piece.length;
      const isLast = at >= bytes.length;
      this.#run({ type: "send", frame: { type: "part", stream: this.id, bytes: piece, isText, isLast } });
    } while (at < bytes.length);
  }

  /** Ends this direction. What was written before still arrives. */
  end(close: Close | null = null): void {
    if (this.#state.isSending) this.#run({ type: "finish", frame: { type: "end", stream: this.id, close } });
  }

  /** The next bytes, or null at the end. @throws StreamReset */
  async read(): Promise<Received | null> {
    this.#takeLent();
    for (;;) {
      const next = this.#queue.shift();
      if (next) {
        this.#lent = costOfReceived(next);
        return next;
      }
      if (this.#isWhole) return null;
      if (this.#fault) throw this.#fault;
      await this.#untilRead();
    }
  }

  /** Gives the stream up in both directions. The peer learns why. */
  reset(reason: ResetReason, detail = ""): void {
    if (isOver(this.#state) && this.#state.held === 0) return;
    this.#fault ??= new StreamReset(reason, detail);
    this.#drop();
    this.#run({ type: "abort", reason, detail });
  }

  /** The tunnel is gone, so nobody can be told. */
  lose(detail: string): void {
    if (isOver(this.#state)) return;
    this.#fault ??= new StreamReset("lost", detail);
    const isDropped = !this.#isWhole;
    if (isDropped) this.#drop();
    this.#apply({ events: [{ type: "over", isDropped }], frames: [], violation: null });
  }

  /** Takes a frame of the peer. Gives what the peer did wrong, or null. */
  hear(frame: Frame): string | null {
    const decided = decide(this.id, this.#state, { type: "hear", frame });
    if (!decided.ok) return decided.error;
    const { violation } = decided.value;
    if (violation !== null) this.#fault ??= new StreamReset("violation", violation);
    else if (frame.type === "reset" && !isOver(this.#state))
      this.#fault ??= new StreamReset(frame.reason, frame.detail);
    else if (frame.type === "answer") this.#answer = frame.head;
    else if (frame.type === "data") this.#queue.push({ bytes: frame.bytes, part: null });
    else if (frame.type === "part") this.#queue.push({ bytes: frame.bytes, part: frame });
    else if (frame.type === "end") [this.#close, this.#isWhole] = [frame.close, true];
    if (violation !== null || (frame.type === "reset" && !this.#isWhole)) this.#drop();
    this.#apply(decided.value);
    return violation;
  }

  #takeLent(): void {
    if (this.#lent === 0) return;
    const cost = this.#lent;
    this.#lent = 0;
    if (this.#state.held < cost) return;
    const extra = this.#state.isReceiving ? this.#host.extra(this) : this.extra;
    this.#run({ type: "take", cost, extra });
  }

  /** The bytes that fit into a frame with this overhead, as soon as there are any. */
  async #room(overhead: number): Promise<number> {
    while (this.#state.credit <= overhead) {
      this.#demandOpen();
      await this.#untilCredit();
    }
    const turn = this.#host.turn();
    if (turn) await turn;
    this.#demandOpen();
    return this.#state.credit - overhead;
  }

  #demandOpen(): void {
    if (this.#fault) throw this.#fault;
    if (!this.#state.isSending) throw new Error("the stream has ended");
  }

  #run(command: StreamCommand): void {
    const decided = decide(this.id, this.#state, command);
    if (!decided.ok) throw new Error(`stream ${this.id}: ${command.type} is refused: ${decided.error}`);
    this.#apply(decided.value);
  }

  #apply({ events, frames }: StreamDecision): void {
    for (const event of events) this.#state = apply(this.#state, event);
    for (const frame of frames) this.#host.send(frame);
    this.#settle();
  }

  /** Wakes whoever waits, and lets go of a stream that is over. */
  #settle(): void {
    if (isOver(this.#state)) for (const callback of this.#overCallbacks.splice(0)) callback();
    const [reader, writer] = [this.#wakeReader, this.#wakeWriter];
    this.#wakeReader = null;
    this.#wakeWriter = null;
    reader?.();
    writer?.();
    if (this.#isForgotten || !isOver(this.#state) || this.#state.held > 0) return;
    this.#isForgotten = true;
    this.#host.forget(this, this.#fault !== null);
  }

  #drop(): void {
    this.#queue.length = 0;
    this.#lent = 0;
    this.#isWhole = false;
  }

  #untilRead(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeReader = resolve;
    });
  }

  #untilCredit(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeWriter = resolve;
    });
  }
}

const costOfReceived = ({ bytes, part }: Received): number =>
  costOfFrame(part ? { type: "part", stream: 0, bytes, ...part } : { type: "data", stream: 0, bytes });
