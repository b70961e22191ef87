import { randomBytes } from "node:crypto";
import { createCryptoProvider } from "../../../shared/crypto/provider.ts";
import type { CryptoProvider } from "../../../shared/crypto/types.ts";
import { fromBase64url } from "../../../shared/encoding.ts";
import { makeRoot, signerFromSeed, signRoot } from "../../../shared/node-config/root-signing.ts";
import type { Client } from "../../../shared/protocol/client.ts";

let provider: Promise<CryptoProvider> | undefined;

export const testCrypto = (): Promise<CryptoProvider> => {
  provider ??= createCryptoProvider({
    subtle: crypto.subtle,
    random: (length) => new Uint8Array(randomBytes(length)),
  });
  return provider;
};

/** What `rustronaut trust init` does: the first root, by a root key that the hub never sees. */
export async function initialiseTrust(admin: Client, now = Date.now()): Promise<void> {
  const { data: keys } = await admin.call("trust.onlineKeys");
  const signer = await signerFromSeed(await testCrypto(), randomBytes(64));
  const document = makeRoot(
    {
      network: keys.network,
      root: { publicKeys: [signer.key.publicKey], threshold: 1 },
      online: { publicKeys: [bytes(keys.online.publicKey)], threshold: 1 },
      hubKem: bytes(keys.hubKem.publicKey),
      overlay: keys.overlay,
      issuedAt: now,
      expiresAt: now + 365 * 86_400_000,
      epoch: 1,
    },
    null,
  );
  await admin.call("trust.addRoot", { body: { envelope: await signRoot(document, [signer]) } });
}

export const bytes = (text: string): Uint8Array<ArrayBuffer> => {
  const decoded = fromBase64url(text);
  if (!decoded) throw new Error("no base64url");
  return decoded;
};
