import { messageOf } from "../base/errors/cause.ts";
import type { RandomBytes } from "../base/random.ts";
import { compositeOf } from "./composite.ts";
import { nativePrimitives } from "./native/primitives.ts";
import type { SubtleLike } from "./native/subtle.ts";
import { noblePrimitives } from "./noble/primitives.ts";
import { SELF_TESTS } from "./self-test/tests.ts";
import { strict } from "./strict.ts";
import type { BackendName, CryptoProvider, PrimitiveName, Primitives, Unused } from "./types.ts";
import { xWingOf } from "./x-wing.ts";

export interface CryptoSources {
  /** The run-time's `crypto.subtle`, if it has one. */
  readonly subtle?: SubtleLike | undefined;
  readonly random: RandomBytes;
}

/**
 * Chooses a backend for each algorithm: the native backend if the run-time has it and it passes its
 * known-answer test, otherwise the pure one.
 *
 * @throws Error If neither passes. Then this machine computes wrongly, and nothing may be signed or trusted
 *   on it.
 */
export async function createCryptoProvider({ subtle, random }: CryptoSources): Promise<CryptoProvider> {
  const noble = noblePrimitives(random);
  const native = subtle && nativePrimitives(subtle, noble);
  const backends = { ...ALL_NOBLE };
  const unused: Unused[] = [];

  async function choose<Name extends PrimitiveName>(name: Name): Promise<Primitives[Name]> {
    if (native) {
      const fault = await faultOf(name, native, noble);
      if (fault === null) {
        backends[name] = "native";
        return native[name];
      }
      unused.push({ algorithm: name, reason: fault });
    }
    const fault = await faultOf(name, noble, noble);
    if (fault !== null) throw new Error(`The self-test of ${name} failed: ${fault}`);
    return noble[name];
  }

  const primitives = strict({
    sha256: await choose("sha256"),
    sha512: await choose("sha512"),
    sha3_256: await choose("sha3_256"),
    hmacSha256: await choose("hmacSha256"),
    aes256Gcm: await choose("aes256Gcm"),
    ed25519: await choose("ed25519"),
    mlDsa65: await choose("mlDsa65"),
    x25519: await choose("x25519"),
    mlKem768: await choose("mlKem768"),
  });
  return {
    ...primitives,
    composite: compositeOf(primitives),
    xWing: xWingOf(primitives, random),
    random,
    backends,
    unused,
  };
}

const ALL_NOBLE: Readonly<Record<PrimitiveName, BackendName>> = {
  sha256: "noble",
  sha512: "noble",
  sha3_256: "noble",
  hmacSha256: "noble",
  aes256Gcm: "noble",
  ed25519: "noble",
  mlDsa65: "noble",
  x25519: "noble",
  mlKem768: "noble",
};

/**
 * Why `backend` must not be used for the algorithm, or null. The pure SHA-256 is trusted when another
 * algorithm is tested.
 */
async function faultOf(
  name: PrimitiveName,
  backend: Primitives,
  { sha256 }: Pick<Primitives, "sha256">,
): Promise<string | null> {
  try {
    const holds = await SELF_TESTS[name]({ ...backend, ...(name === "sha256" ? {} : { sha256 }) });
    return holds ? null : "It gave a wrong answer";
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : messageOf(error);
  }
}
