import { ConnectorPart } from "./connector.ts";
import { DeviceProof } from "./device-proof.ts";
import { Edge } from "./edge.ts";
import { Firewalls } from "./firewalls.ts";
import { Lookout } from "./lookout.ts";
import type { NodeView, Part } from "./part.ts";
import { Paths } from "./paths.ts";
import { PortMapping } from "./port-mapping.ts";
import { Push } from "./push.ts";
import { RelayPart } from "./relay.ts";
import { Reporter } from "./reporter.ts";

/** All parts of an agent, in the order in which they start. */
export const partsOf = (node: NodeView): readonly Part[] => [
  new Firewalls(node),
  new Push(node),
  new Paths(node),
  new Reporter(node),
  new Lookout(node),
  new ConnectorPart(node),
  new DeviceProof(node),
  new Edge(node),
  new RelayPart(node),
  new PortMapping(node),
];
