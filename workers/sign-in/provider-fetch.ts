import { checkUpstream } from "../../shared/http/upstream.ts";
import { boundedBody } from "../platform/bounded-body.ts";
import { type Bindings, networkHosts } from "../platform/env.ts";

/** The identity provider can't be asked now. Answer 503, so that the person can try again. */
export class ProviderAway extends Error {}

/** The parts of a request that the OAuth library sets. */
interface ProviderRequest {
  readonly method?: string;
  readonly headers: Record<string, string>;
  readonly body?: URLSearchParams | string | Uint8Array | ReadableStream | null | undefined;
}

const TIMEOUT_MS = 8_000;
const MAX_BYTES = 1_048_576;

/**
 * A `fetch` for identity providers. It allows only https (or a listed development host), only public
 * addresses and no redirects, and limits the time and the size. The provider's metadata choose the addresses,
 * so each address is checked again.
 *
 * @throws `ProviderAway` If there is no usable answer.
 */
export function providerFetch(bindings: Bindings) {
  return async (url: string, init: ProviderRequest): Promise<Response> => {
    const target = new URL(url);
    if (target.protocol !== "https:" && !isDevelopmentHost(bindings, target)) {
      throw new Error(`an identity provider's address must be https: ${target.origin}`);
    }
    const { developmentHosts } = bindings;
    const checked = checkUpstream(target.origin, { developmentHosts, ownHosts: networkHosts(bindings) });
    if (!checked.ok) throw new Error(`an identity provider's address must be public: ${target.origin}`);
    let response: Response;
    let body: ArrayBuffer;
    try {
      response = await fetch(url, {
        method: init.method ?? "GET",
        headers: init.headers,
        body: init.body ?? null,
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      body = await readBounded(response);
    } catch (cause) {
      throw new ProviderAway(`no answer from ${target.origin}`, { cause });
    }
    if (response.status >= 500 || response.status === 429) {
      throw new ProviderAway(`${target.origin} answered ${response.status}`);
    }
    return new Response(body.byteLength === 0 ? null : body, {
      status: response.status,
      headers: response.headers,
    });
  };
}

/** Whether this address may be reached without TLS: only on loopback in local development. */
export function isDevelopmentHost(bindings: Bindings, url: URL): boolean {
  return url.protocol === "http:" && bindings.developmentHosts.includes(url.host);
}

async function readBounded(response: Response): Promise<ArrayBuffer> {
  const bytes = await boundedBody(response.body, MAX_BYTES);
  if (bytes === null) throw new Error("the answer is too large");
  return bytes.buffer;
}
