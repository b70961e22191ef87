import type { Asked } from "../../shared/access/question.ts";
import { ExpiringMap } from "../../shared/base/bounded-map.ts";
import { formatAddress, parseAddress } from "../../shared/net/address.ts";

type Network = Asked["network"];

/** How long (milliseconds) the country and the network of an address are believed to stay what they are. */
const KEPT_MS = 60_000;
const MAX_KEPT = 2_000;

/** By the platform's word for the address. To read `cf` costs its parsing, for each request anew: a tenth of a small one. */
const kept = new ExpiringMap<string, Network>(MAX_KEPT);

/** Where a request comes from, by the platform's word. Throws on an address that is none. */
export function networkOf(request: Request): Network {
  const stated = request.headers.get("cf-connecting-ip");
  if (stated === null) return { ip: null, ...placeOf(request) };
  const now = Date.now();
  const known = kept.get(stated, now);
  if (known) return known;
  const network = { ip: canonical(stated), ...placeOf(request) };
  kept.set(stated, network, now + KEPT_MS);
  return network;
}

function placeOf(request: Request): Pick<Network, "country" | "asn"> {
  const cf = request.cf as Partial<IncomingRequestCfProperties> | undefined;
  return {
    country: typeof cf?.country === "string" ? cf.country : null,
    asn: typeof cf?.asn === "number" ? cf.asn : null,
  };
}

/** In its one spelling. Throws on what is no address: rules about addresses could not hold. */
function canonical(stated: string): string {
  const address = parseAddress(stated);
  if (!address) throw new Error("the platform's client address is malformed");
  return formatAddress(address);
}
