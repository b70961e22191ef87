import { DurableObject } from "cloudflare:workers";
import { SerialQueue } from "../shared/base/async/serial-queue.ts";
import { base64url } from "../shared/base/base64url.ts";
import { newId } from "../shared/base/ids.ts";
import { objectOf } from "../shared/base/objects.ts";
import type { ObjectBindings } from "../shared/bindings.ts";
import type { Network } from "../shared/node/mesh/network.ts";
import { legWorldOf } from "../shared/node/mesh/relaying.ts";
import type { Leg } from "../shared/paths/leg-table.ts";
import { drainLegs, type LegWorld, nextPlanAt, planLegs, roomOf } from "../shared/paths/legs.ts";
import type { MeshPathsRpc } from "../shared/paths/mesh-paths.ts";
import { IS_RELAYING_QUERY, storeLegs } from "../shared/registry/leg-rows.ts";
import { meshChange } from "../shared/registry/mesh-change.ts";
import { logError } from "./log.ts";
import { RegistryReader } from "./mesh/registry-reader.ts";
import { onAlarm, ringAt, ringIfSilent } from "./storage/alarm.ts";

interface Environment extends Pick<ObjectBindings, "NETWORK_COORDINATOR"> {
  readonly DB: D1Database;
}

/**
 * The one writer of the legs of relays. What it decides stands in D1, from where the objects of segments read it with
 * everything else. It keeps nothing of its own: after a restart it reads all of it again.
 */
export class MeshPaths extends DurableObject<Environment> implements MeshPathsRpc {
  readonly #registry = new RegistryReader(this.env.DB);
  readonly #queue = new SerialQueue();
  /** Null before the first relay, and when the last write failed. */
  #network: Network | null = null;
  /** The relays of the last plan, and whether they had room. When that changes, all nodes are planned for. */
  #room = "";
  /** The revision up to which everything is decided. */
  #decided = 0;

  constructor(ctx: DurableObjectState, env: Environment) {
    super(ctx, env);
    ringIfSilent(ctx, () => ringAt(ctx.storage, [Date.now()]));
  }

  async refresh(revision: number): Promise<void> {
    // The news of this object's own decision comes while it tells the segments. It may not wait for itself.
    if (revision <= this.#decided) return;
    await this.#decide(revision, false);
  }

  override async alarm(): Promise<void> {
    await onAlarm(this.ctx.storage, () => this.#decide(Number.POSITIVE_INFINITY, true));
  }

  /** @param drains Whether it is time to take some pairs from drained relays. */
  async #decide(revision: number, drains: boolean): Promise<void> {
    const changed = await this.#queue.run(async () => {
      if (revision <= this.#decided) return null;
      try {
        return await this.#decideNow(drains);
      } catch (error) {
        // The copy in memory may be ahead of the registry, so it is thrown away.
        this.#network = null;
        throw error;
      }
    });
    if (changed) await this.#tell(changed);
  }

  /** @returns The network, if it has other legs now. */
  async #decideNow(drains: boolean): Promise<Network | null> {
    if (!(await this.env.DB.prepare(IS_RELAYING_QUERY).first())) {
      this.#network = null;
      return null;
    }
    const now = Date.now();
    // What was written comes back with what others wrote meanwhile, until nothing follows from it.
    for (let hasChanged = false, isDraining = drains; ; hasChanged = true, isDraining = false) {
      const { network, affected } = await this.#learn(now);
      const world = legWorldOf(network);
      const drained = isDraining ? drainLegs(network.legs, world, now) : [];
      const due = isDraining ? network.legs.relays() : [];
      const nodes = this.#isOtherwise(network, world, now) ? network.ids() : [...affected, ...due];
      const legs = [...drained, ...planLegs(network.legs, world, nodes, now, newLeg)];
      if (legs.length === 0) {
        this.#decided = network.state.revision;
        ringAt(this.ctx.storage, [nextPlanAt(network.legs, world, now)]);
        return hasChanged ? network : null;
      }
      await this.env.DB.batch(meshChange(this.env.DB, storeLegs(legs)));
    }
  }

  async #learn(now: number): Promise<{ network: Network; affected: Iterable<string> }> {
    const known = this.#network;
    const affected = known && (await this.#registry.catchUp(known, now));
    const network = affected ? known : await this.#registry.load(now);
    if (!network) throw new Error("the mesh was never used");
    this.#network = network;
    return { network, affected: affected ?? network.ids() };
  }

  /** Whether there are other relays than in the last plan, or others are full. */
  #isOtherwise({ legs }: Network, world: LegWorld, now: number): boolean {
    const before = this.#room;
    this.#room = roomOf(legs, world, now);
    return this.#room !== before;
  }

  async #tell(network: Network): Promise<void> {
    try {
      const coordinator = objectOf(this.env.NETWORK_COORDINATOR, "network");
      await coordinator.tellMesh(network.state.revision, [...network.segments()]);
    } catch (error) {
      // Segments learn of it by themselves, while their nodes poll.
      logError("segments_not_told", error);
    }
  }
}

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
const newLeg = (): Pick<Leg, "id" | "probeKey"> => ({
  id: newId("leg", Date.now(), random),
  probeKey: base64url(random(32)),
});
