import { fromBase64url } from "../../base/base64url.ts";
import { hasDuplicateKeys } from "../../base/json-keys.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from "./signing-keys.ts";

export interface UnverifiedJws {
  readonly header: {
    readonly alg: SigningAlgorithm;
    readonly kid: string | null;
    readonly typ: string | null;
  };
  readonly claims: Readonly<Record<string, unknown>>;
}

const MAX_LENGTH = 65_536;
/** A header that contains or points to its own key asks us to trust the token instead of the provider. */
const OWN_KEY = ["jku", "jwk", "x5u", "x5c", "crit", "b64"];

/** Splits a compact JWS into its parts, strictly. Doesn't verify the signature. The error says what was wrong. */
export function parseJws(token: string): Result<UnverifiedJws, string> {
  if (token.length > MAX_LENGTH) return err("the token is too long");
  const parts = token.split(".");
  const [headerText, claimsText] = parts;
  if (parts.length !== 3 || headerText === undefined || claimsText === undefined) {
    return err("it is not a signed token");
  }
  const header = parseObject(headerText);
  const claims = parseObject(claimsText);
  if (!header || !claims) return err("header and claims must be JSON objects without duplicate names");
  if (OWN_KEY.some((name) => name in header)) return err("the header must not bring its own key");
  const alg = SIGNING_ALGORITHMS.find((algorithm) => algorithm === header.alg);
  if (!alg) return err("the algorithm is not allowed");
  const { kid, typ } = header;
  if (kid !== undefined && (typeof kid !== "string" || kid.length > 255)) return err("the kid is malformed");
  return ok({
    header: { alg, kid: kid ?? null, typ: typeof typ === "string" ? typ.toLowerCase() : null },
    claims,
  });
}

function parseObject(part: string): Record<string, unknown> | null {
  const bytes = fromBase64url(part);
  if (!bytes) return null;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value) || hasDuplicateKeys(text))
      return null;
    return value as Record<string, unknown>;
  } catch {
    return null;
  }
}
