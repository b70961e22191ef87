import { webcrypto } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { createCryptoProvider } from "../../../shared/crypto/provider.ts";
import type { RandomBytes } from "../../../shared/ports.ts";

export const random: RandomBytes = (length) => webcrypto.getRandomValues(new Uint8Array(length));

export const noble = await createCryptoProvider({ random });
export const native = await createCryptoProvider({ subtle: webcrypto.subtle, random });

/** Every backend of this run-time, for tests that hold whoever computes. */
export const both = [
  ["noble", noble],
  ["native", native],
] as const;

const VECTORS = new URL("../../../../shared/data/pq-vectors/", import.meta.url);

/** The published vectors of `file`, or null where this checkout stands alone. */
export function vectors<T>(file: string): T | null {
  const at = new URL(file, VECTORS);
  if (!existsSync(at)) {
    process.stderr.write(`Skipped: ../shared/data/pq-vectors/${file} is not here\n`);
    return null;
  }
  const bytes = readFileSync(at);
  return JSON.parse((file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString()) as T;
}

export const unhex = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, "hex"));
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const unbase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(Buffer.from(text, "base64"));
