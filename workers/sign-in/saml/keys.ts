import { importX509 } from "jose";
import type { IsSigned, SamlAlgorithm } from "../../../shared/access/login/saml/signature.ts";

const MIN_RSA_BITS = 2_048;

const PARAMETERS: Record<SamlAlgorithm, "RSASSA-PKCS1-v1_5" | { name: "ECDSA"; hash: "SHA-256" }> = {
  RS256: "RSASSA-PKCS1-v1_5",
  RS384: "RSASSA-PKCS1-v1_5",
  RS512: "RSASSA-PKCS1-v1_5",
  ES256: { name: "ECDSA", hash: "SHA-256" },
};

/**
 * Verifies with the keys in a provider's certificates. Everything else in a certificate is ignored, including
 * its expiry (SAML Metadata Interoperability Profile), because the metadata say which keys are valid.
 */
export const verifierOf =
  (certificates: readonly string[]): IsSigned =>
  async (algorithm, signed, signature) => {
    for (const certificate of certificates) {
      const key = await keyOf(certificate, algorithm);
      if (key && (await crypto.subtle.verify(PARAMETERS[algorithm], key, signature, signed))) return true;
    }
    return false;
  };

/** The key of the certificate. Null if the key doesn't fit this algorithm or is too weak. */
export async function keyOf(certificate: string, algorithm: SamlAlgorithm): Promise<CryptoKey | null> {
  const pem = `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----`;
  const key = await importX509(pem, algorithm).catch(() => null);
  if (!key) return null;
  const { modulusLength } = key.algorithm as { readonly modulusLength?: number };
  return modulusLength !== undefined && modulusLength < MIN_RSA_BITS ? null : key;
}
