import { err, ok } from "../../base/result.ts";
import { ML_DSA_65, ML_KEM_768 } from "../lengths.ts";
import type { Bytes, ContextSignatureScheme, KemScheme } from "../types.ts";
import { importOrNull, type NativeKey, plain, type SubtleLike } from "./subtle.ts";

const DSA = "ML-DSA-65";
const KEM = "ML-KEM-768";

export const nativeMlDsa65 = (subtle: SubtleLike): ContextSignatureScheme => ({
  lengths: ML_DSA_65,
  async key(seed) {
    const key = await subtle.importKey("raw-seed", plain(seed), { name: DSA }, false, ["sign"]);
    return {
      publicKey: await publicKeyOf(subtle, key, "verify"),
      sign: async (message, context) =>
        new Uint8Array(await subtle.sign(inContext(context), key, plain(message))),
    };
  },
  async verify(publicKey, message, signature, context) {
    const key = await importOrNull(subtle, "raw-public", publicKey, DSA, ["verify"]);
    return key !== null && subtle.verify(inContext(context), key, plain(signature), plain(message));
  },
});

const inContext = (context: Uint8Array) => ({ name: DSA, context: plain(context) });

export const nativeMlKem768 = (subtle: SubtleLike): KemScheme => ({
  lengths: ML_KEM_768,
  async key(seed) {
    const key = await subtle.importKey("raw-seed", plain(seed), { name: KEM }, false, ["decapsulateBits"]);
    return {
      publicKey: await publicKeyOf(subtle, key, "encapsulateBits"),
      async decapsulate(ciphertext) {
        const secret = await required(subtle.decapsulateBits?.({ name: KEM }, key, plain(ciphertext)));
        return ok(new Uint8Array(secret));
      },
    };
  },
  async encapsulate(publicKey) {
    const key = await importOrNull(subtle, "raw-public", publicKey, KEM, ["encapsulateBits"]);
    if (key === null) return err("MALFORMED_KEY");
    const { ciphertext, sharedKey } = await required(subtle.encapsulateBits?.({ name: KEM }, key));
    return ok({ ciphertext: new Uint8Array(ciphertext), sharedSecret: new Uint8Array(sharedKey) });
  },
});

async function publicKeyOf(subtle: SubtleLike, key: NativeKey, usage: string): Promise<Bytes> {
  const publicKey = await required(subtle.getPublicKey?.(key, [usage]));
  return new Uint8Array((await subtle.exportKey("raw-public", publicKey)) as ArrayBuffer);
}

/** If the run-time lacks the method, this error makes the self-test fail. */
function required<T>(answer: Promise<T> | undefined): Promise<T> {
  if (answer === undefined) throw new Error("The run-time lacks the method");
  return answer;
}
