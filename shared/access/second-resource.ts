import { type Refusal, refusal } from "../base/errors/catalogue.ts";
import { err, ok, type Result } from "../base/result.ts";
import { COPY_SOURCES } from "../http/headers.ts";
import { type Authority, parseAuthority } from "../http/host.ts";
import { canonicalTarget, reservedSpace, splitUrl, type Target } from "../http/target.ts";
import type { SnapshotApp } from "../registry/snapshot.ts";
import type { ActionName } from "./policy/request.ts";

/** Another resource of the same app that a request names in a header (RFC 4918 §10.3, §10.4). */
export interface SecondResource {
  readonly target: Target;
  /** What the request does to the resource. Each of these actions must be allowed. */
  readonly actions: readonly ActionName[];
}

/** A header that names resources. The value for an upstream is `parts`, joined by the origin of the upstream. */
export interface RewrittenHeader {
  readonly name: string;
  readonly parts: readonly string[];
}

export interface SecondResources {
  readonly resources: readonly SecondResource[];
  readonly rewritten: readonly RewrittenHeader[];
}

const NONE: SecondResources = { resources: [], rewritten: [] };

/** Methods that name their second resource in the body (RFC 5842, RFC 4437). Policies can't see the body. */
const NAMED_IN_BODY = new Set(["BIND", "REBIND", "UNBIND", "MKREDIRECTREF", "UPDATEREDIRECTREF"]);
/** A destination has no meaning for these methods. */
const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Reads from the headers which other resources a request names. Refuses resources of another server, and
 * headers that can't be read.
 *
 * @param methods The methods that the upstream may understand the request as.
 */
export function secondResources(
  methods: readonly string[],
  header: (name: string) => string | null,
  app: SnapshotApp,
): Result<SecondResources, Refusal> {
  const hidden = methods.find((method) => NAMED_IN_BODY.has(method));
  if (hidden) {
    const detail = `${hidden} names another resource in its body, which no policy sees: it is not forwarded.`;
    return err(refusal("method_not_allowed", detail));
  }
  const conditions = header("if");
  const stated = methods.every((method) => SAFE.has(method)) ? null : header("destination");
  const sources = COPY_SOURCES.filter((name) => header(name) !== null);
  if (conditions === null && stated === null && sources.length === 0) return ok(NONE);
  const place = { app, authority: authorityOf(header("host") ?? app.host) };
  const destination = stated === null ? ok(NONE) : destinationOf(stated, header("overwrite"), place);
  if (!destination.ok) return destination;
  const tagged = conditions === null ? ok(NONE) : taggedBy(conditions, place);
  if (!tagged.ok) return tagged;
  const found = [destination.value, tagged.value];
  for (const name of sources) {
    const source = sourceOf(name, header(name) ?? "", place);
    if (!source.ok) return source;
    found.push(source.value);
  }
  return ok({
    resources: found.flatMap(({ resources }) => resources),
    rewritten: found.flatMap(({ rewritten }) => rewritten),
  });
}

/** The app, and the authority that the client uses for the app. */
interface Place {
  readonly app: SnapshotApp;
  readonly authority: Authority | null;
}

/** The authority without the default port of a scheme, because a proxy in front may have changed the scheme. */
function authorityOf(text: string): Authority | null {
  const parsed = parseAuthority(text.replace(/:(?:80|443)$/, ""), "http");
  return parsed.ok ? parsed.value : null;
}

const isSame = (a: Authority | null, b: Authority | null): boolean =>
  a !== null && b !== null && a.host === b.host && a.port === b.port;

/**
 * The existing resource at the destination is deleted first, unless `Overwrite` says `F` (RFC 4918 §9.8.4,
 * §9.9.3).
 */
function destinationOf(
  value: string,
  overwrite: string | null,
  place: Place,
): Result<SecondResources, Refusal> {
  const target = targetOf(value, "Destination", place);
  if (!target.ok) return target;
  const actions: ActionName[] = overwrite?.trim().toUpperCase() === "F" ? ["write"] : ["write", "delete"];
  const { path, query } = target.value;
  return ok({
    resources: [{ target: target.value, actions }],
    rewritten: [{ name: "destination", parts: ["", path + query] }],
  });
}

/**
 * The source that an object store copies from: encoded, with the bucket first. Some stores have paths that
 * begin with the bucket, others don't. So the path after the bucket must not be forbidden either.
 */
function sourceOf(name: string, value: string, place: Place): Result<SecondResources, Refusal> {
  const text = value.trim().replace(/%2f/gi, "/");
  const isUrl = /^https?:/i.test(text);
  const isRooted = isUrl || text.startsWith("/");
  const target = targetOf(isRooted ? text : `/${text}`, name, place);
  if (!target.ok) return target;
  const { path, query, readings, aliases } = target.value;
  const inBucket = readings.map((reading) => reading.replace(/^\/[^/]*/, "")).filter((rest) => rest !== "");
  const named = { ...target.value, aliases: [...aliases, ...inBucket] };
  const actions: ActionName[] = name === "x-ms-rename-source" ? ["read", "delete"] : ["read"];
  const sent = path + query;
  return ok({
    resources: [{ target: named, actions }],
    rewritten: [{ name, parts: isUrl ? ["", sent] : [isRooted ? sent : sent.slice(1)] }],
  });
}

/**
 * One condition list, or the tag of a resource before its lists. A text may contain any character except a
 * quote.
 */
const PART = /\s*(?:<([^<>\s]*)>|(\((?:"[^"]*"|[^()"])*\)))\s*/y;

/**
 * `If: <resource> (condition …) …`: the result of the conditions tells the client something about each named
 * resource.
 */
function taggedBy(value: string, place: Place): Result<SecondResources, Refusal> {
  const resources: SecondResource[] = [];
  const parts = [""];
  PART.lastIndex = 0;
  for (let at = 0; at < value.length; at = PART.lastIndex) {
    const part = PART.exec(value);
    if (!part) return err(refusal("invalid_target", "The If header is malformed (RFC 4918 §10.4)."));
    const [, tag, list] = part;
    if (list !== undefined) parts.push(`${parts.pop()} ${list}`);
    if (tag === undefined) continue;
    const target = targetOf(tag, "If", place);
    if (!target.ok) return target;
    resources.push({ target: target.value, actions: ["read"] });
    const { path, query } = target.value;
    parts.push(`${parts.pop()} <`.trimStart(), `${path}${query}>`);
  }
  return ok({ resources, rewritten: resources.length > 0 ? [{ name: "if", parts }] : [] });
}

/** A path, or a URL of the app's own host. */
function targetOf(reference: string, header: string, { app, authority }: Place): Result<Target, Refusal> {
  const text = reference.trim();
  const url = splitUrl(text.replace(/^https?:/i, (scheme) => scheme.toLowerCase()));
  if (url && !isSame(authorityOf(url.authority), authority)) {
    const detail = `The ${header} header names another server; the gateway forwards to resources of ${app.host} only.`;
    return err(refusal("foreign_resource", detail));
  }
  if (!url && (!text.startsWith("/") || /^[/\\]{2}/.test(text))) {
    return err(refusal("invalid_target", `The ${header} header is neither a path nor an http URL.`));
  }
  const target = canonicalTarget(url ? url.target : text, app.settings);
  if (!target.ok) {
    return err({ ...target.error, detail: `The ${header} header: ${target.error.detail}` });
  }
  return reservedSpace(target.value) === "no"
    ? target
    : err(refusal("not_found", `The ${header} header names the gateway's own space.`));
}
