import type { EnvelopeSigner } from "../../shared/crypto/dsse.ts";
import { createCryptoProvider } from "../../shared/crypto/provider.ts";
import type { AeadKey, CryptoProvider, DecapsulationKey } from "../../shared/crypto/types.ts";
import { hubKem, onlineSigner, sealingKey } from "../../shared/node/hub-keys.ts";
import type { Bindings } from "../platform/env.ts";
import { randomBytes } from "../platform/random.ts";

/** The hub's keys, in expanded form. */
export interface MeshKeys {
  readonly crypto: CryptoProvider;
  readonly online: EnvelopeSigner;
  readonly kem: DecapsulationKey;
  readonly tickets: AeadKey;
  readonly challenges: AeadKey;
}

let held: { readonly secretKey: string; readonly keys: MeshKeys } | undefined;

/**
 * The hub's keys. Each isolate expands them once and keeps them. Requests don't share the promise of an expansion that
 * is not finished, because a promise belongs to the request that made it.
 */
export async function meshKeys({ secretKey }: Bindings): Promise<MeshKeys> {
  if (held?.secretKey === secretKey) return held.keys;
  const provider = await createCryptoProvider({ subtle: crypto.subtle, random: randomBytes });
  const keys: MeshKeys = {
    crypto: provider,
    online: await onlineSigner(provider, secretKey),
    kem: await hubKem(provider, secretKey),
    tickets: await sealingKey(provider, secretKey, "ticket"),
    challenges: await sealingKey(provider, secretKey, "challenge"),
  };
  held = { secretKey, keys };
  return keys;
}
