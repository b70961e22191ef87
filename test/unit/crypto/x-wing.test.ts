import { webcrypto } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createCryptoProvider } from "../../../shared/crypto/provider.ts";
import { where } from "../../support/needs.ts";
import { both, hex, random, unhex, vectors } from "./support.ts";

interface Case {
  readonly seed: string;
  readonly eseed: string;
  readonly ss: string;
  readonly pk: string;
  readonly ct: string;
}

const cases = vectors<readonly Case[]>("xwing-draft.json");
const ENCODED_P = `ed${"ff".repeat(30)}7f`;

describe.each(both)("X-Wing by the %s backend", (_, { xWing }) => {
  where("data").it("decapsulates as the draft says", async () => {
    expect(cases).toHaveLength(3);
    for (const { seed, ss, pk, ct } of cases ?? []) {
      const key = await xWing.key(unhex(seed));
      expect(hex(key.publicKey)).toBe(pk);
      const secret = await key.decapsulate(unhex(ct));
      expect(secret.ok && hex(secret.value)).toBe(ss);
    }
  });

  it("refuses what has another length", async () => {
    const key = await xWing.key(random(32));
    const sent = await xWing.encapsulate(key.publicKey);
    if (!sent.ok) throw new Error("refused an honest key");
    for (const length of [0, 32, 1088, 1119, 1121]) {
      const ciphertext = new Uint8Array(length);
      ciphertext.set(sent.value.ciphertext.subarray(0, length));
      expect(await key.decapsulate(ciphertext)).toEqual({ ok: false, error: "MALFORMED_CIPHERTEXT" });
    }
    for (const length of [0, 32, 1184, 1215, 1217]) {
      const publicKey = new Uint8Array(length);
      publicKey.set(key.publicKey.subarray(0, length));
      expect(await xWing.encapsulate(publicKey)).toEqual({ ok: false, error: "MALFORMED_KEY" });
    }
    await expect(xWing.key(random(64))).rejects.toThrow(RangeError);
  });

  it("refuses a curve half of small order or with a second encoding", async () => {
    const key = await xWing.key(random(32));
    const sent = await xWing.encapsulate(key.publicKey);
    if (!sent.ok) throw new Error("refused an honest key");
    for (const [half, error] of [
      ["00".repeat(32), "SMALL_ORDER_POINT"],
      [`01${"00".repeat(31)}`, "SMALL_ORDER_POINT"],
      [ENCODED_P, "MALFORMED"],
      ["ff".repeat(32), "MALFORMED"],
    ] as const) {
      const publicKey = key.publicKey.slice();
      publicKey.set(unhex(half), 1184);
      expect(await xWing.encapsulate(publicKey)).toEqual({
        ok: false,
        error: error === "MALFORMED" ? "MALFORMED_KEY" : error,
      });
      const ciphertext = sent.value.ciphertext.slice();
      ciphertext.set(unhex(half), 1088);
      expect(await key.decapsulate(ciphertext)).toEqual({
        ok: false,
        error: error === "MALFORMED" ? "MALFORMED_CIPHERTEXT" : error,
      });
    }
  });

  it("refuses a lattice half that is not reduced", async () => {
    const { publicKey } = await xWing.key(random(32));
    publicKey.set([0xff, 0xff, 0xff], 0);
    expect(await xWing.encapsulate(publicKey)).toEqual({ ok: false, error: "MALFORMED_KEY" });
  });

  it("gives another secret for a changed ciphertext", async () => {
    const key = await xWing.key(random(32));
    const sent = await xWing.encapsulate(key.publicKey);
    if (!sent.ok) throw new Error("refused an honest key");
    for (const at of [0, 1087, 1088, 1118]) {
      const ciphertext = sent.value.ciphertext.slice();
      ciphertext[at] = (ciphertext[at] ?? 0) ^ 1;
      const secret = await key.decapsulate(ciphertext);
      expect(secret.ok && hex(secret.value)).not.toBe(hex(sent.value.sharedSecret));
    }
  });
});

describe("X-Wing with chosen randomness", () => {
  where("data").it("encapsulates as the draft says", async () => {
    for (const { eseed, ss, pk, ct } of cases ?? []) {
      const halves: Uint8Array<ArrayBuffer>[] = [];
      const fixed = await createCryptoProvider({
        random: (length) => halves.shift() ?? webcrypto.getRandomValues(new Uint8Array(length)),
      });
      halves.push(unhex(eseed.slice(0, 64)), unhex(eseed.slice(64)));
      const sent = await fixed.xWing.encapsulate(unhex(pk));
      expect(sent.ok && hex(sent.value.ciphertext)).toBe(ct);
      expect(sent.ok && hex(sent.value.sharedSecret)).toBe(ss);
    }
  });
});
