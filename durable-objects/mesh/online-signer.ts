import type { EnvelopeSigner } from "../../shared/crypto/dsse.ts";

/**
 * Makes the signer of the hub's online role. Its cryptography is loaded here, so that Workers without a mesh start
 * without it.
 */
export async function makeOnlineSigner(secretKey: string): Promise<EnvelopeSigner> {
  const { createCryptoProvider } = await import("../../shared/crypto/provider.ts");
  const { onlineSigner } = await import("../../shared/node/hub-keys.ts");
  const provider = await createCryptoProvider({
    subtle: crypto.subtle,
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
  });
  return onlineSigner(provider, secretKey);
}
