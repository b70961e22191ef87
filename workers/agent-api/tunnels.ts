import { TUNNEL_PROTOCOL } from "../../shared/connector/limits.ts";
import type { TunnelsAnswer } from "../../shared/connector/tunnels-answer.ts";
import { APPS_OF_NODE } from "../../shared/registry/connectors.ts";
import { publicKeys } from "../gateway/jwks.ts";
import type { Bindings } from "../platform/env.ts";
import { tunnelObject } from "../platform/objects.ts";
import { throwRefusal } from "../platform/refused.ts";
import type { AgentSession } from "./session.ts";
import { requireMember } from "./standing.ts";
import { requireUpgrade } from "./upgrade.ts";

/** How often an agent asks which apps it serves, in seconds. */
const ASK_SECONDS = 15;

/**
 * Answers which apps a node serves as an agent, and which keys sign the passes of their requests. The session's MAC
 * proves the answer, so agents trust these keys because of the network's root.
 */
export async function tunnels(bindings: Bindings, session: AgentSession): Promise<TunnelsAnswer> {
  await requireMember(bindings, session);
  return {
    issuer: bindings.authOrigin,
    keys: await publicKeys(bindings),
    apps: await appsOf(bindings, session.node),
    takesHits: true,
    askSeconds: ASK_SECONDS,
  };
}

/** Opens the tunnel of an agent for one app, at the app's object. The caller has checked the session's freshness. */
export async function openTunnel(
  request: Request,
  bindings: Bindings,
  session: AgentSession,
  query: URLSearchParams,
): Promise<Response> {
  await requireMember(bindings, session, true);
  const [app, weight] = [query.get("app") ?? "", query.get("weight") ?? ""];
  requireUpgrade(request, TUNNEL_PROTOCOL);
  if (!/^[1-9]\d{0,2}$/.test(weight)) throwRefusal("invalid_input", "The weight is from 1 to 999.");
  if (!(await appsOf(bindings, session.node)).some(({ id }) => id === app))
    throwRefusal("not_found", "This node is no agent of such an app.");
  const url = `https://tunnel/?node=${encodeURIComponent(session.node)}&weight=${weight}`;
  return tunnelObject(bindings, app).fetch(url, { headers: { upgrade: "websocket" } });
}

async function appsOf({ db }: Bindings, node: string): Promise<TunnelsAnswer["apps"]> {
  const { results } = await db.prepare(APPS_OF_NODE).bind(node).all<{ id: string; name: string }>();
  return results;
}
