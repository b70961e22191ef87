import { webcrypto } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { SubtleLike } from "../../../shared/crypto/native/subtle.ts";
import { createCryptoProvider } from "../../../shared/crypto/provider.ts";
import { native, noble, random } from "./support.ts";

/** The run-time's WebCrypto with some methods replaced. */
function altered(changes: Partial<SubtleLike>): SubtleLike {
  const real: SubtleLike = webcrypto.subtle;
  return new Proxy(real, {
    get(target, name) {
      if (Object.hasOwn(changes, name)) return changes[name as keyof SubtleLike];
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

describe("the provider", () => {
  it("uses what the run-time has", () => {
    expect(native.unused).toEqual([]);
    expect(new Set(Object.values(native.backends))).toEqual(new Set(["native"]));
  });

  it("works without WebCrypto", () => {
    expect(noble.unused).toEqual([]);
    expect(new Set(Object.values(noble.backends))).toEqual(new Set(["noble"]));
  });

  it("falls back where an algorithm is missing, and says so", async () => {
    const old = altered({ encapsulateBits: undefined, decapsulateBits: undefined } as never);
    const provider = await createCryptoProvider({ subtle: old, random });
    expect(provider.backends).toEqual({ ...native.backends, mlKem768: "noble" });
    expect(provider.unused).toEqual([
      { algorithm: "mlKem768", reason: expect.stringContaining("lacks the method") },
    ]);
    const key = await provider.xWing.key(random(32));
    const sent = await provider.xWing.encapsulate(key.publicKey);
    expect(sent.ok && (await key.decapsulate(sent.value.ciphertext))).toMatchObject({
      ok: true,
      value: sent.ok && sent.value.sharedSecret,
    });
  });

  it("falls back where an algorithm computes wrongly", async () => {
    const broken = altered({
      verify: async () => true,
      digest: async (name: string, data: Uint8Array<ArrayBuffer>) => {
        const digest = await webcrypto.subtle.digest(name, data);
        return name === "SHA3-256" ? digest.slice(0).transfer(31) : digest;
      },
    });
    const provider = await createCryptoProvider({ subtle: broken, random });
    expect(provider.unused.map(({ algorithm }) => algorithm).sort()).toEqual([
      "ed25519",
      "hmacSha256",
      "mlDsa65",
      "sha3_256",
    ]);
    expect(await provider.sha3_256(random(10))).toHaveLength(32);
  });

  it("does not exist where an algorithm has no backend that computes rightly", async () => {
    const random = (): never => {
      throw new Error("no entropy");
    };
    await expect(createCryptoProvider({ random })).rejects.toThrow(/mlDsa65 .*no entropy/);
  });
});
