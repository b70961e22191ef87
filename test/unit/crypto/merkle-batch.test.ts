import { describe, expect, it } from "vitest";
import { merkleBatch } from "../../../shared/crypto/merkle-batch.ts";
import { verifyInclusion } from "../../../shared/merkle/proof.ts";
import { emptyRoot, leafHash } from "../../../shared/merkle/tree.ts";
import { hex } from "./support.ts";

const leavesOf = (count: number) =>
  Array.from({ length: count }, (_, n) => new TextEncoder().encode(`document ${n}`));

describe("a batch under one root", () => {
  it("proves each of its leaves, at its place only", () => {
    for (const count of [1, 2, 3, 4, 5, 7, 8, 9, 31, 33, 100]) {
      const leaves = leavesOf(count);
      const { root, size, proof } = merkleBatch(leaves);
      expect(size).toBe(count);
      leaves.forEach((leaf, at) => {
        const path = proof(at);
        expect(path.length).toBeLessThanOrEqual(Math.ceil(Math.log2(count)));
        expect(verifyInclusion(leafHash(leaf), at, size, path, root)).toBe(true);
        const elsewhere = count > 1 && verifyInclusion(leafHash(leaf), (at + 1) % count, size, path, root);
        expect(elsewhere).toBe(false);
      });
    }
  });

  it("has the root of RFC 6962's tree", () => {
    // The eight entries and the root that certificate-transparency-go and the RFC's authors test with.
    const entries = [
      "",
      "00",
      "10",
      "2021",
      "3031",
      "40414243",
      "5051525354555657",
      "606162636465666768696a6b6c6d6e6f",
    ];
    const leaves = entries.map((entry) => Uint8Array.from(Buffer.from(entry, "hex")));
    expect(hex(merkleBatch(leaves).root)).toBe(
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    );
    expect(merkleBatch([]).root).toEqual(emptyRoot());
  });

  it("has no proof of a leaf that is not there", () => {
    const { proof } = merkleBatch(leavesOf(3));
    for (const at of [-1, 3, 1.5]) expect(() => proof(at)).toThrow(RangeError);
  });
});
