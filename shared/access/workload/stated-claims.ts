import { err, ok, type Result } from "../../base/result.ts";
import { type ClaimRule, fitsPattern } from "./claim-rule.ts";

/** Claims of the protocol (RFC 7519 §4.1, OpenID Connect Core §2). They say nothing about the program. */
const OF_THE_PROTOCOL = new Set(["iss", "aud", "exp", "nbf", "iat", "jti", "nonce", "at_hash", "c_hash"]);
const MOST = 200;
const MOST_CHARACTERS = 6_000;
/** How deep claims may be nested. The JWT is not verified yet, and anybody can nest thousands of objects. */
const MOST_LEVELS = 10;

/**
 * What a JWT states about its program, one text for each value: `repository=acme/shop`. Names of nested claims are joined
 * by dots. A list states each of its values. Texts like these are what rules fit, and what policies see.
 *
 * @returns An error if something could be understood in two ways, or is too much. Nothing is left out, because a policy
 * may forbid what is stated.
 */
export function statedClaims(claims: Readonly<Record<string, unknown>>): Result<string[], string> {
  const stated: string[] = [];
  const names = new Set<string>();
  let fault: string | null = null;
  const state = (name: string, value: unknown, level: number, isElement = false): void => {
    if (value === null || value === undefined || fault !== null) return;
    if (level > MOST_LEVELS) {
      fault = `it nests claims more than ${MOST_LEVELS} levels deep`;
      return;
    }
    if (Array.isArray(value)) {
      if (names.has(name)) fault = `it states ${name} twice`;
      names.add(name);
      for (const element of value) state(name, element, level + 1, true);
    } else if (typeof value === "object") {
      if (isElement) return;
      for (const [key, inner] of Object.entries(value)) state(`${name}.${key}`, inner, level + 1);
    } else {
      if (!isElement && names.has(name)) fault = `it states ${name} twice`;
      names.add(name);
      if (name.includes("=")) fault = "the name of a claim contains =";
      stated.push(`${name}=${String(value)}`);
    }
  };
  for (const [name, value] of Object.entries(claims)) {
    if (!OF_THE_PROTOCOL.has(name)) state(name, value, 1);
  }
  if (fault !== null) return err(fault);
  if (stated.length > MOST || stated.join("").length > MOST_CHARACTERS)
    return err(`it states more than ${MOST} claims or ${MOST_CHARACTERS} characters`);
  return ok([...new Set(stated)].sort());
}

/** The first rule that none of the stated claims meets, or null. */
export const unmetRule = (rules: readonly ClaimRule[], stated: readonly string[]): ClaimRule | null =>
  rules.find(
    ({ name, pattern }) =>
      !stated.some(
        (text) => text.startsWith(`${name}=`) && fitsPattern(pattern, text.slice(name.length + 1)),
      ),
  ) ?? null;
