/** Decides which request headers reach an upstream (RFC 9110 §7.6.1 and our own names). */

import { remembering } from "../base/bounded-map.ts";
import type { Sent } from "./navigation.ts";
import { foldedName, isTrustedName } from "./trusted-names.ts";

export type HeaderList = readonly (readonly [name: string, value: string])[];

export const SERVICE_TOKEN_HEADER = "X-Rustronaut-Service-Token";
/** The networks that the request already went through. This header guards against loops. */
export const VIA_HEADER = "x-rustronaut-via";
export const OUR_COOKIE_PREFIX = "__host-rn_";

/**
 * Headers that are valid for one connection only, whoever sent them. The gateway makes a new WebSocket
 * handshake with the upstream.
 */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "expect",
  "sec-websocket-key",
  "sec-websocket-accept",
  "sec-websocket-version",
  "sec-websocket-extensions",
];

/**
 * Headers that no app may get from its clients: hop-by-hop headers, and headers that the gateway itself
 * writes.
 */
const CLOSED = new Set([
  ...HOP_BY_HOP,
  "host",
  "cdn-loop",
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-real-ip",
]);
const CLOSED_PREFIXES = ["x-rustronaut-", "cf-access-", "x-pomerium-"];

const METHOD_OVERRIDES = new Set([
  "x-http-method-override",
  "x-http-method",
  "x-method-override",
  "x-method",
  "x-request-method",
  "x-override-method",
  "http-method-override",
  "method-override",
]);

/**
 * These headers tell object stores to copy or move another of their objects (S3 and similar stores, Swift,
 * Azure).
 */
export const COPY_SOURCES = [
  "x-amz-copy-source",
  "x-goog-copy-source",
  "x-oss-copy-source",
  "x-cos-copy-source",
  "x-obs-copy-source",
  "x-ms-copy-source",
  "x-ms-rename-source",
  "x-copy-from",
] as const;
const COPIES = new Set<string>(COPY_SOURCES);

/**
 * Header names with a meaning in HTTP itself. Another spelling of such a name only affects upstreams that
 * mistake it for the real name.
 */
const STANDARD =
  /^(?:authorization$|connection$|cookie$|destination$|overwrite$|(?:accept|access-control|content|if|sec|user)-)/;

/** Whether no app may get a header with this folded name from its clients. */
export const isClosedName = (folded: string): boolean =>
  CLOSED.has(folded) || CLOSED_PREFIXES.some((prefix) => folded.startsWith(prefix));

/** Whether a header with this folded name may carry a credential for the gateway alone. */
export const isFreeName = (folded: string): boolean =>
  !isClosedName(folded) && !STANDARD.test(folded) && !METHOD_OVERRIDES.has(folded) && !COPIES.has(folded);

/** Whether applications may take another method from a header with this folded name. */
export const isMethodOverrideName = (folded: string): boolean => METHOD_OVERRIDES.has(folded);

type Fate = "pass" | "drop" | "trusted" | "override" | "cookie" | "authorization" | "connection";

/** What happens to a header, decided by its name alone. */
const fateOf = remembering(1_000, (text): Fate => {
  const name = text.toLowerCase();
  if (name === "connection" || name === "cookie" || name === "authorization") return name;
  const folded = foldedName(name);
  if (METHOD_OVERRIDES.has(folded)) return "override";
  if (isClosedName(folded)) return "drop";
  if (name !== folded && (STANDARD.test(folded) || COPIES.has(folded))) return "drop";
  return isTrustedName(folded) ? "trusted" : "pass";
});

/** The headers that one app gets from its clients in addition to the headers that every app gets. */
export interface OpenedHeaders {
  /** Whether a header may name another method. */
  readonly methodOverride: boolean;
  /**
   * Folded names of headers that say who calls or from where. The app believes the client's values. A `*` at
   * the end stands for a family of names.
   */
  readonly clientHeaders: readonly string[];
  /** Folded names of the app's own headers for credentials of programs. */
  readonly tokenHeaders: readonly string[];
}

/**
 * The client's headers, without hop-by-hop headers and without headers that only the gateway may write. The
 * names in `Connection` are read from the client's message before our own headers are added, so `Connection`
 * can't remove our headers.
 */
export function forwardableHeaders(
  client: Iterable<readonly [string, string]>,
  opened: OpenedHeaders,
): [string, string][] {
  const kept: [string, string][] = [];
  let named: Set<string> | null = null;
  for (const [name, value] of client) {
    if (opened.tokenHeaders.length > 0 && opened.tokenHeaders.includes(foldedName(name))) continue;
    switch (fateOf(name)) {
      case "pass":
        kept.push([name, value]);
        break;
      case "trusted":
        if (isOpened(foldedName(name), opened.clientHeaders)) kept.push([name, value]);
        break;
      case "override":
        if (opened.methodOverride && isOverride(name, value)) kept.push([name, value]);
        break;
      case "authorization":
        if (serviceBearer(value) === null && !value.split(",").some(authenticatesConnection))
          kept.push([name, value]);
        break;
      case "cookie": {
        const cookies = withoutOurCookies(value);
        if (cookies !== "") kept.push([name, cookies]);
        break;
      }
      case "connection":
        named = new Set([...(named ?? []), ...connectionNames(value)]);
        break;
      default:
    }
  }
  const dropped = named;
  return dropped === null || dropped.size === 0
    ? kept
    : kept.filter(([name]) => !dropped.has(foldedName(name)));
}

const isOpened = (folded: string, opened: readonly string[]): boolean =>
  opened.some((name) => (name.endsWith("*") ? folded.startsWith(name.slice(0, -1)) : folded === name));

/**
 * The folded names of the headers that must not be forwarded because `Connection` lists them (RFC 9110
 * §7.6.1).
 */
function connectionNames(value: string): Set<string> {
  const names = new Set(value.split(",").map((part) => foldedName(part.trim())));
  for (const name of ["", "keep-alive", "close"]) names.delete(name);
  return names;
}

/**
 * Reads a request's headers as they are forwarded. Headers that `Connection` lists are not forwarded, so they
 * must not count either.
 *
 * @param header The value of a header by its lower-case name, or null.
 */
export function endToEnd(headers: Sent["headers"]): (name: string) => string | null {
  const connection = headers.get("connection");
  if (connection === null) return (name) => headers.get(name);
  const dropped = connectionNames(connection);
  return (name) => (dropped.has(name) ? null : headers.get(name));
}

/** A `Cookie` header without our cookies. Names are compared without case, because some upstreams do so. */
export function withoutOurCookies(header: string): string {
  if (!/rn_/i.test(header)) return header;
  return header
    .split(";")
    .filter((pair) => !pair.trim().replace(/^"/, "").toLowerCase().startsWith(OUR_COOKIE_PREFIX))
    .map((pair) => pair.trim())
    .filter((pair) => pair !== "")
    .join("; ");
}

/**
 * The token of an `Authorization` header if it is one of our tokens (`rn…_`) of any kind. Null for other
 * headers.
 */
export function serviceBearer(value: string): string | null {
  return /^\s*bearer[\s,]+(rn[a-z]+_\S*.*)$/i.exec(value)?.[1]?.trim() ?? null;
}

/**
 * Schemes that authenticate a connection instead of a request (RFC 4559, NTLM). Connections to an upstream
 * are shared, so the next caller would act as the user who signed in before.
 */
const CONNECTION_SCHEME = /^\s*(?:ntlm|negotiate|nego2|kerberos)(?![\w-])/i;

/** Whether credentials or a challenge authenticate a connection. */
export const authenticatesConnection = (value: string): boolean => CONNECTION_SCHEME.test(value);

/**
 * Whether a header overrides the method: one method, under a name that every upstream reads in the same way.
 * A header that is not judged as an override must not reach the upstream as one.
 */
const isOverride = (name: string, value: string): boolean =>
  METHOD_OVERRIDES.has(name.toLowerCase()) && /^\s*[A-Za-z]{1,20}\s*$/.test(value);

/** The methods that the client asks an upstream to use instead of the request's own method. */
export function overriddenMethods(get: (name: string) => string | null): string[] {
  const methods: string[] = [];
  for (const name of METHOD_OVERRIDES) {
    const value = get(name);
    if (value !== null && isOverride(name, value)) methods.push(value.trim().toUpperCase());
  }
  return methods;
}

/** What the upstream is told about the client's side of the connection. */
export interface ClientSide {
  readonly ip: string | null;
  readonly host: string;
  readonly scheme: string;
}

/**
 * `X-Forwarded-*` and `Forwarded` (RFC 7239). They are built from the connection only, never from the
 * client's headers.
 */
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

/**
 * The next value of the loop guard. Null if the request already passed this network, or passed too many
 * networks.
 */
export function nextVia(received: string | null, self: string): string | null {
  const passed = received === null ? [] : received.split(",").map((name) => name.trim());
  if (passed.includes(self) || passed.length >= MAX_VIA) return null;
  return [...passed.filter((name) => /^[\w.:-]{1,260}$/.test(name)), self].join(", ");
}
