import { MAX_DATA } from "../../shared/connector/limits.ts";
import type { TunnelStream } from "../../shared/connector/tunnel-stream.ts";

/** What of a body is kept, so that another agent can get it when the first one could not reach the application. */
const KEPT_BYTES = 64 * 1024;

/** A request's body on its way into a stream. Its beginning is kept for a second try. */
export class Upload {
  readonly #reader: ReadableStreamBYOBReader | null;
  readonly #kept: Uint8Array[] = [];
  #keptBytes = 0;
  /** The read that waits, since a failed try may have begun it. */
  #next: Promise<ReadableStreamReadResult<Uint8Array>> | null = null;
  /** Whether more was read than is kept. Then nobody else can get the whole body. */
  isTouched = false;

  constructor(body: ReadableStream<Uint8Array> | null) {
    this.#reader = body?.getReader({ mode: "byob" }) ?? null;
  }

  /** Passes the body on until it ends or the stream is reset. */
  async into(stream: TunnelStream): Promise<void> {
    try {
      for (const bytes of this.#kept) await stream.write(bytes);
      for (;;) {
        if (stream.fault) return;
        // By itself, the run-time would read 4 kB at a time.
        this.#next ??= this.#reader?.read(new Uint8Array(MAX_DATA)) ?? null;
        const read = await this.#next;
        if (stream.fault) return;
        this.#next = null;
        if (read === null || read.done) return stream.end();
        this.#keep(read.value);
        await stream.write(read.value);
      }
    } catch {
      // The client broke off, or the stream was reset meanwhile. A second reset does nothing.
      stream.reset("cancelled");
    }
  }

  cancel(): void {
    void this.#reader?.cancel().catch(() => undefined);
  }

  #keep(bytes: Uint8Array): void {
    this.#keptBytes += bytes.length;
    if (this.#keptBytes <= KEPT_BYTES) this.#kept.push(bytes);
    else {
      this.isTouched = true;
      this.#kept.length = 0;
    }
  }
}
