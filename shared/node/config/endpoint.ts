import { err, ok, type Result } from "../../base/result.ts";
import { classify, formatAddress, parseIPv4, parseIPv6 } from "../../net/address.ts";

/** An endpoint that WireGuard packets are sent to: an address and a port, never a name. */

/** Kinds of addresses where no peer can be, or which only have a meaning on the machine that named them. */
const UNUSABLE = new Set(["unspecified", "loopback", "link_local", "multicast", "reserved", "translated"]);

/**
 * The only spelling of an endpoint: `192.0.2.7:51820` or `[2001:db8::7]:51820`.
 * @param inOverlay Whether an address belongs to the overlay. A tunnel must not run through itself.
 * @returns Why the text is not an endpoint, in words, or the endpoint.
 */
export function parseEndpoint(text: string, inOverlay: (address: string) => boolean): Result<string, string> {
  const match = text.length <= 64 ? /^(?:\[([0-9a-fA-F:]+)\]|([0-9.]+)):([1-9]\d{0,4})$/.exec(text) : null;
  const address = match?.[1] !== undefined ? parseIPv6(match[1]) : parseIPv4(match?.[2] ?? "");
  const port = Number(match?.[3]);
  if (!address || !(port <= 65_535)) return err("must be an address and a port, such as 192.0.2.7:51820");
  const kind = classify(address);
  // IANA has assigned addresses from 2000::/3. Peers of the same site reach each other at private addresses.
  if (UNUSABLE.has(kind)) return err(`must not be a ${kind.replace("_", "-")} address`);
  const canonical = formatAddress(address);
  if (inOverlay(canonical)) return err("must not lie in the network's own range");
  return ok(address.version === 4 ? `${canonical}:${port}` : `[${canonical}]:${port}`);
}
