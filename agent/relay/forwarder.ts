import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { Budget } from "../../shared/relay/budget.ts";
import { type DropReason, forward, NEW_LEG } from "../../shared/relay/leg.ts";
import { answerBinding } from "../../shared/relay/stun.ts";
import type { RelayLeg } from "./relay.ts";

/** What one leg carried, and what it did not. */
export interface LegCount {
  datagrams: number;
  bytes: number;
  /** Probes of the ends that were answered. */
  probes: number;
  readonly dropped: Record<DropReason | "over_budget", number>;
}

export interface ForwarderOptions {
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
    probes: 0,
    dropped: { expired: 0, not_wireguard: 0, unknown_source: 0, nowhere_to_go: 0, over_budget: 0 },
  };
  #leg: RelayLeg;
  readonly #options: ForwarderOptions;
  #budget: Budget;
  /** Anybody can send what may be a probe. It takes nothing of what the pair may use. */
  #probeBudget: Budget;
  #sockets: Readonly<Record<"IPv4" | "IPv6", Socket>> | null = null;
  #state = NEW_LEG;

  constructor(leg: RelayLeg, options: ForwarderOptions) {
    this.#leg = leg;
    this.#options = options;
    this.#budget = new Budget(options.bytesPerSecond, options.now());
    this.#probeBudget = new Budget(options.bytesPerSecond, options.now());
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
      await Promise.all(Object.values(sockets).map((socket) => bound(socket, this.#leg.port)));
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** The same pair, with other endpoints or another end. What is proven stays. */
  update(leg: RelayLeg, bytesPerSecond: number): void {
    this.#leg = leg;
    if (bytesPerSecond === this.#budget.bytesPerSecond) return;
    this.#budget = new Budget(bytesPerSecond, this.#options.now());
    this.#probeBudget = new Budget(bytesPerSecond, this.#options.now());
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
      if (verdict.dropped === "not_wireguard" && this.#answerProbe(datagram, source, now)) return;
      this.count.dropped[verdict.dropped] += 1;
    } else if (this.#budget.take(datagram.length, now)) {
      const { proven } = this.#state;
      this.#state = verdict.state;
      this.#send(datagram, verdict.to);
      this.count.datagrams += 1;
      this.count.bytes += datagram.length;
      if (verdict.state.proven !== proven) this.#options.onProven();
    } else {
      this.count.dropped.over_budget += 1;
    }
  }

  /** @returns Whether it was a probe of this leg. */
  #answerProbe(datagram: Buffer, source: string, now: number): boolean {
    const { id, probeKey } = this.#leg;
    if (!this.#probeBudget.take(datagram.length, now)) return false;
    const answer = answerBinding(datagram, { user: id, key: probeKey }, source);
    if (!answer) return false;
    this.count.probes += 1;
    this.#send(answer, source);
    return true;
  }

  #send(datagram: Uint8Array, to: string): void {
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
