import { BlockList, isIP } from "node:net";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";

/** Which proxy leads to the hub. The agent reads the environment variables that other programs read, too. */

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for an origin. `HTTPS_PROXY` or `HTTP_PROXY` counts by the origin's scheme, otherwise `ALL_PROXY`, unless
 * `NO_PROXY` names the host. A name in small letters wins over the same name in capitals. Null without a proxy.
 * @throws Failure when a variable holds an address that is not a proxy's.
 */
export function proxyFor(origin: string, env: Environment = process.env): URL | null {
  const url = new URL(origin);
  const of = (name: string) => env[name] || env[name.toUpperCase()] || null;
  const text = of(url.protocol === "https:" ? "https_proxy" : "http_proxy") ?? of("all_proxy");
  if (text === null || isExempt(url, of("no_proxy") ?? "")) return null;
  const proxy = URL.parse(text.includes("://") ? text : `http://${text}`);
  if (proxy && proxy.hostname !== "" && ["http:", "https:"].includes(proxy.protocol)) return proxy;
  throw new Failure(
    EXIT.usage,
    "proxy_malformed",
    "The proxy that the environment names is none that the agent can use",
    "Set HTTPS_PROXY to http://HOST:PORT or https://HOST:PORT, or NO_PROXY to the hub's host name.",
  );
}

/** The proxy's address without the user name and password that the address may contain. */
export const nameOfProxy = (proxy: URL): string => `${proxy.protocol}//${proxy.host}`;

/**
 * Whether `NO_PROXY` names the host. Its entries are host names (each also covers the names below it), addresses or
 * prefixes, with or without a port.
 */
function isExempt({ hostname, port, protocol }: URL, list: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const ownPort = port || (protocol === "https:" ? "443" : "80");
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .some((entry) => {
      if (entry === "*") return true;
      const [, bare = entry, onlyPort] = /^(.*?[^:]):(\d+)$/.exec(isIP(entry) === 6 ? "" : entry) ?? [];
      if (onlyPort !== undefined && onlyPort !== ownPort) return false;
      const name = bare.replace(/^\[|\]$/g, "").replace(/^\*?\./, "");
      return host === name || host.endsWith(`.${name}`) || isInPrefix(host, name);
    });
}

function isInPrefix(host: string, prefix: string): boolean {
  const [net = "", bits = ""] = prefix.split("/");
  const family = isIP(net);
  if (isIP(host) === 0 || family !== isIP(host) || !/^\d{1,3}$/.test(bits)) return false;
  if (Number(bits) > (family === 4 ? 32 : 128)) return false;
  const kind = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(net, Number(bits), kind);
  return list.check(host, kind);
}
