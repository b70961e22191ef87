import { isIPv4, isIPv6 } from "node:net";

/** Texts of addresses and prefixes in the form of `wg` and `ip`, so that wanted and existing values can be compared. */

const IPV6_FORM = /^\[([0-9a-f:]+)\]$/;

/** The canonical text of an address (RFC 5952), or null when the text is not an address. Zone ids are refused. */
export function canonicalAddress(text: string): string | null {
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes("%")) return null;
  return IPV6_FORM.exec(new URL(`http://[${text}]/`).hostname)?.[1] ?? null;
}

/** `address/length` in canonical text. A bare address becomes a host prefix. Null when the text is malformed. */
export function canonicalPrefix(text: string): string | null {
  const [address = "", length, ...rest] = text.split("/");
  const canonical = canonicalAddress(address);
  if (canonical === null || rest.length > 0) return null;
  const most = isIPv4(canonical) ? 32 : 128;
  const bits = length === undefined ? String(most) : length;
  return /^(0|[1-9][0-9]{0,2})$/.test(bits) && Number(bits) <= most ? `${canonical}/${bits}` : null;
}

export const isDefaultRoute = (prefix: string): boolean => prefix === "0.0.0.0/0" || prefix === "::/0";

export const familyOf = (prefix: string): 4 | 6 => (prefix.includes(":") ? 6 : 4);
