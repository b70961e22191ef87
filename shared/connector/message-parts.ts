import type { Received } from "./tunnel-stream.ts";

export interface Message {
  readonly bytes: Uint8Array;
  readonly isText: boolean;
}

/** Puts the parts of WebSocket messages together again. */
export class MessageParts {
  readonly #most: number;
  #parts: Uint8Array[] = [];
  #size = 0;

  /** @param most The most bytes of a message. */
  constructor(most: number) {
    this.#most = most;
  }

  /** The message that is whole with this part, or null when more parts are to come. */
  add({ bytes, part }: Received): Message | null | "too_big" {
    this.#size += bytes.length;
    if (this.#size > this.#most) return "too_big";
    if (part?.isLast && this.#parts.length === 0) {
      this.#size = 0;
      return { bytes, isText: part.isText };
    }
    this.#parts.push(bytes);
    return part?.isLast ? this.#whole(part.isText) : null;
  }

  #whole(isText: boolean): Message {
    const whole = new Uint8Array(this.#size);
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    this.#parts = [];
    this.#size = 0;
    return { bytes: whole, isText };
  }
}
