import { describe, expect, it } from "vitest";
import { createCryptoProvider } from "../../../shared/crypto/provider.ts";
import { where } from "../../support/needs.ts";
import { both, hex, native, unhex, vectors } from "./support.ts";

interface Case {
  readonly tcId: number;
  readonly msg?: string;
  readonly ctx?: string;
  readonly rnd?: string;
  readonly sig: string;
  readonly result: "valid" | "invalid";
}
interface Groups {
  readonly testGroups: readonly {
    readonly privateSeed: string;
    readonly publicKey: string;
    readonly tests: readonly Case[];
  }[];
}

const verifying = vectors<Groups>("wycheproof-mldsa_65_verify_test.json.gz");
const signing = vectors<Groups>("wycheproof-mldsa_65_sign_seed_test.json.gz");

describe.each(both)("ML-DSA-65 by the %s backend", (_, { mlDsa65 }) => {
  where("data").it("verifies as Wycheproof says", async () => {
    const wrong: number[] = [];
    let count = 0;
    for (const { publicKey, tests } of verifying?.testGroups ?? []) {
      for (const { tcId, msg = "", ctx = "", sig, result } of tests) {
        const holds = await mlDsa65.verify(unhex(publicKey), unhex(msg), unhex(sig), unhex(ctx));
        if (holds !== (result === "valid")) wrong.push(tcId);
        count++;
      }
    }
    expect({ wrong, count }).toEqual({ wrong: [], count: 210 });
  });

  it("refuses seeds and contexts of its own side that are too long", async () => {
    await expect(mlDsa65.key(new Uint8Array(31))).rejects.toThrow(RangeError);
    await expect(mlDsa65.key(new Uint8Array(33))).rejects.toThrow(RangeError);
    const key = await mlDsa65.key(new Uint8Array(32));
    await expect(key.sign(new Uint8Array(1), new Uint8Array(256))).rejects.toThrow(RangeError);
    const signature = await key.sign(new Uint8Array(1), new Uint8Array(255));
    expect(await mlDsa65.verify(key.publicKey, new Uint8Array(1), signature, new Uint8Array(255))).toBe(true);
    expect(await mlDsa65.verify(key.publicKey, new Uint8Array(1), signature, new Uint8Array(256))).toBe(
      false,
    );
  });

  it("signs the same message differently each time", async () => {
    const key = await mlDsa65.key(new Uint8Array(32).fill(1));
    const [one, other] = [
      await key.sign(new Uint8Array(3), new Uint8Array(0)),
      await key.sign(new Uint8Array(3), new Uint8Array(0)),
    ];
    expect(hex(one)).not.toBe(hex(other));
  });
});

describe("ML-DSA-65 signatures with chosen randomness", () => {
  where("data").it(
    "are Wycheproof's",
    async () => {
      const wrong: number[] = [];
      let count = 0;
      for (const { privateSeed, publicKey, tests } of signing?.testGroups ?? []) {
        if (privateSeed.length !== 64) continue;
        for (const { tcId, msg, ctx = "", rnd, sig, result } of tests) {
          if (msg === undefined || result !== "valid") continue;
          // FIPS 204 §3.4: the deterministic variant is the one whose randomness is zero.
          const random = () => (rnd === undefined ? new Uint8Array(32) : unhex(rnd));
          const { mlDsa65 } = await createCryptoProvider({ random });
          const key = await mlDsa65.key(unhex(privateSeed));
          const same =
            hex(await key.sign(unhex(msg), unhex(ctx))) === sig && hex(key.publicKey) === publicKey;
          const accepted = await native.mlDsa65.verify(key.publicKey, unhex(msg), unhex(sig), unhex(ctx));
          if (!same || !accepted) wrong.push(tcId);
          count++;
        }
      }
      expect({ wrong, count }).toEqual({ wrong: [], count: 84 });
    },
    120_000,
  );
});
