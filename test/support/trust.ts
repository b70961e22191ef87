import type { Client } from "../../shared/api/client.ts";
import { fromBase64url } from "../../shared/base/base64url.ts";
import type { EnvelopeSigner } from "../../shared/crypto/dsse.ts";
import { createCryptoProvider } from "../../shared/crypto/provider.ts";
import { makeRoot, signerFromSeed, signRoot } from "../../shared/node/config/root-signing.ts";

const YEAR_MS = 365 * 86_400_000;

/** Gives the network of a test its first root. @returns Who may sign the next one. */
export async function initTrust(admin: Client): Promise<EnvelopeSigner> {
  const provider = await createCryptoProvider({
    subtle: crypto.subtle,
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
  });
  const { data: keys } = await admin.call("trust.onlineKeys");
  const signer = await signerFromSeed(provider, provider.random(provider.composite.lengths.seed));
  const bytes = (text: string) => fromBase64url(text) ?? new Uint8Array();
  const now = Date.now();
  const root = makeRoot(
    {
      network: keys.network,
      root: { publicKeys: [signer.key.publicKey], threshold: 1 },
      online: { publicKeys: [bytes(keys.online.publicKey)], threshold: 1 },
      hubKem: bytes(keys.hubKem.publicKey),
      overlay: keys.overlay,
      issuedAt: now,
      expiresAt: now + YEAR_MS,
      epoch: keys.epoch + 1,
    },
    null,
  );
  await admin.call("trust.addRoot", { body: { envelope: await signRoot(root, [signer]) } });
  return signer;
}
