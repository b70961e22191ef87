/** The legs of a network: which relay carries which pair of nodes, and at which of its UDP ports. */

/**
 * - `open`: relay and ends use it
 * - `leaving`: the ends are told no more of it, and the relay still carries it
 * - `ended`: nobody uses it, and its port rests
 */
export const LEG_STATES = ["open", "leaving", "ended"] as const;

export interface Leg {
  readonly id: string;
  readonly relay: string;
  readonly port: number;
  /** The two nodes, in the order of their ids. */
  readonly ends: readonly [string, string];
  /** 32 bytes in base64url: the key of probes. */
  readonly probeKey: string;
  readonly state: (typeof LEG_STATES)[number];
  /** When it came into this state: milliseconds since the Unix epoch. */
  readonly since: number;
}

/**
 * The ports of a relay for legs. They lie below those that Linux gives to programs that ask for none (32768 and up), so that
 * none of them takes one.
 */
export const LEG_PORTS = { first: 20_000, count: 4_096 } as const;
/** A port of which a leg has ended serves no other one before. Late datagrams of the former pair end there meanwhile. */
const PORT_REST_MS = 600_000;

/** All legs by relay, by node and by pair. A port has one leg, or the last one that it had. */
export class LegTable {
  readonly #relays = new Map<string, Map<number, Leg>>();
  /** Live legs only, by either end and then by the other one. */
  readonly #pairs = new Map<string, Map<string, Leg[]>>();
  readonly #loads = new Map<string, number>();

  /** Puts a leg at its port. */
  set(leg: Leg): void {
    const ports = this.#relays.get(leg.relay) ?? new Map<number, Leg>();
    this.#relays.set(leg.relay, ports);
    const before = ports.get(leg.port);
    if (before) this.#unlink(before);
    ports.set(leg.port, leg);
    if (leg.state === "ended") return;
    this.#loads.set(leg.relay, this.load(leg.relay) + 1);
    const [a, b] = leg.ends;
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const peers = this.#pairs.get(one) ?? new Map<string, Leg[]>();
      this.#pairs.set(one, peers);
      peers.set(other, [...(peers.get(other) ?? []), leg].sort(byAge));
    }
  }

  /** Forgets all legs of a node that is gone, as the registry does. */
  forget(node: string): void {
    for (const leg of [...this.ofRelay(node), ...this.ofNode(node)]) {
      this.#unlink(leg);
      this.#relays.get(leg.relay)?.delete(leg.port);
    }
    this.#relays.delete(node);
  }

  /** The legs that a relay carries. */
  ofRelay(relay: string): readonly Leg[] {
    return [...(this.#relays.get(relay)?.values() ?? [])].filter(isLive);
  }

  /** The legs of which a node is an end. */
  ofNode(node: string): readonly Leg[] {
    return [...(this.#pairs.get(node)?.values() ?? [])].flat();
  }

  /** The legs of a pair, oldest first. */
  between(a: string, b: string): readonly Leg[] {
    return this.#pairs.get(a)?.get(b) ?? [];
  }

  /** How many legs a relay carries. */
  load(relay: string): number {
    return this.#loads.get(relay) ?? 0;
  }

  /** The relays that carry something. */
  relays(): readonly string[] {
    return [...this.#loads.keys()].filter((relay) => this.load(relay) > 0);
  }

  /** A port that no leg ever had, or the one that rested longest. Null when there is none. */
  freePort(relay: string, now: number): number | null {
    const ports = this.#relays.get(relay);
    if (!ports) return LEG_PORTS.first;
    for (let port = LEG_PORTS.first; port < LEG_PORTS.first + LEG_PORTS.count; port++)
      if (!ports.has(port)) return port;
    let rested: Leg | null = null;
    for (const leg of ports.values())
      if (!isLive(leg) && leg.since + PORT_REST_MS <= now && (!rested || leg.since < rested.since))
        rested = leg;
    return rested?.port ?? null;
  }

  /** When the next port of a full relay has rested: milliseconds since the Unix epoch. Null while one is free, or none rests. */
  portFreesAt(relay: string, now: number): number | null {
    if (this.freePort(relay, now) !== null) return null;
    const resting = [...(this.#relays.get(relay)?.values() ?? [])].filter((leg) => !isLive(leg));
    return resting.reduce<number | null>((least, { since }) => earlier(least, since + PORT_REST_MS), null);
  }

  #unlink(leg: Leg): void {
    if (!isLive(leg)) return;
    this.#loads.set(leg.relay, this.load(leg.relay) - 1);
    const [a, b] = leg.ends;
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const peers = this.#pairs.get(one);
      const left = peers?.get(other)?.filter(({ id }) => id !== leg.id) ?? [];
      if (left.length > 0) peers?.set(other, left);
      else peers?.delete(other);
      if (peers?.size === 0) this.#pairs.delete(one);
    }
  }
}

const earlier = (a: number | null, b: number): number => (a === null ? b : Math.min(a, b));
const isLive = ({ state }: Leg): boolean => state !== "ended";
const byAge = (a: Leg, b: Leg): number => a.since - b.since || (a.id < b.id ? -1 : 1);
