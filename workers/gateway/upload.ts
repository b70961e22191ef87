import { passage, touching } from "./passage.ts";
import type { StreamWatch } from "./stream-watch.ts";

/** A request's body on its way to the upstream. */
export interface Upload {
  /** The bytes as they come, and of the same length. */
  readonly body: ReadableStream;
  /** Settles when nothing more comes, for whatever reason. */
  readonly over: Promise<void>;
}

/** The application's time to answer begins after the upload. */
export function uploaded(request: Request, watch: StreamWatch): Upload | null {
  if (request.body === null) return null;
  const length = request.headers.get("content-length");
  const { readable, writable } = passage(length === null ? null : Number(length));
  // Where either side breaks off, the other one is told by the pipe itself.
  const over = request.body
    .pipeThrough(touching(watch))
    .pipeTo(writable, { signal: watch.signal })
    .catch(() => undefined);
  return { body: readable, over };
}
