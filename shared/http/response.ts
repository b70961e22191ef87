import { authenticatesConnection, type HeaderList, OUR_COOKIE_PREFIX } from "./headers.ts";
import { outerPath, type PathSettings, rewritesPaths, withOuterPath } from "./path-rewrite.ts";

/** What the gateway needs to know to change an upstream's response headers for a browser. */
export interface ResponseRules extends PathSettings {
  /** The app's own host, without port. */
  readonly host: string;
  /** The app's origin as the browser sees it. */
  readonly origin: string;
  /** The origin that the gateway connected to. Only redirects to this origin are rewritten. */
  readonly upstreamOrigin: string;
}

/**
 * Headers that are hop-by-hop, that only the gateway may write, or that lead around the gateway (`Alt-Svc`
 * names another host for this origin).
 */
const DROPPED = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-support",
  "persistent-auth",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "alt-svc",
  "service-worker-allowed",
  "set-cookie2",
  "public-key-pins",
  "public-key-pins-report-only",
]);

/** Whether no answer has a header with this folded name, whoever writes it. */
export const isDroppedOfAnswers = (folded: string): boolean => DROPPED.has(folded);

/** Filters the headers one by one. Several `set-cookie` headers stay separate. */
export function scrubbedResponseHeaders(
  upstream: Iterable<readonly [string, string]>,
  rules: ResponseRules,
): HeaderList {
  const kept: [string, string][] = [];
  let named: ReadonlySet<string> | null = null;
  for (const [rawName, value] of upstream) {
    const name = rawName.toLowerCase();
    if (name === "connection") named = new Set(value.split(",").map((part) => part.trim().toLowerCase()));
    if (DROPPED.has(name) || name.startsWith("x-rustronaut-")) continue;
    const scrubbed = scrub(name, value, rules);
    if (scrubbed !== null) kept.push([name, scrubbed]);
  }
  const dropped = named;
  return dropped === null ? kept : kept.filter(([name]) => !dropped.has(name));
}

function scrub(name: string, value: string, rules: ResponseRules): string | null {
  switch (name) {
    case "set-cookie":
      if (!acceptableCookie(value, rules.host)) return null;
      return rewritesPaths(rules) ? withOuterPath(value, rules) : value;
    case "www-authenticate":
      return withoutConnectionChallenges(value);
    case "clear-site-data":
      return withoutCookieClearing(value);
    case "strict-transport-security":
      return ownHostOnly(value);
    case "location":
      return rewrittenLocation(value, rules);
    default:
      return value;
  }
}

/** An upstream may set cookies only for its own host, and no cookie with our prefix. */
function acceptableCookie(cookie: string, host: string): boolean {
  // A browser sends a cookie without a name as its value alone. The value could then look like one of our
  // cookies.
  if (
    cookie
      .replace(/^[\s"=]+/, "")
      .toLowerCase()
      .startsWith(OUR_COOKIE_PREFIX)
  )
    return false;
  for (const attribute of cookie.split(";").slice(1)) {
    const domain = /^\s*domain\s*=(.*)$/i.exec(attribute)?.[1]?.trim().replace(/^\./, "").toLowerCase();
    if (domain !== undefined && domain !== "" && domain !== host) return false;
  }
  return true;
}

/**
 * The text between commas. Commas in a quoted string don't count. The pattern never fails midway, so its time
 * is linear.
 */
const LIST_PART = /(?:"(?:[^"\\]|\\.?)*(?:"|$)|[^,"])+/g;

/** A part of a list of challenges that is a parameter of the previous challenge (RFC 9110 §11.6.1). */
const PARAMETER = /^\s*[^\s=,"]+\s*=/;

/**
 * The challenges, without those that authenticate a connection, because the next caller may use the same
 * connection.
 */
function withoutConnectionChallenges(value: string): string | null {
  const kept: string[] = [];
  let isKept = true;
  for (const part of value.match(LIST_PART) ?? []) {
    if (!PARAMETER.test(part)) isKept = !authenticatesConnection(part);
    if (isKept) kept.push(part.trim());
  }
  return kept.length > 0 ? kept.join(", ") : null;
}

/** The upstream must not clear our session cookie. Only signing out ends it. */
function withoutCookieClearing(value: string): string | null {
  const kept = value
    .split(",")
    .map((directive) => directive.trim())
    .filter((directive) => directive !== "" && directive !== '"cookies"' && directive !== '"*"');
  return kept.length > 0 ? kept.join(", ") : null;
}

/** HSTS is kept for the app's host only, because its sub-domains may belong to somebody else. */
const ownHostOnly = (value: string): string =>
  value
    .split(";")
    .map((directive) => directive.trim())
    .filter((directive) => directive !== "" && !/^(?:includesubdomains|preload)$/i.test(directive))
    .join("; ");

/**
 * A redirect to the upstream's own origin is rewritten to the app's origin, and its path to the one that the
 * browser knows. The browser follows every other redirect unchanged.
 */
function rewrittenLocation(value: string, rules: ResponseRules): string {
  if (rewritesPaths(rules) && /^\/(?![/\\])/.test(value)) {
    const end = value.search(/[?#]|$/);
    return outerPath(value.slice(0, end), rules) + value.slice(end);
  }
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) return value;
  const target = new URL(value);
  if (target.origin !== rules.upstreamOrigin || target.username !== "") return value;
  return `${rules.origin}${outerPath(target.pathname, rules)}${target.search}${target.hash}`;
}
