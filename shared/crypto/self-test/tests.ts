import type { PrimitiveName, Primitives } from "../types.ts";
import {
  testAesGcm,
  testEd25519,
  testHmac,
  testSha3,
  testSha256,
  testSha512,
  testX25519,
} from "./classical.ts";
import { testMlDsa65, testMlKem768 } from "./lattice.ts";

/** One known-answer test for each algorithm. The tests of the lattice algorithms also use SHA-256. */
export const SELF_TESTS: Readonly<Record<PrimitiveName, (backend: Primitives) => Promise<boolean>>> = {
  sha256: testSha256,
  sha512: testSha512,
  sha3_256: testSha3,
  hmacSha256: testHmac,
  aes256Gcm: testAesGcm,
  ed25519: testEd25519,
  mlDsa65: testMlDsa65,
  x25519: testX25519,
  mlKem768: testMlKem768,
};
