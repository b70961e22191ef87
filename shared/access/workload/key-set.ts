import { err, ok, type Result } from "../../base/result.ts";

type Jwk = Readonly<Record<string, unknown>>;

const MOST_KEYS = 20;
/** Members of a private or secret key (RFC 7518 §6). */
const SECRET_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/** Reads a JWK set (RFC 7517 §5) that an administrator wrote down. The error says what is wrong. */
export function publicKeys(text: string): Result<readonly Jwk[], string> {
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch {
    return err("this is not JSON");
  }
  const keys: unknown = isObject(set) ? set.keys : null;
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > MOST_KEYS)
    return err(`\`keys\` must be a list of 1 to ${MOST_KEYS} keys`);
  if (!keys.every((key): key is Jwk => isObject(key) && typeof key.kty === "string"))
    return err("each key must be an object with `kty`");
  if (keys.some((key) => SECRET_MEMBERS.some((name) => name in key)))
    return err("a key is private: write down the public keys only, and replace that key");
  return ok(keys);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
