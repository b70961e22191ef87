import type { EnvelopeSigner } from "../../shared/crypto/dsse.ts";
import { signTick } from "../../shared/node/config/tick.ts";
import { buildAll, recordsOf } from "../../shared/node/mesh/built.ts";
import { type Draft, draft, eventsOf, reached } from "../../shared/node/mesh/draft.ts";
import type { Network } from "../../shared/node/mesh/network.ts";
import { standings } from "../../shared/node/mesh/standings.ts";
import { changedRules, type MeshCommand, type Wish, wishOf } from "../../shared/node/mesh/wish.ts";
import type { MemberStatus } from "../../shared/node/segment-mesh.ts";
import type { MeshStore } from "./mesh-store.ts";
import type { RegistryReader } from "./registry-reader.ts";

interface Parts {
  readonly segment: string;
  readonly store: MeshStore;
  readonly registry: RegistryReader;
  signer(): Promise<EnvelopeSigner>;
  onChanged(nodes: readonly string[]): void;
  onEnded(node: string, status: MemberStatus): void;
}

/** Turns a change of the network into new configs for the members, in one transaction. */
export class Publisher {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async run(network: Network, command: MeshCommand, now: number): Promise<void> {
    const { store, segment } = this.#parts;
    // The standings come first, in a transaction of their own. So a node that is no member any more is refused even
    // when the signing fails.
    if (command.type === "learn") this.#stand(network, command.affected, now);
    // The node waits, so that its config is made with the next change if it can't be made now.
    if (command.type === "rebuild")
      store.apply([{ type: "waiting", nodes: [command.node], isWaiting: true }], now);
    const rules = command.type === "learn" ? changedRules(store, network, segment) : [];
    store.apply(rules, now);
    const wish = wishOf(store, network, rules.length > 0, command);
    const made =
      network.state.root_version > 0 && wish.nodes.length > 0 ? await this.#draft(network, wish, now) : null;
    const tick = made?.toSign ? await signTick(made.toSign, [await this.#parts.signer()]) : null;
    store.apply([...(made ? eventsOf(store, network, made, tick, now) : []), reached(network)], now);
    if (command.type === "renew") this.#touch(command.nodes, now);
    this.#parts.onChanged(made?.issues.map(({ node }) => node) ?? []);
  }

  #stand(network: Network, affected: ReadonlySet<string> | null, now: number): void {
    const { store, segment, onEnded } = this.#parts;
    const changed = standings(store, network, segment, affected);
    store.apply(changed, now);
    for (const { node, status } of changed) if (status !== "approved") onEnded(node, status);
  }

  /** A node that only gets a new head goes on using objects that were stored long ago, so their use is noted. */
  #touch(nodes: readonly string[], now: number): void {
    const { rows, objects } = this.#parts.store;
    for (const node of nodes) {
      const manifest = rows.get(node)?.manifest;
      if (manifest) objects.touchTree(manifest, now);
    }
  }

  async #draft(network: Network, wish: Wish, now: number): Promise<Draft> {
    const { store, segment, registry } = this.#parts;
    const built = buildAll(store, network, segment, wish.nodes);
    const records = recordsOf(network, built, await registry.keysOf([...built.missing.values()]));
    return draft(store, network, segment, wish, built, records, now);
  }
}
