/** Which request headers reach an upstream (RFC 9110 §7.6.1 and our own names). */

export type HeaderList = readonly (readonly [name: string, value: string])[];

export const ASSERTION_HEADER = "x-rustronaut-jwt-assertion";
export const SERVICE_TOKEN_HEADER = "x-rustronaut-service-token";
/** Networks that the request already went through: the loop guard. */
export const VIA_HEADER = "x-rustronaut-via";
export const OUR_COOKIE_PREFIX = "__host-rn_";

/** For one connection only, whoever sent them. The WebSocket handshake is made anew towards the upstream. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
  "sec-websocket-key",
  "sec-websocket-accept",
  "sec-websocket-version",
  "sec-websocket-extensions",
]);

/** Names by which some proxy or upstream learns who is calling or from where: only we may say that. */
const PROTECTED = new Set([
  "forwarded",
  "remote-user",
  "remote-groups",
  "remote-email",
  "remote-name",
  "remote-addr",
  "true-client-ip",
  "x-real-ip",
  "x-client-ip",
  "x-cluster-client-ip",
  "x-original-url",
  "x-original-uri",
  "x-original-host",
  "x-original-method",
  "x-rewrite-url",
  "x-host",
  "x-user",
  "x-remote-user",
  "x-webauth-user",
  "x-authenticated-user",
  "cdn-loop",
  "host",
]);

const PROTECTED_PREFIXES = [
  "x-rustronaut-",
  "x-forwarded-",
  "x-auth-request-",
  "x-pomerium-",
  "x-goog-",
  "x-netbird-",
  "x-amzn-oidc-",
  "x-ms-client-principal",
  "cf-",
  "tailscale-",
  "teleport-",
  "impersonate-",
  "remote-user-",
  "mf-",
];

const METHOD_OVERRIDES = new Set(["x-http-method-override", "x-http-method", "x-method-override"]);

type Fate = "pass" | "drop" | "override" | "cookie" | "authorization" | "connection";
const fates = new Map<string, Fate>();
const MAX_REMEMBERED = 1_000;

/** What becomes of a header by its name alone. `_` counts as `-`, since CGI-like upstreams can't tell them apart. */
function fateOf(name: string): Fate {
  const known = fates.get(name);
  if (known !== undefined) return known;
  const fate = decideFate(name.toLowerCase().replaceAll("_", "-"));
  // Names come from clients: past the bound they are judged each time.
  if (fates.size < MAX_REMEMBERED) fates.set(name, fate);
  return fate;
}

function decideFate(name: string): Fate {
  if (name === "connection") return "connection";
  if (name === "cookie") return "cookie";
  if (name === "authorization") return "authorization";
  if (METHOD_OVERRIDES.has(name)) return "override";
  if (HOP_BY_HOP.has(name) || PROTECTED.has(name)) return "drop";
  return PROTECTED_PREFIXES.some((prefix) => name.startsWith(prefix)) ? "drop" : "pass";
}

/**
 * The client's headers without what is hop-by-hop, ours, or ours to say. The list that `Connection` names is
 * taken from the client's message before anything of ours is added, so it can't remove ours.
 */
export function forwardableHeaders(
  client: Iterable<readonly [string, string]>,
  options: { readonly methodOverride: boolean },
): [string, string][] {
  const kept: [string, string][] = [];
  let named: Set<string> | null = null;
  for (const [name, value] of client) {
    switch (fateOf(name)) {
      case "pass":
        kept.push([name, value]);
        break;
      case "override":
        if (options.methodOverride && isOverride(name, value)) kept.push([name, value]);
        break;
      case "authorization":
        if (serviceBearer(value) === null) kept.push([name, value]);
        break;
      case "cookie": {
        const cookies = withoutOurCookies(value);
        if (cookies !== "") kept.push([name, cookies]);
        break;
      }
      case "connection":
        named = connectionNames(value, named);
        break;
      default:
    }
  }
  const dropped = named;
  return dropped === null || dropped.size === 0
    ? kept
    : kept.filter(([name]) => !dropped.has(name.toLowerCase()));
}

function connectionNames(value: string, before: Set<string> | null): Set<string> | null {
  const names = before ?? new Set<string>();
  for (const part of value.split(",")) {
    const name = part.trim().toLowerCase();
    if (name !== "" && name !== "keep-alive" && name !== "close") names.add(name);
  }
  return names;
}

/** A `Cookie` header without ours. Names are compared without case, since some upstreams do so. */
export function withoutOurCookies(header: string): string {
  if (!/rn_/i.test(header)) return header;
  return header
    .split(";")
    .filter((pair) => !pair.trim().replace(/^"/, "").toLowerCase().startsWith(OUR_COOKIE_PREFIX))
    .map((pair) => pair.trim())
    .filter((pair) => pair !== "")
    .join("; ");
}

/** The token of an `Authorization` header that is one of ours (`rn…_`), whatever its kind; null for others. */
export function serviceBearer(value: string): string | null {
  return /^\s*bearer[\s,]+(rn[a-z]+_\S*.*)$/i.exec(value)?.[1]?.trim() ?? null;
}

/** One method, under a name that everyone reads alike: what is not judged as an override must not arrive as one. */
const isOverride = (name: string, value: string): boolean =>
  !name.includes("_") && /^\s*[A-Za-z]{1,20}\s*$/.test(value);

/** The methods that the client asks an upstream to take instead of the one sent. */
export function overriddenMethods(get: (name: string) => string | null): string[] {
  const methods: string[] = [];
  for (const name of METHOD_OVERRIDES) {
    const value = get(name);
    if (value !== null && isOverride(name, value)) methods.push(value.trim().toUpperCase());
  }
  return methods;
}

/** What we know about the client's side of the connection, for the upstream. */
export interface ClientSide {
  readonly ip: string | null;
  readonly host: string;
  readonly scheme: string;
}

/** `X-Forwarded-*` and `Forwarded` (RFC 7239), built from the connection and from nothing the client wrote. */
export function forwardedHeaders(client: ClientSide): [string, string][] {
  const headers: [string, string][] = [
    ["x-forwarded-host", client.host],
    ["x-forwarded-proto", client.scheme],
  ];
  let forwarded = `host="${client.host}";proto=${client.scheme}`;
  if (client.ip !== null) {
    headers.push(["x-forwarded-for", client.ip], ["x-real-ip", client.ip]);
    forwarded = `for=${client.ip.includes(":") ? `"[${client.ip}]"` : client.ip};${forwarded}`;
  }
  headers.push(["forwarded", forwarded]);
  return headers;
}

const MAX_VIA = 8;

/** The loop guard's next value, or null when the request was here before or went through too many networks. */
export function nextVia(received: string | null, self: string): string | null {
  const passed = received === null ? [] : received.split(",").map((name) => name.trim());
  if (passed.includes(self) || passed.length >= MAX_VIA) return null;
  return [...passed.filter((name) => /^[\w.:-]{1,260}$/.test(name)), self].join(", ");
}
