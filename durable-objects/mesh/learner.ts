import { SerialQueue } from "../../shared/base/async/serial-queue.ts";
import type { Ends } from "../../shared/node/mesh/ends.ts";
import type { Network } from "../../shared/node/mesh/network.ts";
import type { MeshCommand } from "../../shared/node/mesh/wish.ts";
import type { Publisher } from "./publisher.ts";
import type { RegistryReader } from "./registry-reader.ts";

/** Stands for the newest revision in the registry. */
export const NEWEST = Number.POSITIVE_INFINITY;

/**
 * Keeps the object's copy of the network, and publishes what the changes mean. It handles one change after the other.
 */
export class Learner {
  readonly #segment: string;
  readonly #registry: RegistryReader;
  readonly #publisher: Publisher;
  readonly #ends: Ends;
  readonly #queue = new SerialQueue();
  #network: Network | null = null;
  #askedAt = 0;

  constructor(segment: string, registry: RegistryReader, publisher: Publisher, ends: Ends) {
    this.#segment = segment;
    this.#registry = registry;
    this.#publisher = publisher;
    this.#ends = ends;
  }

  /** The copy of the network. Null before the first read, or when the last try failed. */
  get network(): Network | null {
    return this.#network;
  }

  /** When the registry was last asked, in milliseconds since the Unix epoch. */
  get askedAt(): number {
    return this.#askedAt;
  }

  /** Gives the copy of the network. If there is none yet, it reads the registry. */
  async known(): Promise<Network> {
    if (!this.#network) await this.learn(0);
    if (!this.#network) throw new Error("the mesh was never used");
    return this.#network;
  }

  /** Learns at least this revision, and publishes what it changed. */
  learn(revision: number): Promise<void> {
    return this.#queue.run(async () => {
      const now = Date.now();
      if (this.#network && this.#network.state.revision >= revision && !this.#network.isFactDue(now)) return;
      try {
        await this.#catchUp(now);
      } catch (error) {
        // The copy in memory may be ahead of the stored state, so it is thrown away.
        this.#network = null;
        throw error;
      }
    });
  }

  async #catchUp(now: number): Promise<void> {
    const known = this.#network;
    const affected = known && (await this.#registry.catchUp(known, now));
    const network = affected ? known : await this.#registry.load(now);
    this.#askedAt = now;
    if (!network) return;
    await this.#publisher.run(network, { type: "learn", affected }, now);
    if (!affected) this.#ends.clear();
    for (const node of affected ?? network.ids()) {
      const row = network.row(node);
      this.#ends.update(node, row?.segment_id === this.#segment ? row : null, now);
    }
    this.#network = network;
  }

  /**
   * Carries out a command on the copy of the network, after all commands that wait.
   * @param isWanted Is asked when it is the command's turn.
   * @returns Whether the command was carried out.
   */
  command(command: MeshCommand, isWanted = () => true): Promise<boolean> {
    return this.#queue.run(async () => {
      if (!this.#network || !isWanted()) return false;
      await this.#publisher.run(this.#network, command, Date.now());
      return true;
    });
  }
}
