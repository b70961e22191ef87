import type { StreamWatch } from "./stream-watch.ts";

/** A stream that passes all bytes on. With a known length, the receiver is told the length, and no byte more passes. */
export const passage = (length: number | null): IdentityTransformStream =>
  length === null ? new IdentityTransformStream() : new FixedLengthStream(length);

/**
 * Passes everything on, and tells the watch about each chunk.
 * @param isUse Whether the traffic keeps the session from idling out.
 */
export function touching(
  watch: StreamWatch,
  direction: "up" | "down",
  isUse = true,
): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    transform(chunk, controller) {
      if (isUse) watch.touch(direction, chunk.byteLength);
      else watch.flow.note(direction, chunk.byteLength, Date.now());
      controller.enqueue(chunk);
    },
  });
}
