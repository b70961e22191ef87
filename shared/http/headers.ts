/** Which request headers reach an upstream (RFC 9110 §7.6.1 and our own names). */

import { remembering } from "../base/bounded-map.ts";
import type { Sent } from "./navigation.ts";
import { foldedName, isTrustedName } from "./trusted-names.ts";

export type HeaderList = readonly (readonly [name: string, value: string])[];

export const SERVICE_TOKEN_HEADER = "x-rustronaut-service-token";
/** Networks that the request already went through: the loop guard. */
export const VIA_HEADER = "x-rustronaut-via";
export const OUR_COOKIE_PREFIX = "__host-rn_";

/** For one connection only, whoever sent them. The WebSocket handshake is made anew towards the upstream. */
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

/** What no app may take from its clients: hop-by-hop names, and those that we write ourselves. */
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

/** By these object stores are told to copy or move another object of theirs (S3 and its kin, Swift, Azure). */
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

/** Names that HTTP itself gives a meaning. Another spelling of one is for upstreams only that mistake it for it. */
const STANDARD =
  /^(?:authorization$|connection$|cookie$|destination$|overwrite$|(?:accept|access-control|content|if|sec|user)-)/;

/** Whether no app may take a header of this folded name from its clients. */
export const isClosedName = (folded: string): boolean =>
  CLOSED.has(folded) || CLOSED_PREFIXES.some((prefix) => folded.startsWith(prefix));

type Fate = "pass" | "drop" | "trusted" | "override" | "cookie" | "authorization" | "connection";

/** What becomes of a header by its name alone. */
const fateOf = remembering(1_000, (text): Fate => {
  const name = text.toLowerCase();
  if (name === "connection" || name === "cookie" || name === "authorization") return name;
  const folded = foldedName(name);
  if (METHOD_OVERRIDES.has(folded)) return "override";
  if (isClosedName(folded)) return "drop";
  if (name !== folded && (STANDARD.test(folded) || COPIES.has(folded))) return "drop";
  return isTrustedName(folded) ? "trusted" : "pass";
});

/** What an app takes from its clients besides what any app takes. */
export interface OpenedHeaders {
  /** Whether a header may name another method. */
  readonly methodOverride: boolean;
  /** Folded names that say who calls or from where, taken as the client's word; `*` at the end for a family. */
  readonly clientHeaders: readonly string[];
}

/**
 * The client's headers without what is hop-by-hop, ours, or ours to say. The list that `Connection` names is
 * taken from the client's message before anything of ours is added, so it can't remove ours.
 */
export function forwardableHeaders(
  client: Iterable<readonly [string, string]>,
  opened: OpenedHeaders,
): [string, string][] {
  const kept: [string, string][] = [];
  let named: Set<string> | null = null;
  for (const [name, value] of client) {
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

/** Folded names of the headers that `Connection` keeps from going any further (RFC 9110 §7.6.1). */
function connectionNames(value: string): Set<string> {
  const names = new Set(value.split(",").map((part) => foldedName(part.trim())));
  for (const name of ["", "keep-alive", "close"]) names.delete(name);
  return names;
}

/**
 * A request's headers as they are forwarded: what `Connection` names does not arrive, so it must not count either.
 *
 * @param header The value of a header by its lower-case name, or null.
 */
export function endToEnd(headers: Sent["headers"]): (name: string) => string | null {
  const connection = headers.get("connection");
  if (connection === null) return (name) => headers.get(name);
  const dropped = connectionNames(connection);
  return (name) => (dropped.has(name) ? null : headers.get(name));
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

/**
 * Schemes that authenticate a connection and not a request (RFC 4559, NTLM). Connections to an upstream are shared, so
 * whoever came next would be who signed in before.
 */
const CONNECTION_SCHEME = /^\s*(?:ntlm|negotiate|nego2|kerberos)(?![\w-])/i;

/** Whether credentials or a challenge are for a connection. */
export const authenticatesConnection = (value: string): boolean => CONNECTION_SCHEME.test(value);

/** One method, under a name that everyone reads alike: what is not judged as an override must not arrive as one. */
const isOverride = (name: string, value: string): boolean =>
  METHOD_OVERRIDES.has(name.toLowerCase()) && /^\s*[A-Za-z]{1,20}\s*$/.test(value);

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
