import { appendLeaves, type Hash, inclusionPath, leafHash, rangeHash, rootHash } from "../merkle/tree.ts";

/**
 * Many documents under one signature: the root of their Merkle tree (RFC 6962 §2.1) is signed once, and each document
 * travels with its path of at most log2(n) hashes, checked by `verifyInclusion`. The signed root must be accompanied by
 * the number of leaves.
 */
export interface MerkleBatch {
  readonly root: Hash;
  readonly size: number;
  /** The path from the leaf at `index` to the root, deepest first. */
  proof(index: number): Hash[];
}

/** @param leaves What each leaf says, before hashing. The caller's encoding must be unambiguous. */
export function merkleBatch(leaves: readonly Uint8Array[]): MerkleBatch {
  const levels: Hash[][] = [];
  const read = (level: number, index: number): Hash => {
    const hash = levels[level]?.[index];
    if (hash === undefined) throw new RangeError(`The batch has no node ${index} on level ${level}`);
    return hash;
  };
  const size = leaves.length;
  for (const { level, index, hash } of appendLeaves(0, leaves.map(leafHash), read)) {
    levels[level] ??= [];
    levels[level][index] = hash;
  }
  return {
    root: rootHash(size, read),
    size,
    proof: (index) => inclusionPath(index, size).map((range) => rangeHash(range, read)),
  };
}
