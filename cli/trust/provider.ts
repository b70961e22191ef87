import { randomBytes } from "node:crypto";
import { createCryptoProvider } from "../../shared/crypto/provider.ts";
import type { CryptoProvider } from "../../shared/crypto/types.ts";

let provider: Promise<CryptoProvider> | undefined;

/** The cryptography of this process; tested against known answers when it is first used. */
export function cryptoProvider(): Promise<CryptoProvider> {
  provider ??= createCryptoProvider({
    subtle: crypto.subtle,
    random: (length) => new Uint8Array(randomBytes(length)),
  });
  return provider;
}
