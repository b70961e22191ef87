import type { Sent } from "../../http/navigation.ts";
import { parseAddress } from "../../net/address.ts";
import { hashSecret } from "./secret-hash.ts";

/** What of a client's address stays the same from one host to the next: an IPv6 host changes its lower half at will. */
export function networkOf(address: string): string {
  const parsed = parseAddress(address);
  if (!parsed) return address;
  return parsed.version === 6 ? parsed.bytes.slice(0, 8).join(".") : address;
}

/** What can be seen of a browser on every host: its network and its name. Hashed: attempts hold no addresses. */
export function clientMark({ headers }: Pick<Sent, "headers">): string {
  const network = networkOf(headers.get("cf-connecting-ip") ?? "");
  return hashSecret(`${network}\n${headers.get("user-agent") ?? ""}`);
}

/**
 * Whether a sign-in may be another's, so that the person must be asked before it ends in a session: it began in
 * another browser, as far as can be seen, or a page of another site came here without a click. No cookie can tell,
 * since the app's host and the auth host have none in common.
 */
export function mayBeForeign({ headers }: Pick<Sent, "headers">, begunBy: string): boolean {
  const site = headers.get("sec-fetch-site");
  const wasSent = site !== null && site !== "none" && site !== "same-origin";
  const isClick = headers.get("sec-fetch-user") === "?1";
  return clientMark({ headers }) !== begunBy || (wasSent && !isClick);
}
