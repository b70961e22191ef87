import type { ControlHandler } from "../control/server.ts";
import type { NodeAgent } from "../core/node-agent.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";

export interface ResolvedNode {
  readonly node: string;
  readonly name: string;
  readonly address: string;
}

/** Gives the functions that the running agent performs for a command. */
export function controlOf(agent: NodeAgent): ControlHandler {
  return async (request) => {
    switch (request.do) {
      case "status":
        return agent.status();
      case "resolve":
        return resolve(agent, request.node);
      case "rotate":
        return agent.rotate();
      case "mend":
        return { steps: await agent.keeper.mend() };
      case "down":
        return agent.down();
      case "logout":
        return agent.logout();
      default:
        throw new Failure(EXIT.usage, "unknown_request", "The agent does not know this request");
    }
  };
}

/** Finds a node by its name, full name, id or address. */
function resolve(agent: NodeAgent, wanted: string): ResolvedNode {
  const config = agent.keeper.config;
  const domain = config?.manifest.domain ?? "";
  const found = config?.peers.find(({ peer }) =>
    [peer.name, `${peer.name}.${domain}`, peer.node, peer.ipv4, peer.ipv6].includes(wanted),
  );
  if (!found)
    throw new Failure(
      EXIT.notFound,
      "no_such_node",
      `No peer of this node is called ${JSON.stringify(wanted)}`,
    );
  const { node, name, ipv4, ipv6 } = found.peer;
  return { node, name, address: wanted === ipv6 ? ipv6 : ipv4 };
}
