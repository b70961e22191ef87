import { sha256 } from "@noble/hashes/sha2.js";

/** The Merkle tree of RFC 6962 §2.1. Leaves are only appended. */

export type Hash = Uint8Array;

/**
 * Reads the hash of a complete subtree: the one with number `index` among the subtrees of 2^level leaves. The
 * hash must exist if the tree contains the subtree completely.
 */
export type ReadNode = (level: number, index: number) => Hash;

export interface TreeNode {
  readonly level: number;
  readonly index: number;
  readonly hash: Hash;
}

/** A range of leaves. `end` is not included. */
export interface LeafRange {
  readonly start: number;
  readonly end: number;
}

/** MTH({d}) = SHA-256(0x00 || d). */
export function leafHash(data: Uint8Array): Hash {
  return sha256.create().update(LEAF_PREFIX).update(data).digest();
}

/** SHA-256(0x01 || left || right). Because of the prefixes, a node can't be mistaken for a leaf. */
export function nodeHash(left: Hash, right: Hash): Hash {
  return sha256.create().update(NODE_PREFIX).update(left).update(right).digest();
}

const emptyRoot = (): Hash => sha256(new Uint8Array(0));

/**
 * The nodes that become complete when `leaves` (their hashes) are appended to a tree of `size` leaves. The
 * new leaves are included. The caller appends by writing all these nodes. Nodes that were written before
 * don't change.
 */
export function appendLeaves(size: number, leaves: readonly Hash[], read: ReadNode): TreeNode[] {
  const added: TreeNode[] = [];
  /** The newest complete subtree of each level, if this call made it. */
  const newest = new Map<number, TreeNode>();
  const add = (node: TreeNode) => {
    added.push(node);
    newest.set(node.level, node);
  };
  leaves.forEach((hash, offset) => {
    let node: TreeNode = { level: 0, index: size + offset, hash };
    while (node.index % 2 === 1) {
      const left = newest.get(node.level);
      const leftHash = left?.index === node.index - 1 ? left.hash : read(node.level, node.index - 1);
      add(node);
      node = { level: node.level + 1, index: (node.index - 1) / 2, hash: nodeHash(leftHash, node.hash) };
    }
    add(node);
  });
  return added;
}

/** MTH(D[0:size]). */
export function rootHash(size: number, read: ReadNode): Hash {
  return size === 0 ? emptyRoot() : rangeHash({ start: 0, end: size }, read);
}

/** MTH(D[start:end]) of a range that occurs in the recursion of the tree. */
export function rangeHash({ start, end }: LeafRange, read: ReadNode): Hash {
  const half = splitPoint(end - start);
  if (half * 2 === end - start || half === 0) return read(Math.log2(end - start), start / (end - start));
  const left = read(Math.log2(half), start / half);
  return nodeHash(left, rangeHash({ start: start + half, end }, read));
}

/** The subtrees whose hashes are PATH(leaf, D[0:size]), deepest first (RFC 6962 §2.1.1). */
export function inclusionPath(leaf: number, size: number): LeafRange[] {
  requireWhole(leaf >= 0 && leaf < size, leaf, size);
  const path: LeafRange[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    path.push(leaf < middle ? { start: middle, end } : { start, end: middle });
    if (leaf < middle) end = middle;
    else start = middle;
  }
  return path.reverse();
}

/** The subtrees whose hashes are PROOF(first, D[0:second]), deepest first (RFC 6962 §2.1.2). */
export function consistencyPath(first: number, second: number): LeafRange[] {
  requireWhole(first >= 0 && first <= second, first, second);
  if (first === 0 || first === second) return [];
  const path: LeafRange[] = [];
  let start = 0;
  let end = second;
  while (first !== end) {
    const middle = start + splitPoint(end - start);
    path.push(first <= middle ? { start: middle, end } : { start, end: middle });
    if (first <= middle) end = middle;
    else start = middle;
  }
  // If the old tree is itself a subtree, the verifier already knows its root.
  if (start > 0) path.push({ start, end });
  return path.reverse();
}

/** The largest power of two below `count`. 0 for a single leaf. Works beyond 32 bits. */
export function splitPoint(count: number): number {
  if (count <= 1) return 0;
  let half = 1;
  while (half * 2 < count) half *= 2;
  return half;
}

function requireWhole(inRange: boolean, a: number, b: number): void {
  if (!inRange || !Number.isSafeInteger(a) || !Number.isSafeInteger(b)) {
    throw new RangeError(`no such proof: ${a} of ${b}`);
  }
}

const LEAF_PREFIX = Uint8Array.of(0);
const NODE_PREFIX = Uint8Array.of(1);
