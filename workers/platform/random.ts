import { base64url } from "../../shared/base/base64url.ts";
import { type IdKind, newId } from "../../shared/base/ids.ts";

export const randomBytes = (length: number): Uint8Array<ArrayBuffer> =>
  crypto.getRandomValues(new Uint8Array(length));

/** 256 random bits, base64url: 43 characters. */
export const newSecret = (): string => base64url(randomBytes(32));

export const freshId = (kind: IdKind): string => newId(kind, Date.now(), randomBytes);
