import type { EnvelopeSigner } from "../../shared/crypto/dsse.ts";
import { raiseMeta, readMeta } from "../storage/meta.ts";
import type { HoldStore } from "./hold-store.ts";
import type { MemberRow, MemberStore } from "./member-store.ts";
import type { Network } from "./network.ts";
import type { ObjectStore } from "./object-store.ts";
import { type Rebuild, Rebuilder } from "./rebuild.ts";
import type { ReceiptStore } from "./receipt-store.ts";

interface Parts {
  readonly segment: string;
  readonly members: MemberStore;
  readonly objects: ObjectStore;
  readonly holds: HoldStore;
  readonly receipts: ReceiptStore;
  onChanged(nodes: readonly string[]): void;
  onEnded(node: string, status: MemberRow["status"]): void;
}

interface Wish {
  readonly nodes: readonly string[];
  readonly renewed: ReadonlySet<string>;
  readonly isConfirmed: boolean;
}

const NONE: ReadonlySet<string> = new Set();

/** Turns a change of the network into what the members are given, in one transaction. */
export class Publisher {
  readonly #storage: DurableObjectStorage;
  readonly #parts: Parts;
  readonly #rebuilder: Rebuilder;

  constructor(storage: DurableObjectStorage, db: D1Database, parts: Parts) {
    this.#storage = storage;
    this.#parts = parts;
    this.#rebuilder = new Rebuilder(db, parts.members, parts.objects);
  }

  /** @param affected Nodes whose configuration may be another now; null when everything was just read anew. */
  async apply(
    network: Network,
    affected: ReadonlySet<string> | null,
    signer: EnvelopeSigner,
    now: number,
  ): Promise<void> {
    // First of all and by itself: whoever is no member any more is refused even where signing fails.
    this.#storage.transactionSync(() => this.#syncStatuses(network, affected));
    const approved = this.#approved();
    const rulesChanged = this.#noteRules(network);
    const isRebased = this.#isRebased(network);
    const isBehind = readMeta(this.#storage.sql, "revision") !== network.state.revision;
    const all = isRebased || rulesChanged || (affected === null && isBehind);
    const waiting = new Set(this.#parts.members.waiting());
    const nodes = all
      ? approved
      : approved.filter((node) => affected?.has(node) || waiting.has(node) || this.#isNew(node));
    await this.#run(network, signer, now, {
      nodes,
      renewed: isRebased ? new Set(approved) : NONE,
      isConfirmed: false,
    });
  }

  /** Gives the nodes new heads, whatever else changed. */
  async renew(
    network: Network,
    nodes: readonly string[],
    signer: EnvelopeSigner,
    now: number,
  ): Promise<void> {
    // What is held stays part of the question, or it would look answered.
    const asked = [...new Set([...nodes, ...this.#parts.members.waiting()])];
    await this.#run(network, signer, now, { nodes: asked, renewed: new Set(nodes), isConfirmed: false });
    for (const node of nodes) {
      const manifest = this.#parts.members.get(node)?.manifest;
      if (manifest) this.#parts.objects.touchTree(manifest, now);
    }
  }

  /** Publishes what was held. */
  async confirm(network: Network, signer: EnvelopeSigner, now: number): Promise<void> {
    const nodes = this.#parts.members.waiting();
    await this.#run(network, signer, now, { nodes, renewed: NONE, isConfirmed: true });
  }

  async #run(network: Network, signer: EnvelopeSigner, now: number, wish: Wish): Promise<void> {
    const hasRoot = network.state.root_version > 0;
    const rebuild =
      hasRoot && wish.nodes.length > 0
        ? await this.#rebuilder.run(
            {
              network,
              segment: this.#parts.segment,
              rulesRevision: readMeta(this.#storage.sql, "rules_revision"),
              now,
              ...wish,
            },
            signer,
          )
        : null;
    this.#storage.transactionSync(() => {
      if (rebuild) this.#store(network, rebuild, wish, now);
      if (hasRoot) this.#noteBase(network);
      raiseMeta(this.#storage.sql, "revision", network.state.revision);
    });
    this.#parts.onChanged(rebuild?.issues.map(({ node }) => node) ?? []);
  }

  #store(network: Network, rebuild: Rebuild, wish: Wish, now: number): void {
    const { members, objects, receipts } = this.#parts;
    for (const object of rebuild.objects) objects.put(object, now);
    const { tick, plan } = rebuild;
    if (tick) {
      members.lastCounter = tick.document.serial.counter;
      members.publish(rebuild.issues, tick);
      for (const { node, member } of plan.dropped) {
        const { handshake_at } = members.get(member) ?? { handshake_at: null };
        receipts.add(
          node,
          { node: member, handshake_at },
          tick.document.serial.counter,
          now,
          network.state.lease_seconds,
        );
      }
    }
    members.setWaiting(wish.nodes, false);
    members.setWaiting([...plan.waiting, ...rebuild.faults.map(({ node }) => node)], true);
    this.#storeHolds(network, rebuild, now);
  }

  #storeHolds(network: Network, { plan, faults }: Rebuild, now: number): void {
    const { holds } = this.#parts;
    const nameOf = (node: string) => network.rows.get(node)?.name ?? node;
    const common = { revision: network.state.revision, heldAt: now };
    if (plan.culprits.length === 0) holds.clear("peer_loss");
    else {
      holds.set({
        ...common,
        reason: "peer_loss",
        detail: `${plan.culprits.length} nodes would lose more than 30 % of their peers; ${plan.waiting.length} nodes wait.`,
        nodes: plan.culprits.map((culprit) => ({ ...culprit, name: nameOf(culprit.node) })),
      });
    }
    if (faults.length === 0) holds.clear("failure");
    else {
      holds.set({
        ...common,
        reason: "failure",
        detail: faults
          .slice(0, 5)
          .map(({ node, code }) => `${nameOf(node)}: ${code}`)
          .join("; "),
        nodes: faults.map(({ node }) => ({ node, name: nameOf(node), before: 0, after: 0 })),
      });
    }
  }

  #syncStatuses(network: Network, affected: ReadonlySet<string> | null): void {
    const { members, segment } = this.#parts;
    const own = new Set(members.all().map(({ node }) => node));
    for (const node of affected ?? new Set([...network.rows.keys(), ...own])) {
      const row = network.rows.get(node);
      const isMember = row?.segment_id === segment;
      if (!isMember && !own.has(node)) continue;
      const status = isMember ? row.status : "gone";
      const floor = isMember ? { counter: row.handshake_floor, madeAt: row.handshake_floor_made } : null;
      const changed = members.setStatus(node, status, floor);
      if (changed && status !== "approved") this.#parts.onEnded(node, status);
    }
  }

  #approved(): string[] {
    return this.#parts.members
      .all()
      .filter(({ status }) => status === "approved")
      .map(({ node }) => node);
  }

  #isNew(node: string): boolean {
    return this.#parts.members.get(node)?.manifest === null;
  }

  /**
   * Whether the rules that concern the segment are others than before. Their revision is a part of the component, so it
   * stays what it was while others' rules change.
   */
  #noteRules(network: Network): boolean {
    const rules = JSON.stringify(network.index.rulesOf(this.#parts.segment));
    if (this.#text("rules") === rules) return false;
    this.#storage.transactionSync(() => {
      this.#setText("rules", rules);
      raiseMeta(this.#storage.sql, "rules_revision", network.state.revision);
    });
    return true;
  }

  /** Whether the root is another one than that under which the members stand. */
  #isRebased(network: Network): boolean {
    return network.state.root_version > 0 && this.#text("base") !== baseOf(network);
  }

  #noteBase(network: Network): void {
    this.#setText("base", baseOf(network));
  }

  #text(key: string): string | null {
    const rows = this.#storage.sql.exec<{ value: string }>("SELECT value FROM texts WHERE key = ?", key);
    return rows.toArray()[0]?.value ?? null;
  }

  #setText(key: string, value: string): void {
    this.#storage.sql.exec("INSERT OR REPLACE INTO texts (key, value) VALUES (?, ?)", key, value);
  }
}

const baseOf = ({ state }: Network): string => `${state.epoch}.${state.root_version}`;
