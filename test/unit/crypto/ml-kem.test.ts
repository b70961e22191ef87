import { describe, expect } from "vitest";
import { createCryptoProvider } from "../../../shared/crypto/provider.ts";
import { where } from "../../support/needs.ts";
import { both, hex, unhex, vectors, vectorsText } from "./support.ts";

interface Case {
  readonly tcId: number;
  readonly seed: string;
  readonly ek?: string;
  readonly m: string;
  readonly c: string;
  readonly K: string;
  readonly result: "valid" | "invalid";
}
interface Groups {
  readonly testGroups: readonly { readonly tests: readonly Case[] }[];
}

const casesOf = (file: string): readonly Case[] | null =>
  vectors<Groups>(file)?.testGroups.flatMap(({ tests }) => tests) ?? null;

const decapsulating = casesOf("wycheproof-mlkem_768_test.json.gz");
const generating = casesOf("wycheproof-mlkem_768_keygen_seed_test.json.gz");
const encapsulating = casesOf("wycheproof-mlkem_768_encaps_test.json.gz");

describe.each(both)("ML-KEM-768 by the %s backend", (_, { mlKem768 }) => {
  where("data").it("decapsulates as Wycheproof says", async () => {
    const wrong: number[] = [];
    for (const { tcId, seed, ek, c, K, result } of decapsulating ?? []) {
      if (seed.length !== 128) {
        await expect(mlKem768.key(unhex(seed))).rejects.toThrow(RangeError);
        continue;
      }
      const key = await mlKem768.key(unhex(seed));
      const secret = await key.decapsulate(unhex(c));
      const holds = secret.ok && hex(secret.value) === K && hex(key.publicKey) === ek;
      if (holds !== (result === "valid")) wrong.push(tcId);
    }
    expect(wrong).toEqual([]);
    expect(decapsulating).toHaveLength(193);
  });

  where("data").it("makes the public keys that Wycheproof says", async () => {
    for (const { seed, ek } of generating ?? []) {
      expect(hex((await mlKem768.key(unhex(seed))).publicKey)).toBe(ek);
    }
  });

  where("data").it("takes and refuses public keys as Wycheproof says", async () => {
    const wrong: number[] = [];
    for (const { tcId, ek = "", result } of encapsulating ?? []) {
      if ((await mlKem768.encapsulate(unhex(ek))).ok !== (result === "valid")) wrong.push(tcId);
    }
    expect(wrong).toEqual([]);
  });
});

describe("ML-KEM-768 with chosen randomness", () => {
  where("data").it("encapsulates as Wycheproof says", async () => {
    let randomness = new Uint8Array(32);
    const { mlKem768 } = await createCryptoProvider({ random: () => randomness.slice() });
    for (const { ek = "", m, c, K, result } of encapsulating ?? []) {
      if (result !== "valid") continue;
      randomness = unhex(m);
      const sent = await mlKem768.encapsulate(unhex(ek));
      expect(sent.ok && hex(sent.value.ciphertext)).toBe(c);
      expect(sent.ok && hex(sent.value.sharedSecret)).toBe(K);
    }
  });

  where("data").it("survives C2SP's unlucky sample", async () => {
    const field = Object.fromEntries(
      vectorsText("cctv-ML-KEM-unluckysample-ML-KEM-768.txt")
        ?.split("\n")
        .map((line) => line.split(" = ")) ?? [],
    ) as Record<"ek" | "m" | "K" | "c", string>;
    // Its key comes of the draft's derivation, before FIPS 203 added k to it; encapsulation is the standard's.
    const fixed = await createCryptoProvider({ random: () => unhex(field.m) });
    const sent = await fixed.mlKem768.encapsulate(unhex(field.ek));
    expect(sent.ok && hex(sent.value.ciphertext)).toBe(field.c);
    expect(sent.ok && hex(sent.value.sharedSecret)).toBe(field.K);
  });
});
