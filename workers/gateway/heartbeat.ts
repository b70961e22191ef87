/** After this silence (milliseconds), the gateway checks whether the reader of an event stream is still there. */
const SILENCE_MS = 5_000;
/** A comment line. Readers of event streams skip it (HTML standard §9.2.6), even inside an event. */
const COMMENT = new TextEncoder().encode(":\n");
const NEWLINE = 0x0a;

export interface Heartbeat {
  readonly stream: TransformStream<Uint8Array, Uint8Array>;
  stop(): void;
}

/**
 * Passes an event stream on, as `admit` lets it. While the stream is silent, writes a comment between two lines. When a reader left, the
 * connection looks as if the reader only waits. Only a write shows that the reader left.
 */
export function heartbeat(admit: (bytes: number) => Promise<void>, silenceMs = SILENCE_MS): Heartbeat {
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
    async transform(chunk, controller) {
      // A stream that was cut ends by its signal. What still comes is dropped: thrown here, the cut would be handled by nobody.
      const isAdmitted = await admit(chunk.byteLength).then(
        () => true,
        () => false,
      );
      if (!isAdmitted) return;
      isSilent = false;
      isBetweenLines = chunk.at(-1) === NEWLINE;
      controller.enqueue(chunk);
    },
    flush: stop,
  });
  return { stream, stop };
}
