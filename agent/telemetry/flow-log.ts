import { contains, hostOf, isDefaultRoute, type Prefix, prefixOf } from "../../shared/net/prefix.ts";
import type { Assembled } from "../../shared/node/config/assemble.ts";
import type { FlowReport } from "../../shared/node/protocol/types.ts";
import type { KernelFlow, Machine } from "../tunnel/machine.ts";

/** More ports than this with one peer become one flow without a port, such as those that a port scan leaves. */
const MOST_PORTS = 64;
/** A flow that goes on without a new connection is reported again when this much time has passed. */
const GOES_ON_MS = 5 * 60_000;

/** The ranges of the network. */
type Overlay = Parameters<Machine["readFlows"]>[0];

interface Entry {
  readonly flow: FlowReport;
  /** The kernel's count at the last look. */
  readonly counted: number;
  /** The `seenAt` that the hub has. */
  readonly toldAt: number;
}

/**
 * What the kernel noted, in the words of a report, and how much of it the hub has. It remembers only flows that the
 * kernel remembers, so the bounds of the kernel's table bound it.
 */
export class FlowLog {
  #entries: ReadonlyMap<string, Entry> = new Map();

  /**
   * Takes a look at the kernel's table.
   * @param now The hub's time in milliseconds.
   */
  note(found: readonly KernelFlow[], config: Assembled, overlay: Overlay, now: number): void {
    const sides = new Sides(config, overlay);
    const entries = new Map<string, Entry>();
    for (const kernel of found) {
      const ends = sides.endsOf(kernel);
      if (ends === null) continue;
      const key = JSON.stringify([
        kernel.source,
        kernel.destination,
        kernel.protocol,
        kernel.port,
        kernel.verdict,
      ]);
      const before = this.#entries.get(key);
      // The kernel forgot the flow and noted it again, when the count is lower than before.
      const isSame = before !== undefined && kernel.connections >= before.counted;
      const more = kernel.connections - (isSame ? before.counted : 0);
      const seenAt = Math.round(now - kernel.quietSeconds * 1_000);
      entries.set(key, {
        flow: {
          ...ends,
          protocol: protocolOf(kernel.protocol),
          port: kernel.port === 0 ? null : kernel.port,
          verdict: kernel.verdict,
          count: (before?.flow.count ?? 0) + more,
          seenAt: Math.max(seenAt, before?.flow.seenAt ?? 0),
        },
        counted: kernel.connections,
        toldAt: before?.toldAt ?? 0,
      });
    }
    this.#entries = entries;
  }

  /** What the hub does not know yet, newest first. */
  news(most: number): FlowReport[] {
    const news = [...this.#entries.values()].filter(isNews).map(({ flow }) => flow);
    return joined(news)
      .sort((a, b) => b.seenAt - a.seenAt)
      .slice(0, most);
  }

  /** The hub took these flows. */
  told(flows: readonly FlowReport[]): void {
    const taken = new Set(flows.map(nameOf));
    const whole = new Set(flows.filter(({ port }) => port === null).map(nameOf));
    const isTaken = ({ flow }: Entry) =>
      taken.has(nameOf(flow)) || whole.has(nameOf({ ...flow, port: null }));
    this.#entries = new Map(
      [...this.#entries].map(([key, entry]) => [
        key,
        isNews(entry) && isTaken(entry)
          ? { ...entry, flow: { ...entry.flow, count: 0 }, toldAt: entry.flow.seenAt }
          : entry,
      ]),
    );
  }

  forget(): void {
    this.#entries = new Map();
  }
}

const isNews = ({ flow, toldAt }: Entry): boolean => flow.count > 0 || flow.seenAt >= toldAt + GOES_ON_MS;

const nameOf = ({ direction, peer, near, far, protocol, port, verdict }: FlowReport): string =>
  JSON.stringify([direction, peer, near, far, protocol, port, verdict]);

/** Adds flows of the same name, such as those to several hosts of one network, and those to very many ports. */
function joined(flows: readonly FlowReport[]): FlowReport[] {
  const portless = (flow: FlowReport): FlowReport => ({ ...flow, port: null });
  const ports = Map.groupBy(flows, (flow) => nameOf(portless(flow)));
  const named = [...ports.values()].flatMap((alike) =>
    new Set(alike.map(({ port }) => port)).size > MOST_PORTS ? alike.map(portless) : alike,
  );
  return [...Map.groupBy(named, nameOf).values()].map((same) => ({
    ...(same[0] as FlowReport),
    count: same.reduce((sum, { count }) => sum + count, 0),
    seenAt: Math.max(...same.map(({ seenAt }) => seenAt)),
  }));
}

/** One word for ICMP, as in rules. */
const protocolOf = (name: string): string => (name === "ipv6-icmp" ? "icmp" : name);

type Ends = Pick<FlowReport, "direction" | "peer" | "near" | "far">;

/** Knows on which side of the tunnel an address lies. */
class Sides {
  readonly #own: ReadonlySet<string>;
  readonly #forwards: readonly Prefix[];
  readonly #peers: ReadonlyMap<string, string>;
  readonly #networks: readonly { readonly peer: string; readonly text: string; readonly prefix: Prefix }[];
  readonly #texts: ReadonlyMap<Prefix, string>;
  readonly #overlay: readonly Prefix[];

  constructor({ manifest, peers }: Assembled, { ipv4, ipv6 }: Overlay) {
    this.#overlay = [ipv4, ipv6].flatMap(networkOf);
    this.#own = new Set([manifest.ipv4, manifest.ipv6]);
    this.#texts = new Map(
      manifest.forwards.flatMap((text) => networkOf(text).map((prefix) => [prefix, text])),
    );
    this.#forwards = [...this.#texts.keys()];
    this.#peers = new Map(peers.flatMap(({ peer }) => [peer.ipv4, peer.ipv6].map((ip) => [ip, peer.node])));
    this.#networks = peers.flatMap(({ peer }) =>
      peer.routes.flatMap((text) => networkOf(text).map((prefix) => ({ peer: peer.node, text, prefix }))),
    );
  }

  /** Null when the connection is not one between this node and another. */
  endsOf({ source, destination, verdict }: KernelFlow): Ends | null {
    const [from, to] = [this.#ours(source), this.#ours(destination)];
    const [sender, receiver] = [this.#theirs(source), this.#theirs(destination)];
    if (from && receiver)
      return { direction: "out", peer: receiver.peer, near: from.near, far: receiver.far };
    if (to && sender) return { direction: "in", peer: sender.peer, near: to.near, far: sender.far };
    // Without a peer, the machine tried this from any of its addresses. The hub knows whose address it is.
    if (verdict === "denied" && !sender && !to && this.#isOverlay(destination))
      return { direction: "out", peer: destination, near: from?.near ?? null, far: null };
    return null;
  }

  #isOverlay(address: string): boolean {
    const host = hostOf(address);
    return host !== null && this.#overlay.some((range) => contains(range, host));
  }

  #ours(address: string): Pick<Ends, "near"> | null {
    if (this.#own.has(address)) return { near: null };
    const host = hostOf(address);
    const forward = host && this.#forwards.find((prefix) => contains(prefix, host));
    return forward ? { near: this.#texts.get(forward) ?? null } : null;
  }

  #theirs(address: string): Pick<Ends, "peer" | "far"> | null {
    const peer = this.#peers.get(address);
    if (peer !== undefined) return { peer, far: null };
    const host = hostOf(address);
    const network = host && this.#networks.find(({ prefix }) => contains(prefix, host));
    return network ? { peer: network.peer, far: network.text } : null;
  }
}

/** A network that is not everything outside. */
function networkOf(text: string): Prefix[] {
  const prefix = prefixOf(text);
  return prefix && !isDefaultRoute(prefix) ? [prefix] : [];
}
