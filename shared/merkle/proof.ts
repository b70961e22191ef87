import { type Hash, nodeHash, splitPoint } from "./tree.ts";

/** Verifies the statements of a log about itself, using only hashes. Never throws on hostile input. */

/** Whether `proof` shows that `leaf` (its hash) is at position `index` of the tree of `size` leaves with `root`. */
export function verifyInclusion(
  leaf: Hash,
  index: number,
  size: number,
  proof: readonly Hash[],
  root: Hash,
): boolean {
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  const rest = [...proof];
  const climb = (at: number, count: number): Hash | null => {
    if (count === 1) return leaf;
    const half = splitPoint(count);
    const sibling = rest.pop();
    const child = at < half ? climb(at, half) : climb(at - half, count - half);
    if (!sibling || !child) return null;
    return at < half ? nodeHash(child, sibling) : nodeHash(sibling, child);
  };
  const computed = climb(index, size);
  return rest.length === 0 && computed !== null && sameHash(computed, root);
}

/** Whether `proof` shows that the tree of `first` leaves is a prefix of the tree of `second` leaves. */
export function verifyConsistency(
  first: number,
  second: number,
  firstRoot: Hash,
  secondRoot: Hash,
  proof: readonly Hash[],
): boolean {
  if (!isCount(first) || !isCount(second) || first > second) return false;
  if (first === second) return proof.length === 0 && sameHash(firstRoot, secondRoot);
  // Every tree continues the empty tree.
  if (first === 0) return proof.length === 0;
  const rest = [...proof];
  /**
   * The roots of the old tree and of the new tree within a subtree of `count` leaves. `old` of these leaves
   * are in the old tree.
   */
  const climb = (old: number, count: number, isWholeOldTree: boolean): [Hash, Hash] | null => {
    if (old === count) {
      const shared = isWholeOldTree ? firstRoot : rest.pop();
      return shared ? [shared, shared] : null;
    }
    const half = splitPoint(count);
    const sibling = rest.pop();
    if (!sibling) return null;
    if (old <= half) {
      const left = climb(old, half, isWholeOldTree);
      return left && [left[0], nodeHash(left[1], sibling)];
    }
    const right = climb(old - half, count - half, false);
    return right && [nodeHash(sibling, right[0]), nodeHash(sibling, right[1])];
  };
  const roots = climb(first, second, true);
  return (
    rest.length === 0 && roots !== null && sameHash(roots[0], firstRoot) && sameHash(roots[1], secondRoot)
  );
}

export function sameHash(a: Hash, b: Hash): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;
