import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hex } from "../../../shared/base/base64url.ts";
import { verifyConsistency, verifyInclusion } from "../../../shared/merkle/proof.ts";
import {
  appendLeaves,
  consistencyPath,
  type Hash,
  inclusionPath,
  leafHash,
  type ReadNode,
  rangeHash,
  rootHash,
} from "../../../shared/merkle/tree.ts";

/** RFC 6962 §2.1 word for word, on whole lists of leaves: what the incremental tree must agree with. */
const naive = {
  sha: (...parts: Uint8Array[]): Hash => {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    return new Uint8Array(hash.digest());
  },
  split: (n: number): number => 2 ** Math.floor(Math.log2(n - 1)),
  root(leaves: Uint8Array[]): Hash {
    const [only] = leaves;
    if (!only) return this.sha();
    if (leaves.length === 1) return this.sha(Uint8Array.of(0), only);
    const k = this.split(leaves.length);
    return this.sha(Uint8Array.of(1), this.root(leaves.slice(0, k)), this.root(leaves.slice(k)));
  },
  path(m: number, leaves: Uint8Array[]): Hash[] {
    if (leaves.length <= 1) return [];
    const k = this.split(leaves.length);
    return m < k
      ? [...this.path(m, leaves.slice(0, k)), this.root(leaves.slice(k))]
      : [...this.path(m - k, leaves.slice(k)), this.root(leaves.slice(0, k))];
  },
  subproof(m: number, leaves: Uint8Array[], whole: boolean): Hash[] {
    if (m === leaves.length) return whole ? [] : [this.root(leaves)];
    const k = this.split(leaves.length);
    return m <= k
      ? [...this.subproof(m, leaves.slice(0, k), whole), this.root(leaves.slice(k))]
      : [...this.subproof(m - k, leaves.slice(k), false), this.root(leaves.slice(0, k))];
  },
};

/** A tree in memory, grown as the log grows it. */
class MemoryTree {
  size = 0;
  readonly #nodes = new Map<string, Hash>();
  readonly read: ReadNode = (level, index) => {
    const hash = this.#nodes.get(`${level}/${index}`);
    if (!hash) throw new Error(`node ${level}/${index} is not complete`);
    return hash;
  };

  append(leaves: Uint8Array[]): void {
    for (const node of appendLeaves(this.size, leaves.map(leafHash), this.read)) {
      const place = `${node.level}/${node.index}`;
      if (this.#nodes.has(place)) throw new Error(`${place} was written twice`);
      this.#nodes.set(place, node.hash);
    }
    this.size += leaves.length;
  }

  inclusion = (leaf: number, size: number) =>
    inclusionPath(leaf, size).map((range) => rangeHash(range, this.read));
  consistency = (first: number, second: number) =>
    consistencyPath(first, second).map((range) => rangeHash(range, this.read));
}

const LEAVES = Array.from({ length: 300 }, (_, i) => new TextEncoder().encode(`leaf ${i}`));

function grown(batch: number): MemoryTree {
  const tree = new MemoryTree();
  for (let i = 0; i < LEAVES.length; i += batch) tree.append(LEAVES.slice(i, i + batch));
  return tree;
}

const hexAll = (hashes: Hash[]) => hashes.map(hex);

describe("the Merkle tree", () => {
  it("gives the roots of Certificate Transparency's eight test leaves", () => {
    const inputs = [
      "",
      "00",
      "10",
      "2021",
      "3031",
      "40414243",
      "5051525354555657",
      "606162636465666768696a6b6c6d6e6f",
    ].map((text) => new Uint8Array(Buffer.from(text, "hex")));
    const tree = new MemoryTree();
    const roots = inputs.map((input, i) => {
      tree.append([input]);
      return hex(rootHash(i + 1, tree.read));
    });
    expect(hex(rootHash(0, tree.read))).toBe(
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
    expect(roots).toEqual([
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]);
  });

  it.each([1, 7, 64, 300])("agrees with the recursive definition when grown by %i", (batch) => {
    const tree = grown(batch);
    for (let size = 0; size <= LEAVES.length; size++) {
      expect(hex(rootHash(size, tree.read))).toBe(hex(naive.root(LEAVES.slice(0, size))));
    }
  });

  it("proves inclusion as RFC 6962 does, for every size and leaf", () => {
    const tree = grown(64);
    for (const size of [1, 2, 3, 7, 8, 9, 63, 64, 65, 100, 299, 300]) {
      for (let leaf = 0; leaf < size; leaf++) {
        expect(hexAll(tree.inclusion(leaf, size))).toEqual(hexAll(naive.path(leaf, LEAVES.slice(0, size))));
      }
    }
    for (let size = 1; size <= LEAVES.length; size++) {
      const root = rootHash(size, tree.read);
      for (let leaf = 0; leaf < size; leaf += 1 + Math.floor(size / 9)) {
        const hash = tree.read(0, leaf);
        expect(verifyInclusion(hash, leaf, size, tree.inclusion(leaf, size), root)).toBe(true);
      }
    }
  });

  it("proves consistency as RFC 6962 does, between sizes up to 300", () => {
    const tree = grown(64);
    const roots = Array.from({ length: 301 }, (_, size) => rootHash(size, tree.read));
    for (let second = 1; second <= 300; second++) {
      for (let first = 1; first <= second; first += second < 40 ? 1 : 11) {
        const proof = tree.consistency(first, second);
        if (second < 80 || second > 290) {
          expect(hexAll(proof)).toEqual(hexAll(naive.subproof(first, LEAVES.slice(0, second), true)));
        }
        expect(
          verifyConsistency(first, second, roots[first] as Hash, roots[second] as Hash, proof),
          `${first} to ${second}`,
        ).toBe(true);
      }
    }
  });

  it("takes every tree for a continuation of the empty one, and of itself only with the same root", () => {
    const tree = grown(64);
    const root = rootHash(5, tree.read);
    expect(verifyConsistency(0, 5, rootHash(0, tree.read), root, [])).toBe(true);
    expect(verifyConsistency(5, 5, root, root, [])).toBe(true);
    expect(verifyConsistency(5, 5, root, rootHash(6, tree.read), [])).toBe(false);
    expect(verifyConsistency(0, 5, rootHash(0, tree.read), root, [root])).toBe(false);
  });

  it("refuses to prove what it does not hold", () => {
    for (const [leaf, size] of [
      [5, 5],
      [-1, 5],
      [0.5, 5],
      [0, 0],
    ] as const) {
      expect(() => inclusionPath(leaf, size)).toThrow(RangeError);
    }
    expect(() => consistencyPath(6, 5)).toThrow(RangeError);
  });
});

describe("a forged proof", () => {
  const tree = grown(64);
  const sizes = fc.integer({ min: 2, max: 300 });
  const params = { seed: 6962, numRuns: 500 };

  /** One hash with a bit flipped, dropped, doubled, added or exchanged with its neighbour. */
  const mutations = fc.record({
    how: fc.constantFrom("flip", "drop", "double", "add", "swap", "cut"),
    at: fc.nat(),
    bit: fc.nat({ max: 255 }),
  });
  function mutate(proof: Hash[], { how, at, bit }: { how: string; at: number; bit: number }): Hash[] | null {
    const forged = proof.map((hash) => hash.slice());
    const n = proof.length === 0 ? 0 : at % proof.length;
    const hash = forged[n];
    if (how === "add" || !hash) return [...forged, new Uint8Array(32).fill(bit)];
    if (how === "flip") hash[bit >> 3] = (hash[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    if (how === "drop") forged.splice(n, 1);
    if (how === "double") forged.splice(n, 0, hash);
    if (how === "cut") forged[n] = hash.slice(0, 31);
    if (how === "swap") {
      const other = forged[n + 1];
      if (!other) return null;
      [forged[n], forged[n + 1]] = [other, hash];
    }
    return forged;
  }

  it("of inclusion never verifies", () => {
    fc.assert(
      fc.property(sizes, fc.nat(), mutations, (size, seed, mutation) => {
        const leaf = seed % size;
        const forged = mutate(tree.inclusion(leaf, size), mutation);
        const root = rootHash(size, tree.read);
        if (forged) expect(verifyInclusion(tree.read(0, leaf), leaf, size, forged, root)).toBe(false);
      }),
      params,
    );
  });

  it("of inclusion does not carry over to another leaf or place", () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (size, a, b) => {
        const [leaf, other] = [a % size, b % size];
        fc.pre(leaf !== other);
        const root = rootHash(size, tree.read);
        const proof = tree.inclusion(leaf, size);
        expect(verifyInclusion(tree.read(0, other), leaf, size, proof, root)).toBe(false);
        expect(verifyInclusion(tree.read(0, leaf), other, size, proof, root)).toBe(false);
      }),
      params,
    );
  });

  it("of consistency never verifies", () => {
    fc.assert(
      fc.property(sizes, fc.nat(), mutations, (second, seed, mutation) => {
        const first = 1 + (seed % (second - 1));
        const forged = mutate(tree.consistency(first, second), mutation);
        const roots = [rootHash(first, tree.read), rootHash(second, tree.read)] as const;
        if (forged) expect(verifyConsistency(first, second, ...roots, forged)).toBe(false);
      }),
      params,
    );
  });

  it("never makes a changed history pass", () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (second, a, b) => {
        const first = 1 + (a % (second - 1));
        const changed = LEAVES.slice(0, second);
        changed[b % first] = new TextEncoder().encode("something else");
        const fork = new MemoryTree();
        fork.append(changed);
        const roots = [rootHash(first, tree.read), rootHash(second, fork.read)] as const;
        for (const grower of [tree, fork]) {
          const proof = grower.consistency(first, second);
          expect(verifyConsistency(first, second, ...roots, proof)).toBe(false);
        }
      }),
      { ...params, numRuns: 200 },
    );
  });
});
