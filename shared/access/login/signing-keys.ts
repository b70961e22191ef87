/**
 * The accepted signature algorithms of identity providers. This is our own allow-list; the token's own
 * statement never decides (RFC 8725 §3.1).
 */
export const SIGNING_ALGORITHMS = ["RS256", "ES256", "EdDSA", "PS256"] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

export type JwkLike = Readonly<Record<string, unknown>>;

/**
 * The algorithms of our list that the provider says it uses. The default of OpenID Connect Discovery is
 * RS256.
 */
export function usableAlgorithms(advertised: unknown): SigningAlgorithm[] {
  const list: unknown[] = Array.isArray(advertised) ? advertised : ["RS256"];
  return SIGNING_ALGORITHMS.filter((algorithm) => list.includes(algorithm));
}

/**
 * The one key of a set that fits a token header, or null. A key for encryption never fits. A key that names
 * no algorithm fits only if its type allows exactly one of the `usable` algorithms.
 */
export function selectSigningKey(
  keys: readonly JwkLike[],
  header: { readonly alg: SigningAlgorithm; readonly kid: string | null },
  usable: readonly SigningAlgorithm[],
): JwkLike | null {
  if (!usable.includes(header.alg)) return null;
  const fitting = keys.filter(
    (key) => (header.kid === null || key.kid === header.kid) && algorithmOf(key, usable) === header.alg,
  );
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}

function algorithmOf(key: JwkLike, usable: readonly SigningAlgorithm[]): SigningAlgorithm | null {
  if (key.use !== undefined && key.use !== "sig") return null;
  if (Array.isArray(key.key_ops) && !key.key_ops.includes("verify")) return null;
  const possible = usable.filter((algorithm) => fitsType(algorithm, key));
  if (key.alg !== undefined) return possible.find((algorithm) => algorithm === key.alg) ?? null;
  return possible.length === 1 ? (possible[0] ?? null) : null;
}

function fitsType(algorithm: SigningAlgorithm, key: JwkLike): boolean {
  if (algorithm === "ES256") return key.kty === "EC" && key.crv === "P-256";
  if (algorithm === "EdDSA") return key.kty === "OKP" && key.crv === "Ed25519";
  return key.kty === "RSA";
}
