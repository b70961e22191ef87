import { passage, passedOn } from "./passage.ts";
import type { StreamWatch } from "./stream-watch.ts";

/** A request's body on its way to the upstream. */
export interface Upload {
  /** The bytes as they come, with the same total length. */
  readonly body: ReadableStream;
  /** Settles when no more bytes come, for whatever reason. */
  readonly over: Promise<void>;
}

/** Passes the request's body on. Each chunk starts the time-out for the answer again. */
export function uploaded(request: Request, watch: StreamWatch): Upload | null {
  if (request.body === null) return null;
  const length = request.headers.get("content-length");
  const { readable, writable } = passage(length === null ? null : Number(length));
  const over = passedOn(request.body, writable, { watch, direction: "up", isUse: true }).catch(
    () => undefined,
  );
  return { body: readable, over };
}
