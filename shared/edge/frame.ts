import { messageOf } from "../relay/wireguard-message.ts";
import { MAX_DATAGRAM, MAX_FRAME } from "./limits.ts";

/**
 * A frame is one binary WebSocket message: datagrams of WireGuard, each behind its length in two bytes (big endian). The
 * object passes a frame on as it came.
 */

const LENGTH = 2;

/** Whether one more datagram goes into a frame that has so many bytes already. */
export const fits = (frameBytes: number, datagram: Uint8Array): boolean =>
  frameBytes + LENGTH + datagram.length <= MAX_FRAME;

/** What a datagram takes of a frame, in bytes. */
export const sizeIn = (datagram: Uint8Array): number => LENGTH + datagram.length;

/** @param datagrams Together no more than `MAX_FRAME`, see `fits`. */
export function encodeFrame(datagrams: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(datagrams.reduce((sum, datagram) => sum + sizeIn(datagram), 0));
  let at = 0;
  for (const datagram of datagrams) {
    frame[at] = datagram.length >> 8;
    frame[at + 1] = datagram.length & 255;
    frame.set(datagram, at + LENGTH);
    at += sizeIn(datagram);
  }
  return frame;
}

/** The datagrams of a frame, as views of it. Null unless it is full of messages of WireGuard and of nothing else. */
export function decodeFrame(frame: Uint8Array): Uint8Array[] | null {
  if (frame.length === 0 || frame.length > MAX_FRAME) return null;
  const datagrams: Uint8Array[] = [];
  for (let at = 0; at < frame.length; ) {
    const length = ((frame[at] ?? 0) << 8) | (frame[at + 1] ?? 0);
    const datagram = frame.subarray(at + LENGTH, at + LENGTH + length);
    if (length > MAX_DATAGRAM || datagram.length !== length || messageOf(datagram) === null) return null;
    datagrams.push(datagram);
    at += LENGTH + length;
  }
  return datagrams;
}
