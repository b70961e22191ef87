import { type Refusal, refusal } from "../base/errors/catalogue.ts";
import { err, ok, type Result } from "../base/result.ts";
import { classify, parseAddress, parseIPv4Loosely } from "../net/address.ts";

export interface UpstreamRules {
  /** `host:port` pairs that local development may use although they are not public. */
  readonly developmentHosts: readonly string[];
  /** The hosts (without port) that this deployment serves. An app in front of one of them would loop. */
  readonly ownHosts: readonly string[];
}

/** Names that resolve only inside a private network (RFC 6761, RFC 6762, RFC 8375, and ICANN's `internal`). */
const LOCAL_NAME =
  /(?:^|\.)(?:localhost|local|internal|localdomain|lan|intranet|corp|home|private|home\.arpa|onion)$/;

/**
 * Whether the edge may connect to this upstream, and the upstream's origin in the spelling that is stored.
 * The check runs when the upstream is saved and again at each connection, because the rules and the hosts may
 * have changed.
 */
export function checkUpstream(url: string, rules: UpstreamRules): Result<string, Refusal> {
  if (url.length > 512 || !URL.canParse(url)) return refused("It is not a URL.");
  const parsed = new URL(url);
  if (parsed.protocol !== "https:" && parsed.protocol !== "http:")
    return refused("It must be http or https.");
  if (parsed.username !== "" || parsed.password !== "")
    return refused("It must not hold a user name or password.");
  if (parsed.pathname !== "/" || parsed.search !== "" || parsed.hash !== "" || /[?#]$/.test(url)) {
    return refused("It must be an origin: scheme, host and port, without path or query.");
  }
  const host = parsed.hostname.replace(/\.$/, "");
  const origin = `${parsed.protocol}//${host}${parsed.port === "" ? "" : `:${parsed.port}`}`;
  const port = parsed.port || (parsed.protocol === "https:" ? "443" : "80");
  if (rules.developmentHosts.includes(`${host}:${port}`)) return ok(origin);
  if (rules.ownHosts.includes(host)) return refused("It is a host that this network itself serves.");
  const address = parseAddress(host.replace(/^\[|\]$/g, "")) ?? parseIPv4Loosely(host);
  if (address) {
    const kind = classify(address);
    if (kind === "public") return ok(origin);
    return refused(`It is not a public address (${kind.replaceAll("_", " ")}). ${wayOut(rules, host, port)}`);
  }
  if (!/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(host)) return refused("It is not a valid host name.");
  if (!host.includes(".") || LOCAL_NAME.test(host))
    return refused(`It is a name that exists in a private network only. ${wayOut(rules, host, port)}`);
  return ok(origin);
}

/** Only a hub on a developer's own machine has development hosts. A deployed hub refuses to start with any. */
const wayOut = (rules: UpstreamRules, host: string, port: string): string =>
  rules.developmentHosts.length > 0
    ? `To reach it from this machine, start with \`npm start -- --allow ${host}:${port}\`.`
    : "The gateway runs at Cloudflare's edge and reaches public addresses only: docs/first-app.md says how a private application gets one.";

const refused = (why: string): { readonly ok: false; readonly error: Refusal } =>
  err(refusal("upstream_forbidden", `The upstream is refused. ${why}`));
