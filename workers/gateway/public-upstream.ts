import { faultOfError } from "../../shared/http/upstream-fault.ts";
import { hasMethodWithBody, isRepeatable } from "./forwarding.ts";
import { headerFields } from "./header-fields.ts";
import type { Upstream } from "./upstream.ts";

/** What one person may see is never kept for the next at the edge (S-31). */
const UNCACHED: RequestInitCfProperties = { cacheTtlByStatus: { "100-599": -1 } };

/** An origin on the public internet, which the edge dials itself. @param origin Of `checkUpstream`. */
export const publicUpstream = (origin: string): Upstream => ({
  kind: "public",
  origin,
  open: async ({ request, target, headers, body }, signal) => {
    const url = origin + target;
    const init = { headers: headerFields(headers), redirect: "manual", signal, cf: UNCACHED } as const;
    try {
      if (hasMethodWithBody(request) || isRepeatable(request))
        return await fetch(url, { ...init, method: request.method, body });
      // The body of GET or HEAD stays where it is, in a request made from the one that came.
      return await fetch(new Request(new Request(url, request), init));
    } catch (error) {
      return faultOfError(error);
    }
  },
});
