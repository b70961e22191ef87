import { sha256 } from "@noble/hashes/sha2.js";
import { base64url, fromBase64url } from "../../base/base64url.ts";
import { contains, type Prefix } from "../../net/prefix.ts";
import { canonicalPrefix } from "./prefixes.ts";
import { CONFIG_REFUSALS, type ConfigRefusal, type ConfigRefusalCode } from "./refusals.ts";
import type { RoleKeys, RootDocument } from "./types.ts";

/** Base64url of the first 16 bytes of the SHA-256 of a composite public key. */
export const keyIdOf = (publicKey: Uint8Array): string => base64url(sha256(publicKey).subarray(0, 16));

/** Checks a root apart from its signatures. Gives a refusal, or null. */
export function checkRoot(root: RootDocument): ConfigRefusal | null {
  const fault = (code: ConfigRefusalCode, detail: string): ConfigRefusal => ({
    code,
    where: `root ${root.version}`,
    detail,
    remedy: CONFIG_REFUSALS[code],
  });
  for (const [id, { publicKey }] of Object.entries(root.keys)) {
    const bytes = fromBase64url(publicKey);
    if (!bytes || keyIdOf(bytes) !== id) return fault("ROOT_KEY_ID", `${id} is not the hash of its key.`);
  }
  for (const [name, role] of Object.entries(root.roles)) {
    const wrong = roleFault(root, role);
    if (wrong) return fault("ROOT_THRESHOLD", `The role ${name} ${wrong}.`);
  }
  if (root.roles.online.keyIds.some((id) => root.roles.root.keyIds.includes(id))) {
    return fault("ROOT_SHARED_KEY", "One key has both roles.");
  }
  return overlayOf(root)
    ? null
    : fault("ROOT_OVERLAY", "The overlay's ranges are not of the addresses for it.");
}

function roleFault({ keys }: RootDocument, { keyIds, threshold }: RoleKeys): string | null {
  if (new Set(keyIds).size < keyIds.length) return "names a key twice";
  if (!keyIds.every((id) => Object.hasOwn(keys, id))) return "names a key that the root does not hold";
  if (threshold < 1 || threshold > keyIds.length) {
    return `has ${keyIds.length} keys and the threshold ${threshold}`;
  }
  return null;
}

export interface Overlay {
  readonly ipv4: Prefix;
  readonly ipv6: Prefix;
}

/** The root's ranges. Null when they are not inside the ranges that are set aside for such networks. */
export function overlayOf({ overlay }: RootDocument): Overlay | null {
  const ipv4 = canonicalPrefix(overlay.ipv4);
  const ipv6 = canonicalPrefix(overlay.ipv6);
  return ipv4 && ipv6 && contains(SHARED_ADDRESSES, ipv4) && contains(UNIQUE_LOCAL, ipv6) && ipv6.length >= 48
    ? { ipv4, ipv6 }
    : null;
}

const fixed = (text: string): Prefix => {
  const prefix = canonicalPrefix(text);
  if (!prefix) throw new Error(`${text} is no prefix`);
  return prefix;
};
/** RFC 6598, RFC 4193. */
const SHARED_ADDRESSES = fixed("100.64.0.0/10");
const UNIQUE_LOCAL = fixed("fd00::/8");
