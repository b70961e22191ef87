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
