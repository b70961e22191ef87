import { webcrypto } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { RandomBytes } from "../../../shared/base/random.ts";
import { createCryptoProvider } from "../../../shared/crypto/provider.ts";
import { SHARED_DATA } from "../../support/needs.ts";

export const random: RandomBytes = (length) => webcrypto.getRandomValues(new Uint8Array(length));

export const noble = await createCryptoProvider({ random });
export const native = await createCryptoProvider({ subtle: webcrypto.subtle, random });

/** Every backend of this run-time, for tests that hold whoever computes. */
export const both = [
  ["noble", noble],
  ["native", native],
] as const;

const VECTORS = join(SHARED_DATA, "pq-vectors");

/** The published vectors of `file` as text, or null where this checkout stands alone: for tests that need `data`. */
export function vectorsText(file: string): string | null {
  if (!existsSync(SHARED_DATA)) return null;
  const bytes = readFileSync(join(VECTORS, file));
  return (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
}

export const vectors = <T>(file: string): T | null => JSON.parse(vectorsText(file) ?? "null") as T | null;

export const unhex = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, "hex"));
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const unbase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(Buffer.from(text, "base64"));
