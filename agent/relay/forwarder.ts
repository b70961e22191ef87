import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { Budget } from "../../shared/relay/budget.ts";
import { type DropReason, forward, type Leg, NEW_LEG } from "../../shared/relay/leg.ts";

/** What one leg carried, and what it did not. */
export interface LegCount {
  datagrams: number;
  bytes: number;
  readonly dropped: Record<DropReason | "over_budget", number>;
}

export interface ForwarderOptions {
  readonly port: number;
  readonly bytesPerSecond: number;
  /** The hub's time, milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** An end was proven to be at another place. */
  readonly onProven: () => void;
}

/** Forwards the datagrams of one pair at one UDP port, in both families, and can read none of them. */
export class Forwarder {
  readonly count: LegCount = {
    datagrams: 0,
    bytes: 0,
    dropped: { expired: 0, not_wireguard: 0, unknown_source: 0, nowhere_to_go: 0, over_budget: 0 },
  };
  #leg: Leg;
  readonly #options: ForwarderOptions;
  readonly #budget: Budget;
  #sockets: Readonly<Record<"IPv4" | "IPv6", Socket>> | null = null;
  #state = NEW_LEG;

  constructor(leg: Leg, options: ForwarderOptions) {
    this.#leg = leg;
    this.#options = options;
    this.#budget = new Budget(options.bytesPerSecond, options.now());
  }

  /** Where the ends were proven to be, as `address:port`. */
  get proven(): readonly [string | null, string | null] {
    return this.#state.proven;
  }

  /** @throws Error when the port can't be had. */
  async start(): Promise<void> {
    const sockets = { IPv4: createSocket("udp4"), IPv6: createSocket({ type: "udp6", ipv6Only: true }) };
    for (const socket of Object.values(sockets))
      socket.on("message", (bytes, from) => this.#take(bytes, from));
    this.#sockets = sockets;
    try {
      await Promise.all(Object.values(sockets).map((socket) => bound(socket, this.#options.port)));
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** The same pair, with other endpoints or another end. What is proven stays. */
  update(leg: Leg): void {
    this.#leg = leg;
  }

  stop(): void {
    for (const socket of Object.values(this.#sockets ?? {})) socket.close();
    this.#sockets = null;
  }

  #take(datagram: Buffer, { address, port, family }: RemoteInfo): void {
    const now = this.#options.now();
    const source = family === "IPv6" ? `[${address}]:${port}` : `${address}:${port}`;
    const verdict = forward(this.#leg, this.#state, source, datagram, now);
    if ("dropped" in verdict) {
      this.count.dropped[verdict.dropped] += 1;
    } else if (this.#budget.take(datagram.length, now)) {
      const { proven } = this.#state;
      this.#state = verdict.state;
      this.#send(datagram, verdict.to);
      if (verdict.state.proven !== proven) this.#options.onProven();
    } else {
      this.count.dropped.over_budget += 1;
    }
  }

  #send(datagram: Buffer, to: string): void {
    const colon = to.lastIndexOf(":");
    const isIpv6 = to.startsWith("[");
    const address = isIpv6 ? to.slice(1, colon - 1) : to.slice(0, colon);
    // A network that can't be reached now is like one that loses packets.
    this.#sockets?.[isIpv6 ? "IPv6" : "IPv4"].send(
      datagram,
      Number(to.slice(colon + 1)),
      address,
      () => undefined,
    );
    this.count.datagrams += 1;
    this.count.bytes += datagram.length;
  }
}

const bound = (socket: Socket, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, () => {
      socket.off("error", reject);
      socket.on("error", () => undefined);
      resolve();
    });
  });
