import type { Bindings } from "../platform/env.ts";
import { sealBytes, unsealBytes } from "../platform/secrets.ts";

/** The head of a parked request. Its cookies are not kept: the browser sends them again. */
export interface ParkedHead {
  readonly method: string;
  /** The whole URL. */
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
}

/** Where a parked request belongs. It can't be opened anywhere else. */
export interface ParkedPlace {
  readonly hash: string;
  readonly sessionId: string;
  readonly appId: string;
}

/**
 * The headers that say what a request is and which page sent it. They are kept, so a request of a foreign page stays
 * one. All others, such as the cookies and the client's address, are those of the request that goes on.
 */
const KEPT = [
  ...["accept", "accept-language", "cache-control", "content-encoding", "content-language", "content-length"],
  ...[
    "content-type",
    "origin",
    "referer",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
  ],
  "upgrade-insecure-requests",
];

export const headOf = ({ method, url, headers }: Request): ParkedHead => ({
  method,
  url,
  headers: KEPT.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as const];
  }),
});

const contextOf = (part: "head" | "body", { hash, sessionId, appId }: ParkedPlace): string =>
  `parked-${part}:${sessionId}:${appId}:${hash}`;

export const sealHead = (bindings: Bindings, head: ParkedHead, place: ParkedPlace): Promise<ArrayBuffer> =>
  sealBytes(
    bindings,
    Uint8Array.from(new TextEncoder().encode(JSON.stringify(head))),
    contextOf("head", place),
  );

export const sealBody = (
  bindings: Bindings,
  body: Uint8Array<ArrayBuffer>,
  place: ParkedPlace,
): Promise<ArrayBuffer> => sealBytes(bindings, body, contextOf("body", place));

export async function openHead(
  bindings: Bindings,
  sealed: ArrayBuffer,
  place: ParkedPlace,
): Promise<ParkedHead> {
  const bytes = await unsealBytes(bindings, sealed, contextOf("head", place));
  return JSON.parse(new TextDecoder().decode(bytes)) as ParkedHead;
}

export const openBody = (bindings: Bindings, sealed: ArrayBuffer, place: ParkedPlace): Promise<ArrayBuffer> =>
  unsealBytes(bindings, sealed, contextOf("body", place));

/** The parked request as it goes on with `current`, which came from the same tab. */
export function requestOf(
  { method, url, headers }: ParkedHead,
  body: ArrayBuffer,
  current: Request,
): Request {
  const sent = new Headers(current.headers);
  for (const name of KEPT) sent.delete(name);
  for (const [name, value] of headers) sent.set(name, value);
  const { cf, signal } = current;
  return new Request(url, { method, headers: sent, body, signal, ...(cf ? { cf } : {}) } as RequestInit);
}
