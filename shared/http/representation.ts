import type { HeaderList } from "./headers.ts";

/** Codings that reading a body undoes: what is passed on is then another representation than the upstream's. */
const UNDONE_BY_READING = new Set(["gzip", "br"]);

/** What is true of the coded bytes alone (RFC 9110 §8.8, §14.3; RFC 9530). */
const OF_CODED_BYTES = new Set([
  "content-length",
  "content-encoding",
  "accept-ranges",
  "content-md5",
  "content-digest",
  "repr-digest",
  "digest",
]);

type Headers = { get(name: string): string | null };

export const isUndoneByReading = (headers: Headers): boolean =>
  UNDONE_BY_READING.has(headers.get("content-encoding") ?? "");

/**
 * The body's length in bytes, where framing holds it to that: neither chunked, in which case the length says nothing
 * (RFC 9112 §6.3), nor in a coding. Null where it does not.
 */
export function framedLength(headers: Headers): number | null {
  if (headers.get("transfer-encoding") !== null || headers.get("content-encoding") !== null) return null;
  const length = headers.get("content-length");
  return length !== null && /^\d{1,15}$/.test(length) ? Number(length) : null;
}

/**
 * The headers of a body as it is passed on. Where a coding was undone, what was said of the coded bytes goes, and the
 * ETag becomes a weak one: the same resource, not the same bytes.
 */
export function headersOfPassed(headers: HeaderList, upstream: Headers): HeaderList {
  if (isUndoneByReading(upstream)) {
    return headers
      .filter(([name]) => !OF_CODED_BYTES.has(name))
      .map(([name, value]) => (name === "etag" ? [name, weak(value)] : [name, value]));
  }
  return framedLength(upstream) === null ? headers.filter(([name]) => name !== "content-length") : headers;
}

const weak = (etag: string): string => (etag.startsWith('"') ? `W/${etag}` : etag);

/**
 * The request headers for a part of a resource: asked for without a coding, since a part of coded bytes can't be read.
 * Unchanged where the whole is asked for.
 */
export function forRange(headers: readonly [string, string][]): [string, string][] {
  if (!headers.some(([name]) => name.toLowerCase() === "range")) return [...headers];
  const others = headers.filter(([name]) => name.toLowerCase() !== "accept-encoding");
  return [...others, ["accept-encoding", "identity"]];
}

/** The request headers for the whole of a resource. */
export const forWhole = (headers: readonly [string, string][]): [string, string][] =>
  headers.filter(([name]) => !/^(?:range|if-range)$/i.test(name));
