import { lookup as dnsLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { isIP } from "node:net";
import { singleFlight } from "../../shared/base/async/single-flight.ts";
import { within } from "../../shared/base/async/within.ts";
import type { Store } from "../state/store.ts";
import { timer } from "../timer.ts";

/**
 * How long the agent waits for the resolver when it knows addresses already. The resolver may lie behind the broken
 * part.
 */
const PATIENCE_MS = 2_500;
const MOST = 16;

type Found = readonly { readonly address: string; readonly family: number }[];

/** Resolves a name. Rejects as `dns.lookup` does. */
export type Resolve = (hostname: string) => Promise<Found>;

/**
 * Knows the addresses of the hub. It keeps the last known addresses and uses them while the hub's name can't be
 * resolved, since the resolver may only be reachable through an exit node that is gone.
 */
export class HubAddresses {
  readonly #hostname: string;
  readonly #store: Store;
  readonly #resolve: Resolve;
  #known: readonly string[] = [];

  constructor(hostname: string, store: Store, resolve: Resolve = resolveName) {
    this.#hostname = hostname.replace(/^\[|\]$/g, "");
    this.#store = store;
    this.#resolve = resolve;
  }

  /** Reads the addresses from the disk. Without any on the disk, it waits for the resolver. */
  async open(): Promise<void> {
    this.#known = ((await this.#store.recall("hub-addresses")) ?? []).filter(
      (address) => isIP(address) !== 0,
    );
    if (this.#known.length === 0) await this.refresh();
    else void this.refresh();
  }

  /** All known addresses, sorted. */
  get all(): readonly string[] {
    return this.#known;
  }

  async refresh(): Promise<void> {
    await this.#ask().catch(() => undefined);
  }

  /** A lookup function for `net.connect` and similar calls. */
  readonly lookup: LookupFunction = lookupWith((hostname) =>
    hostname === this.#hostname ? this.#found() : this.#resolve(hostname),
  );

  async #found(): Promise<Found> {
    const known = this.#known.map((address) => ({ address, family: isIP(address) }));
    const asked = this.#ask();
    if (known.length === 0) return asked;
    return within(timer, PATIENCE_MS, asked).catch(() => known);
  }

  /**
   * Asks one question at a time. Each question that hangs holds a thread, and file operations need these threads, too.
   */
  readonly #ask = singleFlight(async () => {
    const found = await this.#resolve(this.#hostname);
    await this.#learn(found.map(({ address }) => address));
    return found;
  });

  async #learn(found: readonly string[]): Promise<void> {
    const known = [...new Set(found)].sort().slice(0, MOST);
    if (known.length === 0 || known.join() === this.#known.join()) return;
    this.#known = known;
    await this.#store.keep("hub-addresses", known);
  }
}

/**
 * Resolves a name. If the system does not know a name below `localhost`, the name means this machine (RFC 6761 §6.3).
 * `npm start` gives its hub such a name.
 */
export const resolveName: Resolve = (hostname) =>
  new Promise((resolve, reject) => {
    dnsLookup(hostname, { all: true }, (error, found) => {
      if (error === null) resolve(found);
      else if (hostname.endsWith(".localhost")) resolve([{ address: "127.0.0.1", family: 4 }]);
      else reject(error);
    });
  });

export const lookupWith =
  (resolve: Resolve): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname).then(
      (found) => {
        const fitting = found.filter(({ family }) => !options.family || options.family === family);
        const [first] = fitting;
        if (!first) callback(noSuch(hostname), "");
        else if (options.all) callback(null, [...fitting]);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ""),
    );
  };

const noSuch = (hostname: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${hostname} has no address of that family`), { code: "ENOTFOUND" });
