import { compactVerify, importJWK, type JWK } from "jose";
import { parseJws, type UnverifiedJws } from "../../../shared/access/login/jws.ts";
import { type JwkLike, usableAlgorithms } from "../../../shared/access/login/signing-keys.ts";
import type { Bindings } from "../../platform/env.ts";
import { ProviderFault } from "../provider-fault.ts";
import { withSigningKey } from "./key-sets.ts";

/**
 * Verifies a token of a provider with the provider's keys.
 *
 * @throws `ProviderFault` or `ProviderAway`.
 */
export async function verifyJws(
  bindings: Bindings,
  server: { readonly jwks_uri?: string; readonly id_token_signing_alg_values_supported?: string[] },
  token: string,
): Promise<UnverifiedJws> {
  const parsed = parseJws(token);
  if (!parsed.ok) throw new ProviderFault(parsed.error);
  if (server.jwks_uri === undefined) throw new ProviderFault("the provider publishes no keys");
  const usable = usableAlgorithms(server.id_token_signing_alg_values_supported);
  const wanted = { header: parsed.value.header, usable };
  return withSigningKey(bindings, server.jwks_uri, wanted, (jwk) => verifiedBy(jwk, token, parsed.value));
}

/**
 * Verifies a token with the key that fits its header.
 *
 * @throws `ProviderFault`
 */
export async function verifiedBy(
  jwk: JwkLike | null,
  token: string,
  parsed: UnverifiedJws,
): Promise<UnverifiedJws> {
  const { alg } = parsed.header;
  if (!jwk) throw new ProviderFault("no key of the provider fits the token");
  try {
    await compactVerify(token, await importJWK(jwk as JWK, alg), { algorithms: [alg] });
  } catch (cause) {
    throw new ProviderFault("the signature does not verify", { cause });
  }
  return parsed;
}
