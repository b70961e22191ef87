import { PARKED_TTL_MS } from "./parked.ts";

/**
 * Open streams of a session that is paused until its person has shown anew who they are. They are held where they are:
 * nothing passes, and nothing is lost. What can wait at its sender waits there. Only frames of WebSockets must be kept.
 */

/** How long a stream is held, in milliseconds. As long as a form waits. */
export const HELD_MS = PARKED_TTL_MS;
/** The frames that are kept of one WebSocket, of both directions together. */
export const MAX_HELD_FRAMES = 1_024;
/** Their length in bytes. */
export const MAX_HELD_BYTES = 1024 * 1024;
/** The bytes of all frames of one session that one isolate keeps, so that one session leaves room for the others. */
export const MAX_HELD_BYTES_OF_SESSION = 4 * MAX_HELD_BYTES;
/** How many streams of one session are held in one isolate. */
export const MAX_HELD_OF_SESSION = 32;
/** The bytes of all frames that one isolate keeps. */
export const MAX_HELD_IN_ISOLATE = 16 * 1024 * 1024;

/** What one isolate holds, so that it never holds more than it has room for. */
export class HeldStreams {
  readonly #ofSession = new Map<string, number>();
  readonly #bytesOf = new Map<string, number>();
  #bytes = 0;

  /** Whether one more stream of this session is held from now on. */
  enter(session: string): boolean {
    const others = this.#ofSession.get(session) ?? 0;
    if (others >= MAX_HELD_OF_SESSION) return false;
    this.#ofSession.set(session, others + 1);
    return true;
  }

  leave(session: string): void {
    const others = (this.#ofSession.get(session) ?? 1) - 1;
    if (others > 0) this.#ofSession.set(session, others);
    else this.#ofSession.delete(session);
  }

  /** Whether a frame of so many bytes is kept from now on. @param kept What is kept of its stream already. */
  keep(session: string, bytes: number, kept: { readonly frames: number; readonly bytes: number }): boolean {
    const ofSession = (this.#bytesOf.get(session) ?? 0) + bytes;
    const fits =
      ofSession <= MAX_HELD_BYTES_OF_SESSION &&
      kept.frames < MAX_HELD_FRAMES &&
      kept.bytes + bytes <= MAX_HELD_BYTES &&
      this.#bytes + bytes <= MAX_HELD_IN_ISOLATE;
    if (fits) this.#note(session, ofSession, bytes);
    return fits;
  }

  give(session: string, bytes: number): void {
    this.#note(session, (this.#bytesOf.get(session) ?? 0) - bytes, -bytes);
  }

  #note(session: string, ofSession: number, change: number): void {
    this.#bytes += change;
    if (ofSession > 0) this.#bytesOf.set(session, ofSession);
    else this.#bytesOf.delete(session);
  }
}
