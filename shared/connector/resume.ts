/** Where a download that broke off can go on, as the first answer allows it (RFC 9110 §14). */
export interface Resumption {
  /** The strong entity tag. The rest must be of the same representation. */
  readonly etag: string;
  /** The position of the first byte of the body in the representation. */
  readonly start: number;
  /** The position of the last byte of the body. */
  readonly last: number;
}

type Headers = { get(name: string): string | null };

const STRONG_TAG = /^"[\x21\x23-\x7e]*"$/;
const RANGE = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/;

/** How the body of this answer to a GET could be resumed, or null when the rest can't be had for certain. */
export function resumptionOf(status: number, headers: Headers): Resumption | null {
  const etag = headers.get("etag") ?? "";
  if (!STRONG_TAG.test(etag) || headers.get("content-encoding") !== null) return null;
  if (status === 206) {
    const [, start, last] = RANGE.exec(headers.get("content-range") ?? "") ?? [];
    return start === undefined || last === undefined
      ? null
      : { etag, start: Number(start), last: Number(last) };
  }
  const length = headers.get("content-length") ?? "";
  if (status !== 200 || !/^[1-9]\d{0,14}$/.test(length) || headers.get("accept-ranges") !== "bytes")
    return null;
  return { etag, start: 0, last: Number(length) - 1 };
}

/** The headers that ask for what is missing. They replace the request's own. */
export const headersOfRest = ({ etag, start, last }: Resumption, received: number): [string, string][] => [
  ["range", `bytes=${start + received}-${last}`],
  ["if-range", etag],
];

/** Whether this answer is exactly the rest that was asked for. */
export function isRest(resumption: Resumption, received: number, status: number, headers: Headers): boolean {
  if (status !== 206 || headers.get("etag") !== resumption.etag) return false;
  if (headers.get("content-encoding") !== null) return false;
  const [, start, last] = RANGE.exec(headers.get("content-range") ?? "") ?? [];
  return Number(start) === resumption.start + received && Number(last) === resumption.last;
}
