import { equal, utf8 } from "../bytes.ts";
import { fromHex } from "../hex.ts";
import type { Digest, Primitives } from "../types.ts";

/** Known answers of the classical algorithms, from the standards that define them. */

const digestOfAbc = async (digest: Digest, expected: string) =>
  equal(await digest(utf8("abc")), fromHex(expected));

/** FIPS 180-4, example "abc". */
export const testSha256 = ({ sha256 }: Pick<Primitives, "sha256">) =>
  digestOfAbc(sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");

/** FIPS 180-4, example "abc". */
export const testSha512 = ({ sha512 }: Pick<Primitives, "sha512">) =>
  digestOfAbc(
    sha512,
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" +
      "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
  );

/** FIPS 202, example "abc". */
export const testSha3 = ({ sha3_256 }: Pick<Primitives, "sha3_256">) =>
  digestOfAbc(sha3_256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532");

/** RFC 4231 §4.3. */
export async function testHmac({ hmacSha256 }: Pick<Primitives, "hmacSha256">): Promise<boolean> {
  const key = await hmacSha256.key(utf8("Jefe"));
  const data = utf8("what do ya want for nothing?");
  const tag = fromHex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  return (
    equal(await key.sign(data), tag) &&
    (await key.verify(data, tag)) &&
    !(await key.verify(data, flipped(tag))) &&
    !(await key.verify(data, tag.subarray(0, 16)))
  );
}

/** Test case 16 of the GCM submission to NIST. */
export async function testAesGcm({ aes256Gcm }: Pick<Primitives, "aes256Gcm">): Promise<boolean> {
  const key = await aes256Gcm.key(
    fromHex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
  );
  const nonce = fromHex("cafebabefacedbaddecaf888");
  const associated = fromHex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const plaintext = fromHex(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" +
      "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
  );
  const sealed = fromHex(
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa" +
      "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b",
  );
  const opened = await key.open(nonce, sealed, associated);
  const forged = await key.open(nonce, flipped(sealed), associated);
  return (
    equal(await key.seal(nonce, plaintext, associated), sealed) &&
    opened.ok &&
    equal(opened.value, plaintext) &&
    !forged.ok
  );
}

/** RFC 8032 §7.1, test 3. */
export async function testEd25519({ ed25519 }: Pick<Primitives, "ed25519">): Promise<boolean> {
  const key = await ed25519.key(fromHex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"));
  const publicKey = fromHex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
  const message = fromHex("af82");
  const signature = fromHex(
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac" +
      "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  );
  return (
    equal(key.publicKey, publicKey) &&
    equal(await key.sign(message), signature) &&
    (await ed25519.verify(publicKey, message, signature)) &&
    !(await ed25519.verify(publicKey, message, flipped(signature)))
  );
}

/** RFC 7748 §6.1, computed on Alice's side. */
export async function testX25519({ x25519 }: Pick<Primitives, "x25519">): Promise<boolean> {
  const alice = await x25519.key(fromHex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"));
  const secret = await alice.agree(
    fromHex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"),
  );
  return (
    equal(alice.publicKey, fromHex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")) &&
    secret.ok &&
    equal(secret.value, fromHex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"))
  );
}

export function flipped(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[copy.length - 1] = (copy[copy.length - 1] ?? 0) ^ 1;
  return copy;
}
