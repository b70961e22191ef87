import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Said, soleProof } from "../../../../shared/access/login/sole-proof.ts";

const said = fc.oneof(
  fc.constantFrom<Said<{ id: number }>>("stale", "ended", "unknown"),
  fc.nat(3).map((id) => ({ id })),
);

describe("I8: several cookies of one name", () => {
  it("prove a session only where exactly one does and every owner could say", () => {
    fc.assert(
      fc.property(fc.array(said, { maxLength: 4 }), (all) => {
        const proofs = all.filter((each) => typeof each === "object");
        const proof = soleProof(all);
        if (all.includes("stale")) expect(proof).toBe("stale");
        else if (proofs.length === 1) expect(proof).toBe(proofs[0]);
        else expect(proof).toBe(all.includes("ended") ? "ended" : "unknown");
      }),
    );
  });

  it("count alike in whatever order they come", () => {
    fc.assert(
      fc.property(fc.array(said, { maxLength: 4 }), (all) => {
        expect(soleProof(all.toReversed())).toEqual(soleProof(all));
      }),
    );
  });
});
