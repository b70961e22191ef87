import { type Refusal, refusal } from "../base/errors/catalogue.ts";
import { err, ok, type Result } from "../base/result.ts";

/** How one app's upstream reads paths. */
export interface TargetRules {
  readonly encodedSlashes: boolean;
  readonly caseInsensitivePaths: boolean;
}

/** A request target after canonicalisation: what is forwarded and what is judged. */
export interface Target {
  /** Canonical path: exactly this is judged and exactly this is forwarded. */
  readonly path: string;
  /** `?` and the query, or empty. Forwarded untouched, never judged. */
  readonly query: string;
  /** Every path that an upstream could take this one for: all of them must be allowed. The first is `path`. */
  readonly readings: readonly string[];
  /** Other spellings of the same place: none of them may be forbidden by a policy. */
  readonly aliases: readonly string[];
}

const MAX_TARGET_LENGTH = 16_384;
const PLAIN = /^(?:\/(?!\.)[A-Za-z0-9_~.-]+(?<!\.))*\/?$/;
const VISIBLE_ASCII = /^[\x21-\x7e]*$/;
const UNRESERVED = /^[A-Za-z0-9._~-]$/;
/** What a second decoding would turn into another character, by triplets or by IIS's `%u` form. */
const ENCODED_TWICE = /%25(?:[0-9A-F]{2}|u[0-9A-F]{4})/i;
/** Characters that a URL parser might or might not encode in a path; encoding them here leaves no choice. */
const UNSETTLED = /["<>^`{|}[\]]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const LINE_OR_CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/;

/**
 * Canonicalises path and query of a request (what follows the authority in its URL). Anything that two
 * parsers could read differently is refused with `invalid_target`; nothing is guessed.
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

/** One spelling for every character: unreserved ones decoded, all others as upper-case triplets. */
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
  // Asked of the result: `%25` and an encoded digit become a triplet only now.
  if (ENCODED_TWICE.test(settled)) return refused("The path is percent-encoded twice.");
  return ok(settled);
}

/** Removes empty and dot segments (RFC 3986 §5.2.4); a path never climbs above its root. */
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
 * As sent; without matrix parameters; without what Windows leaves off at the end of a name; without both; and each of
 * these with encoded slashes decoded.
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

/** What begins the name of one of a file's streams in NTFS: `a.php::$DATA` is `a.php`. */
const STREAM = /(?::|%3A){1,2}(?:\$|%24)/;

/** A name without the dots and blanks at its end and without its stream: Windows finds the same file by it. */
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
 * What the path is to upstreams that ignore case: those that compare lower case, and those that compare upper case,
 * where ſ is an S, ı an I and ß two S. Triplets stay in their one spelling.
 */
function casesOf(path: string): string[] {
  return [foldCase(path, (text) => text.toLowerCase()), foldCase(path, foldByUpperCase)];
}

const foldCase = (path: string, fold: (text: string) => string): string =>
  path.replace(/(?:%[89A-F][0-9A-F])+|[^%]+|%../g, (part) => {
    if (!part.startsWith("%")) return part.toLowerCase();
    return part.length > 3 ? encodeURIComponent(fold(decodeURIComponent(part))) : part.toUpperCase();
  });

/** Letter by letter, since the lower case of Σ depends on its place; İ alone has no simple lower case. */
const foldByUpperCase = (text: string): string =>
  [...text].map((letter) => (letter === "İ" ? "i" : letter.toUpperCase().toLowerCase())).join("");

const RESERVED = /^\/\.rustronaut(?:\/|$)/i;
const EXACTLY_RESERVED = /^\/\.rustronaut\//;

/**
 * Whether the target is in our own space on every host: `ours` is served by us, `disguised` is another spelling
 * of it and is answered with 404, never forwarded.
 */
export function reservedSpace(target: Pick<Target, "path" | "readings">): "no" | "ours" | "disguised" {
  if (EXACTLY_RESERVED.test(target.path) && target.readings.length === 1) return "ours";
  return [target.path, ...target.readings].some((reading) => RESERVED.test(reading)) ? "disguised" : "no";
}

/** Splits a URL as received into scheme, authority and the rest, without normalising anything. */
export function splitUrl(url: string): { scheme: string; authority: string; target: string } | null {
  const match = /^(https?):\/\/([^/?#\\]*)(.*)$/s.exec(url);
  if (!match) return null;
  return { scheme: match[1] ?? "", authority: match[2] ?? "", target: match[3] ?? "" };
}

const refused = (detail: string): { readonly ok: false; readonly error: Refusal } =>
  err(refusal("invalid_target", detail));
