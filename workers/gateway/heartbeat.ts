/** Milliseconds of silence after which an event stream is heard whether its reader is still there. */
const SILENCE_MS = 5_000;
/** A line that readers of event streams skip (HTML standard §9.2.6), also within an event. */
const COMMENT = new TextEncoder().encode(":\n");
const NEWLINE = 0x0a;

export interface Heartbeat {
  readonly stream: TransformStream<Uint8Array, Uint8Array>;
  stop(): void;
}

/**
 * Passes an event stream on, and writes a comment into its silence, between two lines. A connection whose reader left
 * looks like one that only waits until something is written to it.
 */
export function heartbeat(silenceMs = SILENCE_MS): Heartbeat {
  let isSilent = false;
  let isBetweenLines = true;
  let timer: ReturnType<typeof setInterval> | undefined;
  const stop = () => {
    if (timer !== undefined) clearInterval(timer);
  };
  const stream = new TransformStream<Uint8Array, Uint8Array>({
    start(controller) {
      timer = setInterval(() => {
        const isRead = (controller.desiredSize ?? 0) >= 0;
        if (isSilent && isBetweenLines && isRead) controller.enqueue(COMMENT);
        isSilent = true;
      }, silenceMs);
    },
    transform(chunk, controller) {
      isSilent = false;
      isBetweenLines = chunk.at(-1) === NEWLINE;
      controller.enqueue(chunk);
    },
    flush: stop,
  });
  return { stream, stop };
}
