import { base64url } from "../../base/base64url.ts";
import { type EnvelopeSigner, signEnvelope } from "../../crypto/dsse.ts";
import { leafHash } from "../../merkle/tree.ts";
import { PAYLOAD_TYPES } from "./envelopes.ts";
import { encode } from "./object.ts";
import { treeLevels, treePath } from "./tick-tree.ts";
import type { HeadDocument, LeafDocument, ObjectHash, Serial, SignedLeaf } from "./types.ts";

/** The changes of a segment that are signed together. */
export interface TickInput {
  readonly network: string;
  readonly segment: string;
  readonly serial: Serial;
  /** Hub time in milliseconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** The changes, at least one. Each node appears once. */
  readonly changes: readonly { readonly node: string; readonly manifest: ObjectHash }[];
}

export interface Tick {
  readonly document: HeadDocument;
  /** The head's envelope. Every proof contains the same text. */
  readonly head: string;
  readonly proofs: ReadonlyMap<string, SignedLeaf>;
}

/**
 * Makes one signature for all changes, and for each node the path from its leaf to the signed root.
 * @param signers The signers of the online role.
 * @throws RangeError without changes, or when a node appears twice.
 */
export async function signTick(input: TickInput, signers: readonly EnvelopeSigner[]): Promise<Tick> {
  const { network, segment, serial, issuedAt, expiresAt } = input;
  const changes = [...input.changes].sort((a, b) => (a.node < b.node ? -1 : 1));
  if (changes.length === 0) throw new RangeError("A tick has at least one change");
  if (new Set(changes.map(({ node }) => node)).size < changes.length) {
    throw new RangeError("A tick has one leaf for each node");
  }
  const leaves = changes.map(({ node, manifest }) =>
    encode({ type: "leaf", network, node, serial, manifest } satisfies LeafDocument),
  );
  const levels = treeLevels(leaves.map(leafHash));
  // Each node of the tree is part of many paths, so its text is made once.
  const texts = levels.map((level) => level.map(base64url));
  const document: HeadDocument = {
    type: "head",
    network,
    segment,
    serial,
    treeSize: leaves.length,
    treeRoot: texts.at(-1)?.[0] ?? "",
    issuedAt,
    expiresAt,
  };
  const envelope = await signEnvelope(PAYLOAD_TYPES.head, encode(document), signers);
  const head = new TextDecoder().decode(envelope);
  const proofs = changes.map(({ node }, index) => {
    const leaf = base64url(leaves[index] ?? new Uint8Array(0));
    return [node, { head, leaf, index, path: treePath(texts, index) }] as const;
  });
  return { document, head, proofs: new Map(proofs) };
}
