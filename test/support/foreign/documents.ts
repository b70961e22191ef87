import { ok, strictEqual } from "node:assert";
import * as f from "./crypto.ts";

/** The hub's documents, as `docs/agent-protocol.md` says that they are signed and proven. */

// biome-ignore lint/suspicious/noExplicitAny: what the page says is all that is known of these documents.
export type Document = any;

const { bytes } = f;
export const parse = (raw: Uint8Array): Document => JSON.parse(Buffer.from(raw).toString());

/** Whether a serial comes after another. */
export function isHigher(serial: Document, than: Document): boolean {
  const order = (of: Document): number[] => [of.epoch, of.rootVersion, of.counter];
  const differing = order(serial).findIndex((part, at) => part !== order(than)[at]);
  return differing >= 0 && (order(serial)[differing] ?? 0) > (order(than)[differing] ?? 0);
}

/** The payload, when the threshold of the root's role signed it. */
export async function opened(envelope: string, kind: string, root: Document, role: string): Promise<Buffer> {
  const { payload, payloadType, signatures } = JSON.parse(envelope);
  strictEqual(payloadType, `application/vnd.rustronaut.${kind}+json`);
  const body = Buffer.from(payload, "base64");
  const { keyIds, threshold } = root.roles[role];
  const signers = new Set<string>();
  for (const { keyid, sig } of signatures) {
    if (!keyIds.includes(keyid)) continue;
    const key = bytes(root.keys[keyid].publicKey);
    const signed = f.envelopeBytes(payloadType, body);
    ok(
      await f.verifies(key, signed, Buffer.from(sig, "base64"), "rustronaut/v1/dsse"),
      "the signature holds",
    );
    signers.add(keyid);
  }
  ok(signers.size >= threshold, "the threshold is reached");
  return body;
}

/** RFC 9162 §2.1.3.2: the root that a leaf and its path lead to. */
export function treeRoot(leaf: Buffer, index: number, size: number, path: readonly string[]): Buffer {
  const join = (left: Uint8Array, right: Uint8Array) => f.sha256(Buffer.concat([Buffer.of(1), left, right]));
  let hash = f.sha256(Buffer.concat([Buffer.of(0), leaf]));
  let [at, last] = [index, size - 1];
  for (const sibling of path.map(bytes)) {
    ok(last > 0, "the path is no longer than the tree is high");
    if (at & 1 || at === last) {
      hash = join(sibling, hash);
      while (!(at & 1) && at > 0) [at, last] = [at >> 1, last >> 1];
    } else hash = join(hash, sibling);
    [at, last] = [at >> 1, last >> 1];
  }
  strictEqual(last, 0);
  return hash;
}
