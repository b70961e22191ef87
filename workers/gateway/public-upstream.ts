import { faultOfError } from "../../shared/http/upstream-fault.ts";
import { hasMethodWithBody, isRepeatable } from "./forwarding.ts";
import { headerFields } from "./header-fields.ts";
import type { Upstream } from "./upstream.ts";

/** The edge caches no answer: an answer that one person may see must never go to another person (S-31). */
const UNCACHED: RequestInitCfProperties = { cacheTtlByStatus: { "100-599": -1 } };

/**
 * An upstream on the public internet, which the edge dials itself.
 * @param origin The origin that `checkUpstream` gave.
 */
export const publicUpstream = (origin: string): Upstream => ({
  kind: "public",
  origin,
  open: async ({ request, target, headers, body }, signal) => {
    const url = origin + target;
    const init = { headers: headerFields(headers), redirect: "manual", signal, cf: UNCACHED } as const;
    try {
      if (hasMethodWithBody(request) || isRepeatable(request))
        return await fetch(url, { ...init, method: request.method, body });
      // A new request that is made from the incoming request keeps the body of GET or HEAD. The run-time sends that
      // body in no other way.
      return await fetch(new Request(new Request(url, request), init));
    } catch (error) {
      return faultOfError(error);
    }
  },
});
