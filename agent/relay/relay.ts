import { SerialQueue } from "../../shared/base/async/serial-queue.ts";
import { familyOf, type KernelLeg } from "../../shared/relay/kernel-table.ts";
import type { Leg } from "../../shared/relay/leg.ts";
import { sourceTowards } from "../system/interfaces.ts";
import { loadRelayTable, removeRelayTable } from "../system/relay-table.ts";
import { Forwarder, type LegCount } from "./forwarder.ts";

/** One pair that this relay carries. */
export interface RelayLeg extends Leg {
  readonly id: string;
  /** The UDP port of the pair. */
  readonly port: number;
}

export interface RelayOptions {
  readonly interfaceName: string;
  /** What each leg may carry. */
  readonly bytesPerSecond: number;
  /** Whether the kernel may forward. It may not where another firewall drops what it forwards. */
  readonly usesKernel: boolean;
  /** The hub's time, milliseconds since the Unix epoch. */
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

/**
 * A blind relay: it forwards the datagrams of the pairs that it was given. Each pair begins in a forwarder of its own.
 * When both ends are proven to be somewhere, the kernel takes the pair over, until an end moves.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #carried = new Map<string, { readonly forwarder: Forwarder; readonly port: number }>();
  #legs: readonly RelayLeg[] = [];
  /** The legs in the kernel, as a text. */
  #inKernel = "[]";
  readonly #loads = new SerialQueue();

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Carries these legs and no others. A leg that stays keeps what is known of its ends. */
  async apply(legs: readonly RelayLeg[]): Promise<void> {
    this.#legs = legs;
    const wanted = new Map(legs.map((leg) => [leg.id, leg]));
    for (const [id, { forwarder, port }] of this.#carried) {
      if (wanted.get(id)?.port === port) continue;
      forwarder.stop();
      this.#carried.delete(id);
    }
    for (const leg of legs) await this.#carry(leg);
    await this.#load();
  }

  /** What each leg carried in the agent. What the kernel carried is not in it. */
  counts(): ReadonlyMap<string, LegCount> {
    return new Map([...this.#carried].map(([id, { forwarder }]) => [id, forwarder.count]));
  }

  async stop(): Promise<void> {
    for (const { forwarder } of this.#carried.values()) forwarder.stop();
    this.#carried.clear();
    this.#legs = [];
    await this.#loads.idle();
    await removeRelayTable(this.#options.interfaceName);
  }

  async #carry(leg: RelayLeg): Promise<void> {
    const carried = this.#carried.get(leg.id);
    if (carried) return carried.forwarder.update(leg);
    const { bytesPerSecond, now, onError } = this.#options;
    const onProven = () => void this.#load().catch(onError);
    const forwarder = new Forwarder(leg, { port: leg.port, bytesPerSecond, now, onProven });
    try {
      await forwarder.start();
      this.#carried.set(leg.id, { forwarder, port: leg.port });
    } catch (error) {
      // A port that another program has is the trouble of one pair.
      onError(error);
    }
  }

  /** Gives the kernel the pairs whose ends are proven. */
  async #load(): Promise<void> {
    if (this.#options.usesKernel) await this.#loads.run(() => this.#loadNow());
  }

  async #loadNow(): Promise<void> {
    const { interfaceName, bytesPerSecond, now } = this.#options;
    const legs = (await Promise.all(this.#legs.map((leg) => this.#kernelLeg(leg)))).filter(
      (leg) => leg !== null,
    );
    const text = JSON.stringify(legs);
    if (text === this.#inKernel) return;
    await loadRelayTable({ interfaceName, bytesPerSecond, legs, now: now() });
    this.#inKernel = text;
  }

  async #kernelLeg({ id, port, notAfter }: RelayLeg): Promise<KernelLeg | null> {
    const [a, b] = this.#carried.get(id)?.forwarder.proven ?? [null, null];
    if (a === null || b === null || a === b || familyOf(a) !== familyOf(b)) return null;
    const [towardsA, towardsB] = await Promise.all([a, b].map((place) => sourceTowards(addressIn(place))));
    return towardsA && towardsB ? { port, places: [a, b], sources: [towardsA, towardsB], notAfter } : null;
  }
}

const addressIn = (place: string): string => place.slice(0, place.lastIndexOf(":")).replace(/^\[|\]$/g, "");
