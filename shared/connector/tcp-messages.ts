/**
 * How a TCP connection goes through a WebSocket: bytes are binary messages. Two texts say what a WebSocket can't say by
 * itself: that one direction has ended, and how many bytes the client has taken.
 */
export const TCP_END = "end";
/** How many bytes a client may have been sent that it has not taken yet. */
export const TCP_WINDOW = 1024 * 1024;

export const tookText = (bytes: number): string => `took ${bytes}`;

/** The bytes that a client has taken, by its text. Null for any other text. */
export function tookBytes(text: string): number | null {
  const bytes = /^took (\d{1,9})$/.exec(text)?.[1];
  return bytes === undefined ? null : Number(bytes);
}

/** What was sent to a client and not taken by it. A client that takes nothing is sent nothing more. */
export class Untaken {
  #bytes = 0;

  get isFull(): boolean {
    return this.#bytes >= TCP_WINDOW;
  }

  sent(bytes: number): void {
    this.#bytes += bytes;
  }

  /** False when the client says that it took more than it was sent, to be sent more than it takes. */
  took(bytes: number): boolean {
    if (bytes > this.#bytes) return false;
    this.#bytes -= bytes;
    return true;
  }
}
