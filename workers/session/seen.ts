import { agentKind, type Seen } from "../../shared/access/risk/whereabouts.ts";
import { remembering } from "../../shared/base/bounded-map.ts";
import { networkOf } from "../platform/network.ts";

/** The kind of browser by its header. A page sends the same header with each of its requests. */
const kindOf = remembering(1_000, agentKind);

/** What a request shows of its sender, for the rules that look for risk. */
export function seenOf(request: Request): Seen {
  const { country, asn } = networkOf(request);
  return { country, asn, agent: kindOf(request.headers.get("user-agent") ?? "") };
}
