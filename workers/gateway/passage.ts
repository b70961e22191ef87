import type { StreamWatch } from "./stream-watch.ts";

/** A stream that passes all bytes on. With a known length, the receiver is told the length, and no byte more passes. */
export const passage = (length: number | null): IdentityTransformStream =>
  length === null ? new IdentityTransformStream() : new FixedLengthStream(length);

/** Who is told of each piece that passes. */
export interface Telling {
  readonly watch: StreamWatch;
  readonly direction: "up" | "down";
  /** Whether the traffic keeps the session from idling out. */
  readonly isUse: boolean;
}

/** Lets a piece pass: waits while the stream is held, and tells the watch. @throws The `Cut`, if the stream was cut. */
export async function admit({ watch, direction, isUse }: Telling, bytes: number): Promise<void> {
  await watch.hold.passed();
  if (isUse) watch.touch(direction, bytes);
  else watch.flow.note(direction, bytes, Date.now());
}

/** How much is read at once. By itself, the run-time would read 4 kB of a body at a time. */
const READ_BYTES = 128 * 1024;
/** How many times in a row a body may go on from elsewhere without a single byte in between. */
const MOST_RESTS = 3;

/**
 * Gives what is missing of a body that broke off, or null when that can't be had.
 * @param received How many bytes have come.
 */
export type AskForRest = (received: number) => Promise<ReadableStream | null>;

/**
 * Passes a body on in large pieces, and tells the watch about each piece. Ends as `pipeTo` does: when one side breaks
 * off, or the watch cuts the exchange, the other side is told.
 *
 * @throws What broke the body.
 */
export async function passedOn(
  body: ReadableStream,
  writable: WritableStream,
  telling: Telling,
  askForRest: AskForRest | null = null,
): Promise<void> {
  const { signal, hold } = telling.watch;
  const writer = writable.getWriter();
  let source = largePieces(body);
  const stop = (reason: unknown) => {
    source.cancel(reason);
    writer.abort(reason).catch(() => undefined);
  };
  const cut = () => stop(signal.reason);
  signal.addEventListener("abort", cut);
  if (signal.aborted) cut();
  // Whoever reads may leave while the source is silent.
  writer.closed.catch(() => source.cancel(undefined));
  let received = 0;
  let rests = 0;
  try {
    for (;;) {
      const piece = await source.read().catch(async (error: unknown) => {
        await hold.passed();
        const rest = signal.aborted || rests++ >= MOST_RESTS ? null : await askForRest?.(received);
        if (!rest) throw error;
        source = largePieces(rest);
        return source.read();
      });
      if (piece === null) break;
      await admit(telling, piece.byteLength);
      received += piece.byteLength;
      rests = 0;
      await writer.write(piece);
    }
    await hold.passed();
    await writer.close();
  } catch (error) {
    stop(error);
    throw error;
  } finally {
    signal.removeEventListener("abort", cut);
  }
}

/** Reads a body in large pieces. A piece is valid until the next one is read, since both may be in the same memory. */
function largePieces(body: ReadableStream) {
  const reader = body.getReader({ mode: "byob" });
  let memory: ArrayBufferLike = new ArrayBuffer(READ_BYTES);
  return {
    read: async (): Promise<Uint8Array | null> => {
      const { done, value } = await reader.read(new Uint8Array(memory));
      if (value) memory = value.buffer;
      return done || !value ? null : value;
    },
    cancel: (reason: unknown): void => void reader.cancel(reason).catch(() => undefined),
  };
}
