import type { CertificateFacts } from "../../shared/access/policy/request.ts";
import type { Asked } from "../../shared/access/question.ts";
import { ExpiringMap } from "../../shared/base/bounded-map.ts";
import { formatAddress, parseAddress } from "../../shared/net/address.ts";

type Network = Asked["network"];

/** For how long (milliseconds) we assume that an address keeps its country and its network. */
const KEPT_MS = 60_000;
const MAX_KEPT = 2_000;

/**
 * The network of each address, by the address as the platform states it. When a request's `cf` is read, the run-time
 * parses it anew. That costs a tenth of what a small request costs.
 */
const kept = new ExpiringMap<string, Network>(MAX_KEPT);

/** Where a request comes from, as the platform states it. Throws when the stated address is not an address. */
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

/**
 * The certificate that the client proved to hold in the TLS handshake (mTLS). Null unless the platform verified it, and
 * knows that it is not revoked. No header is ever read for it. Whoever reads it pays for `cf` being parsed.
 */
export function certificateOf(request: Request): CertificateFacts | null {
  const stated = (request.cf as Partial<IncomingRequestCfProperties> | undefined)?.tlsClientAuth;
  if (stated?.certPresented !== "1" || stated.certVerified !== "SUCCESS" || stated.certRevoked !== "0")
    return null;
  return {
    fingerprint: stated.certFingerprintSHA256.toLowerCase(),
    subject: stated.certSubjectDNRFC2253,
    issuer: stated.certIssuerDNRFC2253,
    serial: stated.certSerial.toLowerCase(),
  };
}

/**
 * The address in its one canonical spelling. Throws when the text is not an address, because rules about addresses
 * could not hold for it.
 */
function canonical(stated: string): string {
  const address = parseAddress(stated);
  if (!address) throw new Error("the platform's client address is malformed");
  return formatAddress(address);
}
