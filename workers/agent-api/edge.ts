import { isId } from "../../shared/base/ids.ts";
import { EDGE_PROTOCOL } from "../../shared/edge/limits.ts";
import { HEADERS } from "../../shared/node/protocol/types.ts";
import type { Bindings } from "../platform/env.ts";
import { edgeObject, meshObject } from "../platform/objects.ts";
import { throwRefusal } from "../platform/refused.ts";
import type { AgentSession } from "./session.ts";
import { requireMember } from "./standing.ts";
import { requireUpgrade } from "./upgrade.ts";

/** Opens the socket of a node towards one peer, at the object of the pair. The caller has checked the session's freshness. */
export async function openEdge(
  request: Request,
  bindings: Bindings,
  session: AgentSession,
  query: URLSearchParams,
): Promise<Response> {
  await requireMember(bindings, session, true);
  requireUpgrade(request, EDGE_PROTOCOL);
  const { node, ticket } = session;
  const peer = query.get("peer") ?? "";
  // An object exists as soon as it is named, so only linked pairs may name one.
  if (!isId("node", peer) || !(await meshObject(bindings, ticket.segment).edgeLease(node, peer, 0)))
    throwRefusal("not_found", "No rule links this node with such a peer, or one of them is in quarantine.");
  const opening = new URLSearchParams({
    node,
    peer,
    segment: ticket.segment,
    handshake: String(ticket.handshake),
    counter: request.headers.get(HEADERS.counter) ?? "",
  });
  const answer = await edgeObject(bindings, node, peer).fetch(`https://edge/?${opening}`, {
    headers: { upgrade: "websocket" },
  });
  if (answer.status === 409)
    throwRefusal("request_replayed", "This request, or a later one, has opened a socket before. Count on.");
  return answer;
}
