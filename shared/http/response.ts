import { authenticatesConnection, type HeaderList, OUR_COOKIE_PREFIX } from "./headers.ts";

/** What an upstream's response headers become before a browser sees them. */
export interface ResponseRules {
  /** The app's own host, without port. */
  readonly host: string;
  /** The app's origin as the browser sees it. */
  readonly origin: string;
  /** The origin that was dialled: only redirects to it are rewritten. */
  readonly upstreamOrigin: string;
}

/** Hop-by-hop, ours to say, or a way around the gateway (`Alt-Svc` names another host for this origin). */
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

/** Filters the headers one by one; several `set-cookie` entries stay several. */
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
      return acceptableCookie(value, rules.host) ? value : null;
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

/** An upstream may set cookies of its own host only, and none that bears our prefix. */
function acceptableCookie(cookie: string, host: string): boolean {
  // A cookie without a name comes back as its value alone, which then looks like one of ours.
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

/** What stands between commas, unless a quoted string holds them. It never fails midway, so that it is linear. */
const LIST_PART = /(?:"(?:[^"\\]|\\.?)*(?:"|$)|[^,"])+/g;

/** A part of a list of challenges that is a parameter of the challenge before it (RFC 9110 §11.6.1). */
const PARAMETER = /^\s*[^\s=,"]+\s*=/;

/** The challenges without those that would sign in a connection, which the next caller would be served on. */
function withoutConnectionChallenges(value: string): string | null {
  const kept: string[] = [];
  let isKept = true;
  for (const part of value.match(LIST_PART) ?? []) {
    if (!PARAMETER.test(part)) isKept = !authenticatesConnection(part);
    if (isKept) kept.push(part.trim());
  }
  return kept.length > 0 ? kept.join(", ") : null;
}

/** Our session cookie is not the upstream's to clear: it ends by signing out. */
function withoutCookieClearing(value: string): string | null {
  const kept = value
    .split(",")
    .map((directive) => directive.trim())
    .filter((directive) => directive !== "" && directive !== '"cookies"' && directive !== '"*"');
  return kept.length > 0 ? kept.join(", ") : null;
}

/** HSTS is for the app's host; its sub-domains are somebody else's. */
const ownHostOnly = (value: string): string =>
  value
    .split(";")
    .map((directive) => directive.trim())
    .filter((directive) => directive !== "" && !/^(?:includesubdomains|preload)$/i.test(directive))
    .join("; ");

/** A redirect to the upstream's own origin leads to the app; every other one is the browser's to follow. */
function rewrittenLocation(value: string, rules: ResponseRules): string {
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) return value;
  const target = new URL(value);
  if (target.origin !== rules.upstreamOrigin || target.username !== "") return value;
  return `${rules.origin}${target.pathname}${target.search}${target.hash}`;
}
