import { parseEndpoint } from "../../shared/node/config/endpoint.ts";
import { WIRE_LIMITS } from "../../shared/node/protocol/types.ts";
import { ownAddresses, sourceTowards } from "../system/interfaces.ts";
import { orderEndpoints } from "./endpoint-order.ts";

/** A text that changes when this machine comes to other addresses, or to another way to the hub. */
export async function surroundings(interfaceName: string, hub: readonly string[]): Promise<string> {
  const sources = await Promise.all(hub.slice(0, 2).map(sourceTowards));
  const addresses = ownAddresses(interfaceName).map(({ address }) => address);
  return [...sources, "", ...addresses.sort()].join(" ");
}

/** Of so many live peers: the machine has few addresses, and each question costs a system call. */
const ASKED_PEERS = 8;

export interface Surroundings {
  readonly interfaceName: string;
  readonly port: number;
  /** Addresses of the hub, or of the proxy that leads to it. */
  readonly hub: readonly string[];
  /** `address:port` of peers that are heard. */
  readonly peers: readonly string[];
  readonly seenByHub: readonly string[];
}

/** Where peers may reach this machine, best first, as many as the hub takes. */
export async function ownEndpoints(around: Surroundings): Promise<string[]> {
  const peers = around.peers.slice(0, ASKED_PEERS).map((endpoint) => endpoint.replace(/:\d+$/, ""));
  const targets = [...around.hub, ...peers.map((address) => address.replace(/^\[|\]$/g, ""))];
  const sources = new Set(
    (await Promise.all(targets.map(sourceTowards))).filter((source) => source !== null),
  );
  const own = ownAddresses(around.interfaceName);
  const { seenByHub, port } = around;
  return orderEndpoints(own, { seenByHub, sources }, port)
    .filter((endpoint) => parseEndpoint(endpoint, () => false).ok)
    .slice(0, WIRE_LIMITS.endpoints);
}
