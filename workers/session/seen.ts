import { agentKind, type Seen } from "../../shared/access/risk/whereabouts.ts";
import { remembering } from "../../shared/base/bounded-map.ts";
import { networkOf } from "../platform/network.ts";

/** The kind of browser by its header. A page sends the same header with each of its requests. */
const kindOf = remembering(1_000, agentKind);

/** Several steps ask for the same request. */
const seen = new WeakMap<Request, Seen>();

/** What a request shows of its sender, for the rules that look for risk. */
export function seenOf(request: Request): Seen {
  const known = seen.get(request);
  if (known) return known;
  const { country, asn } = networkOf(request);
  const shown = { country, asn, agent: kindOf(request.headers.get("user-agent") ?? "") };
  seen.set(request, shown);
  return shown;
}
