import type { Machine, PrivateKeys, WireguardDevice } from "../../agent/tunnel/machine.ts";
import type { PeerChange, Step } from "../../agent/tunnel/plan.ts";
import { NOTHING, type Observed } from "../../agent/tunnel/tunnel.ts";

/** A machine that is a model: what each step does to the system, in the words of `wg`, `ip` and `nft`. */

const isClosed = (route: string): boolean => route.startsWith("closed");

/** The system after a step. @throws Error for a step that the system would refuse now. */
export function perform(step: Step, now: Observed): Observed {
  const device = now.device ?? { publicKey: null, listenPort: 0, mark: 0, peers: [] };
  const link = now.link ?? { mtu: 1420, up: false, addresses: [] };
  const setPeers = (changes: readonly PeerChange[]): Observed => {
    let peers = device.peers;
    for (const { publicKey, allowedIps, endpoint } of changes) {
      const old = peers.find((peer) => peer.publicKey === publicKey);
      // A prefix belongs to one peer: whoever is given it takes it from the other.
      const others = peers
        .filter((peer) => peer.publicKey !== publicKey)
        .map((peer) => ({
          ...peer,
          allowedIps: peer.allowedIps.filter((prefix) => !allowedIps.includes(prefix)),
        }));
      peers = [...others, { publicKey, allowedIps, endpoint: endpoint ?? old?.endpoint ?? null }];
    }
    return { ...now, device: { ...device, peers } };
  };
  switch (step.do) {
    case "remove-link":
      return { ...now, link: null, device: null, routes: now.routes.filter(isClosed) };
    case "create-link":
      if (now.link !== null) throw new Error("File exists");
      return { ...now, link, device };
    case "remove-peers":
      return {
        ...now,
        device: { ...device, peers: device.peers.filter((p) => !step.keys.includes(p.publicKey)) },
      };
    case "shrink-peers":
    case "set-peers":
      return setPeers(step.peers);
    case "set-key":
      return { ...now, device: { ...device, publicKey: step.publicKey } };
    case "set-port":
      return { ...now, device: { ...device, listenPort: step.port } };
    case "set-mark":
      return { ...now, device: { ...device, mark: step.mark } };
    case "load-filter":
      return { ...now, filter: step.text };
    case "add-addresses":
      return { ...now, link: { ...link, addresses: [...link.addresses, ...step.prefixes] } };
    case "remove-addresses":
      return {
        ...now,
        link: { ...link, addresses: link.addresses.filter((a) => !step.prefixes.includes(a)) },
      };
    case "set-mtu":
      return { ...now, link: { ...link, mtu: step.mtu } };
    case "link-up":
      return { ...now, link: { ...link, up: true } };
    case "probe-mtu":
      return { ...now, mtuProbing: true };
    case "mark-way-back":
      return { ...now, wayBack: true };
    case "forward":
      return { ...now, forwards: [...now.forwards, ...step.families] };
    case "raise-fence":
      return { ...now, fence: step.port };
    case "close-exit":
    case "add-routes":
      if (step.do === "add-routes" ? !link.up : !step.routes.every(isClosed))
        throw new Error("Network is down");
      return { ...now, routes: [...now.routes, ...step.routes] };
    case "remove-routes":
      return { ...now, routes: now.routes.filter((route) => !step.routes.includes(route)) };
    case "add-rules":
      return { ...now, routingRules: [...now.routingRules, ...step.rules] };
    case "remove-rules":
      return { ...now, routingRules: now.routingRules.filter((rule) => !step.rules.includes(rule)) };
    case "write-hosts":
      return { ...now, hosts: step.entries };
  }
}

/** Where a model keeps its system, so that it outlives the agent as a kernel does. */
export interface Place {
  read(): Observed;
  write(now: Observed): void;
  /** Told before each step; what it throws is what the system says, and what it waits for holds the step up. */
  before?(step: Step): unknown;
}

/** A machine that needs no root. Nobody shakes hands on it. */
export function modelMachine(place: Place): Machine {
  const change = (next: (now: Observed) => Observed) => place.write(next(place.read()));
  const setPeers = async (peers: readonly PeerChange[]) =>
    change((now) => perform({ do: "set-peers", peers }, now));
  return {
    families: [4, 6],
    observe: async () => place.read(),
    observeDevice: async () => ({ ...NOTHING, device: place.read().device }),
    perform: async (step: Step, privateKeys: PrivateKeys) => {
      await place.before?.(step);
      if (step.do === "set-key") await privateKeys(step.publicKey);
      change((now) => perform(step, now));
    },
    readDevice: async () => deviceOf(place.read()),
    setPeers,
    nudgePeers: async () => undefined,
    pointPeer: async () => undefined,
    dropPeers: async () => change((now) => ({ ...now, device: now.device && { ...now.device, peers: [] } })),
    clear: async (keepsExit) =>
      change(({ routes, routingRules }) =>
        keepsExit ? { ...NOTHING, routes: routes.filter(isClosed), routingRules } : NOTHING,
      ),
    watch: () => ({ looked: () => undefined, slowDown: () => undefined, stop: () => undefined }),
    doubtFilter: () => change((now) => ({ ...now, filter: null })),
    otherFirewalls: async () => [],
    readFlows: async () => [],
    dropFlows: async () => undefined,
    setRelayTable: async () => undefined,
    readForwards: async () => [],
    readHits: async () => new Map(),
  };
}

const deviceOf = ({ device }: Observed): WireguardDevice | null =>
  device && {
    ...device,
    peers: device.peers.map((peer) => ({ ...peer, handshake: 0, receivedBytes: 0, sentBytes: 0 })),
  };
