import { parseEndpoint } from "../../shared/node/config/endpoint.ts";
import { addressOf, type HeardAt, worthNaming } from "../../shared/node/hearing.ts";
import { WIRE_LIMITS } from "../../shared/node/protocol/types.ts";
import { ownAddresses, sourceTowards } from "../system/interfaces.ts";
import { orderEndpoints } from "./endpoint-order.ts";

/** Gives a text that changes when this machine gets other addresses or another way to the hub. */
export async function surroundings(interfaceName: string, hub: readonly string[]): Promise<string> {
  const sources = await Promise.all(hub.slice(0, 2).map(sourceTowards));
  const addresses = ownAddresses(interfaceName).map(({ address }) => address);
  return [...sources, "", ...addresses.sort()].join(" ");
}

/** How many live peers are asked about. The machine has few addresses, and each question costs a system call. */
const ASKED_PEERS = 8;

export interface Surroundings {
  readonly interfaceName: string;
  readonly port: number;
  /** The addresses of the hub, or of the proxy that leads to it. */
  readonly hub: readonly string[];
  /** `address:port` of the peers that the tunnel hears. */
  readonly peers: readonly string[];
  readonly seenByHub: readonly string[];
  /** Where peers hear this machine, by the hub's word. */
  readonly heardAt: readonly HeardAt[];
  /** The endpoint that the router opened. */
  readonly mapped: string | null;
}

/** The endpoints where peers may reach this machine, best first, at most as many as the hub takes. */
export async function ownEndpoints(around: Surroundings): Promise<string[]> {
  const peers = around.peers.slice(0, ASKED_PEERS).map((endpoint) => endpoint.replace(/:\d+$/, ""));
  const targets = [...around.hub, ...peers.map((address) => address.replace(/^\[|\]$/g, ""))];
  const sources = new Set(
    (await Promise.all(targets.map(sourceTowards))).filter((source) => source !== null),
  );
  const own = ownAddresses(around.interfaceName);
  const { seenByHub, port } = around;
  // Neither peers nor the router can say that this machine is at an address that nobody else sees it at.
  const addresses = new Set([...seenByHub, ...own.map(({ address }) => address)]);
  const isOwn = (endpoint: string) => addresses.has(addressOf(endpoint).replace(/^\[|\]$/g, ""));
  const mapped = around.mapped === null ? [] : [around.mapped].filter(isOwn);
  const heard = worthNaming(around.heardAt).filter(isOwn);
  const [best = [], ...others] = orderEndpoints(own, { seenByHub, sources }, port);
  return [...new Set([mapped, best, heard, others].flat())]
    .filter((endpoint) => parseEndpoint(endpoint, () => false).ok)
    .slice(0, WIRE_LIMITS.endpoints);
}
