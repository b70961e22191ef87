import { err, ok, type Result } from "../base/result.ts";
import { classify, formatAddress, parseAddress, parseIPv4Loosely } from "../net/address.ts";

/** The hosts and ports that an agent may dial for private apps. Whoever runs the agent names them. */
export interface DialTarget {
  /** A name in lower case, or an address in its canonical form, without brackets. */
  readonly host: string;
  readonly port: number;
}

const MAX_TARGETS = 100;
const NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/** Reads `HOST:PORT,…`. The error says which entry is wrong. */
export function parseDialList(text: string): Result<DialTarget[], string> {
  const targets: DialTarget[] = [];
  for (const entry of text.split(",").map((part) => part.trim())) {
    if (entry === "") continue;
    const target = parseTarget(entry);
    if (target === null) return err(`${JSON.stringify(entry)} is no HOST:PORT`);
    targets.push(target);
  }
  return targets.length > MAX_TARGETS ? err(`at most ${MAX_TARGETS} may be named`) : ok(targets);
}

export const printTarget = ({ host, port }: DialTarget): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

function parseTarget(entry: string): DialTarget | null {
  const [, bracketed, bare, digits = ""] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(entry) ?? [];
  const host = canonicalHost(bracketed ?? bare ?? "");
  const port = Number(digits);
  return host === null || port < 1 || port > 65_535 ? null : { host, port };
}

function canonicalHost(text: string): string | null {
  const address = parseAddress(text);
  if (address) return formatAddress(address);
  const name = text.toLowerCase().replace(/\.$/, "");
  // Resolvers read such names as addresses, each in its own way.
  return NAME.test(name) && parseIPv4Loosely(name) === null ? name : null;
}

/** The host and port of an upstream: an http or https origin, or `tcp://host:port`. Null for anything else. */
export function targetOfUpstream(upstream: string): (DialTarget & { readonly scheme: string }) | null {
  const [, scheme = "", authority = ""] = /^(https?|tcp):\/\/([^/?#@]+)$/.exec(upstream) ?? [];
  const withPort = /:\d+$/.test(authority) ? authority : `${authority}:${DEFAULT_PORTS[scheme]}`;
  const target = parseTarget(withPort);
  return target && { ...target, scheme };
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

/** Whether the agent may dial this host and port. */
export const mayDial = (list: readonly DialTarget[], { host, port }: DialTarget): boolean =>
  list.some((known) => known.host === host && known.port === port);

/**
 * Whether a name that may be dialled may lead to this address. Whoever controls the name could otherwise lead the agent
 * to itself or to the metadata service of its cloud (169.254.169.254, fd00:ec2::254). An address that the list names as
 * such is allowed.
 */
export function mayLeadTo(host: string, address: string): boolean {
  const parsed = parseAddress(address);
  if (!parsed) return false;
  const text = formatAddress(parsed);
  if (text === host) return true;
  if (METADATA.has(text)) return false;
  const kind = classify(parsed);
  if (kind === "loopback") return host === "localhost" || host.endsWith(".localhost");
  return kind === "public" || kind === "private" || kind === "carrier_grade_nat";
}

/** Metadata services that have an address of a private network (AWS, Oracle, Alibaba Cloud). */
const METADATA: ReadonlySet<string> = new Set(["fd00:ec2::254", "fd00:c1::a9fe:a9fe", "100.100.100.200"]);
