import type { Assembled } from "../../shared/node/config/assemble.ts";
import { placesOf } from "./moves.ts";
import { wgText } from "./wg-text.ts";

/** The endpoints at which peers may be reached, best first: those of the config, and behind them those of this machine. */
export class Candidates {
  readonly #lastResorts = new Map<string, string>();

  /** An endpoint of this machine at which a peer can be reached when no other one works. Null takes it back. */
  offer(publicKey: string, endpoint: string | null): void {
    if (endpoint === null) this.#lastResorts.delete(publicKey);
    else this.#lastResorts.set(publicKey, endpoint);
  }

  /** By the keys of the peers, in the form of `wg`. */
  of(config: Assembled): ReadonlyMap<string, readonly string[]> {
    return new Map(
      config.peers.map(({ peer, record }) => {
        const key = wgText(record.wireguard);
        const last = this.#lastResorts.get(key);
        return [key, last === undefined ? placesOf(peer) : [...placesOf(peer), last]];
      }),
    );
  }
}
