import type { HeaderList } from "./headers.ts";

/**
 * Codings that are removed when a body is read. The body that is passed on then differs from the upstream's
 * representation.
 */
const UNDONE_BY_READING = new Set(["gzip", "br"]);

/** Headers that describe only the coded bytes (RFC 9110 §8.8, §14.3; RFC 9530). */
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
 * The body's length in bytes, if the body must have exactly that length. Null for a chunked body, whose
 * length header has no meaning (RFC 9112 §6.3), and null for a body with a coding.
 */
export function framedLength(headers: Headers): number | null {
  if (headers.get("transfer-encoding") !== null || headers.get("content-encoding") !== null) return null;
  const length = headers.get("content-length");
  return length !== null && /^\d{1,15}$/.test(length) ? Number(length) : null;
}

/**
 * The headers of a body as it is passed on. If a coding was removed, the headers about the coded bytes are
 * removed, and the ETag becomes weak: the resource is the same, but the bytes are different.
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
 * The headers of a request for a part of a resource. The part is requested without a coding, because a part
 * of coded bytes can't be read. The headers of a request for the whole resource stay unchanged.
 */
export function forRange(headers: readonly [string, string][]): [string, string][] {
  if (!headers.some(([name]) => name.toLowerCase() === "range")) return [...headers];
  const others = headers.filter(([name]) => name.toLowerCase() !== "accept-encoding");
  return [...others, ["accept-encoding", "identity"]];
}

/** The headers of a request for the whole resource. */
export const forWhole = (headers: readonly [string, string][]): [string, string][] =>
  headers.filter(([name]) => !/^(?:range|if-range)$/i.test(name));
