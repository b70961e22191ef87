import { type Refusal, refusal } from "../base/errors/catalogue.ts";
import { err, ok, type Result } from "../base/result.ts";

/** How the upstream of one app reads paths. */
export interface TargetRules {
  readonly encodedSlashes: boolean;
  readonly caseInsensitivePaths: boolean;
}

/** A request target after canonicalisation. The gateway judges it and forwards it. */
export interface Target {
  /** The canonical path. Exactly this path is judged and forwarded. */
  readonly path: string;
  /** `?` and the query, or empty. The query is forwarded unchanged and is never judged. */
  readonly query: string;
  /**
   * Every path that an upstream could understand this path as. All of them must be allowed. The first is
   * `path`.
   */
  readonly readings: readonly string[];
  /** Other spellings of the same place. No policy may forbid any of them. */
  readonly aliases: readonly string[];
}

const MAX_TARGET_LENGTH = 16_384;
const PLAIN = /^(?:\/(?!\.)[A-Za-z0-9_~.-]+(?<!\.))*\/?$/;
const VISIBLE_ASCII = /^[\x21-\x7e]*$/;
const UNRESERVED = /^[A-Za-z0-9._~-]$/;
/** Text that a second decoding would turn into another character, as a triplet or in IIS's `%u` form. */
const ENCODED_TWICE = /%25(?:[0-9A-F]{2}|u[0-9A-F]{4})/i;
/**
 * Characters that some URL parsers encode in a path and others don't. Encoding them here removes the
 * difference.
 */
const UNSETTLED = /["<>^`{|}[\]]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const LINE_OR_CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/;

/**
 * Canonicalises the path and query of a request (the part of its URL after the authority). Refuses with
 * `invalid_target` everything that two parsers could read differently. Nothing is guessed.
 */
export function canonicalTarget(raw: string, rules: TargetRules): Result<Target, Refusal> {
  if (raw.length > MAX_TARGET_LENGTH) return refused("The URL is longer than 16 KB.");
  if (!VISIBLE_ASCII.test(raw)) return refused("The URL holds a space, a control or a non-ASCII character.");
  if (raw.includes("#")) return refused("The URL holds a fragment, which is never sent to a server.");
  const mark = raw.indexOf("?");
  const rawPath = mark < 0 ? raw : raw.slice(0, mark);
  const query = mark < 0 ? "" : raw.slice(mark);
  if (rawPath !== "" && !rawPath.startsWith("/") && !rawPath.startsWith("\\")) {
    return refused("The path does not start with a slash.");
  }
  if (PLAIN.test(rawPath)) return ok(judged(rawPath || "/", query, [rawPath || "/"], rules));

  const encoded = settleEncoding(rawPath.replaceAll("\\", "/"), rules.encodedSlashes);
  if (!encoded.ok) return encoded;
  const path = resolve(encoded.value);
  return ok(judged(path, query, readingsOf(path), rules));
}

/**
 * Gives every character one spelling: unreserved characters are decoded, all others become upper-case
 * triplets.
 */
function settleEncoding(path: string, encodedSlashes: boolean): Result<string, Refusal> {
  if (/%(?![0-9A-Fa-f]{2})/.test(path)) return refused("The path holds a `%` that encodes nothing.");
  if (!encodedSlashes && /%(?:2f|5c)/i.test(path)) {
    return refused("The path holds an encoded slash, which this app does not accept.");
  }
  try {
    if (LINE_OR_CONTROL.test(decodeURIComponent(path))) {
      return refused("The path holds an encoded control character.");
    }
  } catch {
    return refused("The path is not encoded as UTF-8.");
  }
  const settled = path
    .replace(UNSETTLED, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%[0-9A-Fa-f]{2}/g, (triplet) => {
      const char = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
      if (UNRESERVED.test(char)) return char;
      return char === "/" || char === "\\" ? triplet : triplet.toUpperCase();
    });
  // This check must use the result, because `%25` and an encoded digit become a triplet only in the result.
  if (ENCODED_TWICE.test(settled)) return refused("The path is percent-encoded twice.");
  return ok(settled);
}

/** Removes empty segments and dot segments (RFC 3986 §5.2.4). A path never goes above its root. */
function resolve(path: string): string {
  const kept: string[] = [];
  const segments = path.split("/").slice(1);
  let directory = false;
  for (const segment of segments) {
    directory = segment === "" || segment === "." || segment === "..";
    if (segment === "..") kept.pop();
    else if (!directory) kept.push(segment);
  }
  return `/${kept.join("/")}${directory && kept.length > 0 ? "/" : ""}`;
}

/**
 * The path as sent. The path without matrix parameters. The path without the endings of names that Windows
 * ignores. The path without both. And each of these with encoded slashes decoded.
 */
function readingsOf(canonical: string): string[] {
  const decoded = canonical.replace(/%(?:2f|5c)/gi, "/");
  const readings = [canonical, decoded].flatMap((path) => {
    const bare = eachSegment(path, withoutParameters);
    return [path, bare, eachSegment(path, withoutTail), eachSegment(bare, withoutTail)].map(resolve);
  });
  return [...new Set(readings)];
}

const eachSegment = (path: string, change: (segment: string) => string): string =>
  path.split("/").map(change).join("/");

function withoutParameters(segment: string): string {
  const start = segment.indexOf(";");
  return start < 0 ? segment : segment.slice(0, start);
}

/** The beginning of the name of a stream of a file in NTFS: `a.php::$DATA` is the same as `a.php`. */
const STREAM = /(?::|%3A){1,2}(?:\$|%24)/;

/**
 * A name without the dots and spaces at its end and without its stream. Windows finds the same file by both
 * names.
 */
function withoutTail(segment: string): string {
  const stream = segment.search(STREAM);
  let end = stream < 0 ? segment.length : stream;
  for (;;) {
    if (segment.endsWith(".", end)) end -= 1;
    else if (segment.endsWith("%20", end)) end -= 3;
    else return segment.slice(0, end);
  }
}

function judged(path: string, query: string, readings: readonly string[], rules: TargetRules): Target {
  const folded = rules.caseInsensitivePaths ? readings.flatMap(casesOf) : readings;
  const unique = folded.length === 1 ? folded : [...new Set(folded)];
  const aliases = unique
    .filter((reading) => reading.length > 1 && reading.endsWith("/"))
    .map((reading) => reading.slice(0, -1));
  return { path, query, readings: unique, aliases };
}

/**
 * The path as upstreams see it that ignore case. Some compare in lower case. Others compare in upper case,
 * where ſ is S, ı is I and ß is two S. Triplets keep their one spelling.
 */
function casesOf(path: string): string[] {
  return [foldCase(path, (text) => text.toLowerCase()), foldCase(path, foldByUpperCase)];
}

const foldCase = (path: string, fold: (text: string) => string): string =>
  path.replace(/(?:%[89A-F][0-9A-F])+|[^%]+|%../g, (part) => {
    if (!part.startsWith("%")) return part.toLowerCase();
    return part.length > 3 ? encodeURIComponent(fold(decodeURIComponent(part))) : part.toUpperCase();
  });

/**
 * Folds letter by letter, because the lower case of Σ depends on its position. Only İ has no simple lower
 * case.
 */
const foldByUpperCase = (text: string): string =>
  [...text].map((letter) => (letter === "İ" ? "i" : letter.toUpperCase().toLowerCase())).join("");

const RESERVED = /^\/\.rustronaut(?:\/|$)/i;
const EXACTLY_RESERVED = /^\/\.rustronaut\//;

/**
 * Whether the target is in the space that we reserve on every host. `ours`: we serve it. `disguised`: it is
 * another spelling of such a target, so it is answered with 404 and never forwarded.
 */
export function reservedSpace(target: Pick<Target, "path" | "readings">): "no" | "ours" | "disguised" {
  if (EXACTLY_RESERVED.test(target.path) && target.readings.length === 1) return "ours";
  return [target.path, ...target.readings].some((reading) => RESERVED.test(reading)) ? "disguised" : "no";
}

/** Splits a URL as received into scheme, authority and the rest. Normalises nothing. */
export function splitUrl(url: string): { scheme: string; authority: string; target: string } | null {
  const match = /^(https?):\/\/([^/?#\\]*)(.*)$/s.exec(url);
  if (!match) return null;
  return { scheme: match[1] ?? "", authority: match[2] ?? "", target: match[3] ?? "" };
}

const refused = (detail: string): { readonly ok: false; readonly error: Refusal } =>
  err(refusal("invalid_target", detail));
