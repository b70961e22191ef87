import { SerialQueue } from "../../shared/base/async/serial-queue.ts";
import { familyOf, type KernelLeg, type KernelTable } from "../../shared/relay/kernel-table.ts";
import type { Leg } from "../../shared/relay/leg.ts";
import { sourceTowards } from "../system/interfaces.ts";
import { Forwarder, type LegCount } from "./forwarder.ts";

/** One pair that this relay carries. */
export interface RelayLeg extends Leg {
  readonly id: string;
  /** The UDP port of the pair. */
  readonly port: number;
  /** The key of probes at this leg, in base64url. */
  readonly probeKey: string;
}

export interface RelayOptions {
  /** Lets the kernel forward, or with null no more. */
  readonly setTable: (table: RelayTable | null) => Promise<void>;
  /** The hub's time, milliseconds since the Unix epoch. */
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

export type RelayTable = Omit<KernelTable, "interfaceName">;

export interface RelayTerms {
  /** What each leg may carry. */
  readonly bytesPerSecond: number;
  /** Whether the kernel may forward. It may not where another firewall drops what it forwards. */
  readonly usesKernel: boolean;
}

/**
 * A blind relay: it forwards the datagrams of the pairs that it was given. Each pair begins in a forwarder of its own.
 * When both ends are proven to be somewhere, the kernel takes the pair over, until an end moves.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #carried = new Map<string, { readonly forwarder: Forwarder; readonly port: number }>();
  readonly #failures = new Map<string, string>();
  readonly #loads = new SerialQueue();
  #legs: readonly RelayLeg[] = [];
  #terms: RelayTerms = { bytesPerSecond: 0, usesKernel: false };
  /** What the kernel forwards, as a text, and until when. Null while an earlier run may have left something. */
  #inKernel: { readonly text: string; readonly until: number } | null = null;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Carries these legs and no others. A leg that stays keeps what is known of its ends. */
  async apply(legs: readonly RelayLeg[], terms: RelayTerms): Promise<void> {
    this.#legs = legs;
    this.#terms = terms;
    const wanted = new Map(legs.map((leg) => [leg.id, leg]));
    for (const [id, { forwarder, port }] of this.#carried) {
      if (wanted.get(id)?.port === port) continue;
      forwarder.stop();
      this.#carried.delete(id);
    }
    this.#failures.clear();
    for (const leg of legs) await this.#carry(leg);
    await this.#load();
  }

  /** What each leg carried in the agent. What the kernel carried is not in it. */
  counts(): ReadonlyMap<string, LegCount> {
    return new Map([...this.#carried].map(([id, { forwarder }]) => [id, forwarder.count]));
  }

  /** Which ports could not be had, and why. */
  get failures(): readonly string[] {
    return [...this.#failures.values()];
  }

  async stop(): Promise<void> {
    await this.apply([], { ...this.#terms, usesKernel: false });
  }

  async #carry(leg: RelayLeg): Promise<void> {
    const carried = this.#carried.get(leg.id);
    const { bytesPerSecond } = this.#terms;
    if (carried) return carried.forwarder.update(leg, bytesPerSecond);
    const { now, onError } = this.#options;
    const onProven = () => void this.#load().catch(onError);
    const forwarder = new Forwarder(leg, { bytesPerSecond, now, onProven });
    try {
      await forwarder.start();
      this.#carried.set(leg.id, { forwarder, port: leg.port });
    } catch (error) {
      // A port that another program has is the trouble of one pair.
      this.#failures.set(leg.id, `UDP port ${leg.port}: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** Gives the kernel the pairs whose ends are proven. */
  #load(): Promise<void> {
    return this.#loads.run(() => this.#loadNow());
  }

  async #loadNow(): Promise<void> {
    const now = this.#options.now();
    const { bytesPerSecond, usesKernel } = this.#terms;
    const found = await Promise.all(usesKernel ? this.#legs.map((leg) => this.#kernelLeg(leg)) : []);
    const legs = found.filter((leg) => leg !== null);
    const until = legs.reduce((least, { notAfter }) => Math.min(least, notAfter), Number.POSITIVE_INFINITY);
    const text = JSON.stringify([bytesPerSecond, legs.map(({ notAfter: _, ...leg }) => leg)]);
    if (this.#inKernel?.text === text && isLongEnough(this.#inKernel.until, until, now)) return;
    await this.#options.setTable(legs.length > 0 ? { bytesPerSecond, legs, now } : null);
    this.#inKernel = { text, until };
  }

  async #kernelLeg({ id, port, notAfter }: RelayLeg): Promise<KernelLeg | null> {
    const [a, b] = this.#carried.get(id)?.forwarder.proven ?? [null, null];
    if (a === null || b === null || a === b || familyOf(a) !== familyOf(b)) return null;
    const [towardsA, towardsB] = await Promise.all([a, b].map((place) => sourceTowards(addressIn(place))));
    return towardsA && towardsB ? { port, places: [a, b], sources: [towardsA, towardsB], notAfter } : null;
  }
}

/** The kernel ends by itself what it forwards. The lease that it has is renewed when half of it is over. */
const isLongEnough = (until: number, wanted: number, now: number): boolean =>
  until === wanted || (until < wanted && until - now > (wanted - now) / 2);

const addressIn = (place: string): string => place.slice(0, place.lastIndexOf(":")).replace(/^\[|\]$/g, "");
