import type { StreamWatch } from "./stream-watch.ts";

/** What goes in comes out, and where the length is known, the other side is told it and no byte more passes. */
export const passage = (length: number | null): IdentityTransformStream =>
  length === null ? new IdentityTransformStream() : new FixedLengthStream(length);

/** Passes everything on, and tells the watch that real traffic flows, so that the session does not idle out. */
export function touching(watch: StreamWatch): TransformStream {
  return new TransformStream({
    transform(chunk, controller) {
      watch.touch();
      controller.enqueue(chunk);
    },
  });
}
