import type { ObjectHash, Serial } from "./types.ts";

/** Negative when `a` is older than `b`, 0 when equal, positive when newer. */
export const compareSerials = (a: Serial, b: Serial): number =>
  a.epoch - b.epoch || a.rootVersion - b.rootVersion || a.counter - b.counter;

/**
 * The counter after `last`. It follows the hub's clock. When a node moves to another segment, another object counts,
 * and the node still sees the counter grow.
 */
export const nextCounter = (last: number, nowMs: number): number => Math.max(last + 1, nowMs);

/** The name of the config that a node has applied. */
export interface ConfigTag {
  readonly serial: Serial;
  readonly manifest: ObjectHash;
}

/** The entity tag without its quotes: `<epoch>.<rootVersion>.<counter>.<manifest>`. */
export const formatTag = ({ serial, manifest }: ConfigTag): string =>
  `${serial.epoch}.${serial.rootVersion}.${serial.counter}.${manifest}`;

const TAG = /^(0|[1-9]\d{0,15})\.(0|[1-9]\d{0,15})\.(0|[1-9]\d{0,15})\.([A-Za-z0-9_-]{43})$/;

/** Reads one tag in its only spelling. Null for any other text. */
export function parseTag(text: string): ConfigTag | null {
  const [, epoch, rootVersion, counter, manifest] = TAG.exec(text) ?? [];
  if (manifest === undefined) return null;
  const serial = { epoch: Number(epoch), rootVersion: Number(rootVersion), counter: Number(counter) };
  return Object.values(serial).every(Number.isSafeInteger) ? { serial, manifest } : null;
}
