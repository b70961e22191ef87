import { type Hash, nodeHash } from "../../merkle/tree.ts";

/**
 * Computes the whole tree of RFC 6962 §2.1 at once. Neighbours are hashed in pairs, and a node without a neighbour
 * rises unchanged. The result is the same tree as the recursive one, which is split at powers of two.
 * @param leaves The hashes of the leaves, at least one.
 * @returns The levels. The last level is the root alone.
 */
export function treeLevels(leaves: readonly Hash[]): readonly (readonly Hash[])[] {
  const levels: (readonly Hash[])[] = [leaves];
  for (let below = leaves; below.length > 1; ) {
    const level: Hash[] = [];
    for (let at = 0; at < below.length; at += 2) {
      const [left, right] = [below[at], below[at + 1]];
      if (left) level.push(right ? nodeHash(left, right) : left);
    }
    levels.push(level);
    below = level;
  }
  return levels;
}

/** PATH(leaf, D[n]) of RFC 6962 §2.1.1, deepest first, taken from the levels. */
export function treePath<T>(levels: readonly (readonly T[])[], leaf: number): readonly T[] {
  const path: T[] = [];
  let at = leaf;
  for (const level of levels) {
    const sibling = level[at ^ 1];
    if (sibling !== undefined) path.push(sibling);
    at >>= 1;
  }
  return path;
}
