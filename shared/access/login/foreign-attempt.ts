import type { Sent } from "../../http/navigation.ts";
import { parseAddress } from "../../net/address.ts";
import { hashSecret } from "./secret-hash.ts";

/**
 * The part of a client's address that is the same for requests to different hosts. An IPv6 client may change
 * the lower half of its address at any time.
 */
export function networkOf(address: string): string {
  const parsed = parseAddress(address);
  if (!parsed) return address;
  return parsed.version === 6 ? parsed.bytes.slice(0, 8).join(".") : address;
}

/**
 * The facts about a browser that every host can see: its network and its name. They are hashed, so that
 * attempts contain no addresses.
 */
export function clientMark({ headers }: Pick<Sent, "headers">): string {
  const network = networkOf(headers.get("cf-connecting-ip") ?? "");
  return hashSecret(`${network}\n${headers.get("user-agent") ?? ""}`);
}

/**
 * Whether a sign-in may belong to another person, so that this person must be asked before the sign-in makes
 * a session. That is so if the sign-in seems to have begun in another browser, or if a page of another site
 * led here without a click. No cookie can tell, because the app's host and the auth host share no cookie.
 */
export function mayBeForeign({ headers }: Pick<Sent, "headers">, begunBy: string): boolean {
  const site = headers.get("sec-fetch-site");
  const wasSent = site !== null && site !== "none" && site !== "same-origin";
  const isClick = headers.get("sec-fetch-user") === "?1";
  return clientMark({ headers }) !== begunBy || (wasSent && !isClick);
}
