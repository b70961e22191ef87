import { fromBase64url } from "../../base/base64url.ts";
import { equal, utf8 } from "../bytes.ts";
import type { Bytes, Primitives } from "../types.ts";
import { flipped } from "./classical.ts";
import { ML_DSA_65_PUBLIC_KEY_HASH, ML_DSA_65_SIGNATURE } from "./ml-dsa-65-vector.ts";
import {
  ML_KEM_768_CIPHERTEXT,
  ML_KEM_768_PUBLIC_KEY_HASH,
  ML_KEM_768_REJECTED_SECRET,
  ML_KEM_768_SECRET,
} from "./ml-kem-768-vector.ts";

/**
 * Signing is randomized, so a new signature can't be compared with a fixed one. It is checked with the
 * verification that this test has already checked.
 */
export async function testMlDsa65({
  mlDsa65,
  sha256,
}: Pick<Primitives, "mlDsa65" | "sha256">): Promise<boolean> {
  const key = await mlDsa65.key(counting(32));
  const message = utf8("abc");
  const context = utf8("self-test");
  const known = decoded(ML_DSA_65_SIGNATURE);
  const verify = (signature: Uint8Array, under: Uint8Array) =>
    mlDsa65.verify(key.publicKey, message, signature, under);
  return (
    equal(await sha256(key.publicKey), decoded(ML_DSA_65_PUBLIC_KEY_HASH)) &&
    (await verify(known, context)) &&
    !(await verify(known, utf8("another"))) &&
    !(await verify(flipped(known), context)) &&
    (await verify(await key.sign(message, context), context))
  );
}

export async function testMlKem768({
  mlKem768,
  sha256,
}: Pick<Primitives, "mlKem768" | "sha256">): Promise<boolean> {
  const key = await mlKem768.key(counting(64));
  const ciphertext = decoded(ML_KEM_768_CIPHERTEXT);
  const opens = async (encapsulated: Uint8Array, secret: Uint8Array) => {
    const result = await key.decapsulate(encapsulated);
    return result.ok && equal(result.value, secret);
  };
  const tampered = ciphertext.slice();
  tampered[0] = (tampered[0] ?? 0) ^ 1;
  const fresh = await mlKem768.encapsulate(key.publicKey);
  return (
    equal(await sha256(key.publicKey), decoded(ML_KEM_768_PUBLIC_KEY_HASH)) &&
    (await opens(ciphertext, decoded(ML_KEM_768_SECRET))) &&
    (await opens(tampered, decoded(ML_KEM_768_REJECTED_SECRET))) &&
    fresh.ok &&
    (await opens(fresh.value.ciphertext, fresh.value.sharedSecret))
  );
}

const counting = (length: number): Bytes => Uint8Array.from({ length }, (_, n) => n);

/** A vector that can't be decoded becomes empty. It then equals nothing, so its test fails. */
const decoded = (text: string): Bytes => fromBase64url(text) ?? new Uint8Array(0);
