import { describe, expect, it } from "vitest";
import type { EnvelopeSigner } from "../../../../shared/crypto/dsse.ts";
import { buildComponent, buildNode } from "../../../../shared/node/config/build.ts";
import { signTick } from "../../../../shared/node/config/tick.ts";
import type { ManifestDocument, PeerDocument } from "../../../../shared/node/config/types.ts";
import { buildAll, recordsOf } from "../../../../shared/node/mesh/built.ts";
import { draft, eventsOf, reached } from "../../../../shared/node/mesh/draft.ts";
import type { Network } from "../../../../shared/node/mesh/network.ts";
import { standings } from "../../../../shared/node/mesh/standings.ts";
import { changedRules, type MeshCommand, wishOf } from "../../../../shared/node/mesh/wish.ts";
import { CAPABILITY } from "../../../../shared/node/protocol/types.ts";
import { randomFrom } from "../../../support/random.ts";
import { bySeed, drawn, SEED } from "../../../support/sample.ts";
import { Memory } from "./memory.ts";
import { NOW, Registry } from "./registry.ts";

/**
 * Whatever happens to the registry, in whatever portions an object hears of it and however often it restarts: what its members
 * were given is what somebody gives them who reads the whole registry at once, and their peers are those that the rules, read
 * pair by pair, let them talk to.
 */

const SEGMENT = "seg_a";
const HISTORIES = drawn(15, 500);
const STEPS = 40;
const signer: EnvelopeSigner = {
  keyId: "test",
  key: { sign: async () => new Uint8Array(8) } as unknown as EnvelopeSigner["key"],
};

/** The object of a segment, as its shell runs the decisions. */
class Segment {
  readonly store = new Memory();
  readonly #registry: Registry;
  network: Network | null = null;
  now = 1_000_000;
  /** Before anything is signed. */
  dies = false;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  async learn(): Promise<void> {
    const affected = this.network?.learn(this.#registry.news(this.network), NOW) ?? null;
    this.network ??= this.#registry.load();
    await this.run({ type: "learn", affected });
  }

  async run(command: MeshCommand): Promise<void> {
    const { store, network } = this;
    if (!network) return;
    this.now += 1_000;
    if (command.type === "learn") store.apply(standings(store, network, SEGMENT, command.affected));
    const rules = command.type === "learn" ? changedRules(store, network, SEGMENT) : [];
    store.apply(rules);
    const wish = wishOf(store, network, rules.length > 0, command);
    const built = buildAll(store, network, SEGMENT, wish.nodes);
    const records = recordsOf(network, built, this.#registry.keysOf(built.missing.values()));
    const made = draft(store, network, SEGMENT, wish, built, records, this.now);
    if (this.dies) throw new Error("the object died");
    const tick = made.toSign && (await signTick(made.toSign, [signer]));
    store.apply([...eventsOf(store, network, made, tick, this.now), reached(network)]);
  }
}

describe(`I8: histories of a segment (${bySeed})`, () => {
  it("built step by step is as built at once", async () => {
    for (let history = 0; history < HISTORIES; history++) {
      const random = randomFrom(SEED + history);
      const registry = new Registry(random);
      const object = new Segment(registry);
      const told: string[] = [];
      let rulesSeen = "";
      let rulesRevision = 0;
      for (let step = 0; step < STEPS; step++) {
        for (let n = Math.floor(random() * 3); n >= 0; n--) told.push(registry.change());
        if (random() < 0.1) object.network = null;
        object.dies = random() < 0.1;
        await object.learn().catch(() => {
          object.network = null;
        });
        object.dies = false;
        const fresh = registry.load();
        const rules = JSON.stringify(fresh.index.rulesOf(SEGMENT));
        if (rules !== rulesSeen) rulesRevision = registry.state.revision;
        rulesSeen = rules;
        if (!object.network) continue;
        if (random() < 0.2) await object.run({ type: "renew", nodes: object.store.approved().slice(0, 2) });
        if (random() < 0.5) await object.run({ type: "confirm" });
        const where = `history ${history}, ${told.slice(-6).join(", ")}`;
        expect(object.store.rulesRevision, where).toBe(rulesRevision);
        expectAsBuiltAtOnce(object.store, registry, fresh, where);
        for (const { id, name } of registry.rows.values()) expect(object.network?.idOf(name), where).toBe(id);
      }
    }
  });

  it("a node that ended is taken from all who had it at once, and each of them owes an answer", async () => {
    for (let history = 0; history < HISTORIES; history++) {
      const random = randomFrom(SEED - 1 - history);
      const registry = new Registry(random);
      const object = new Segment(registry);
      await object.learn();
      for (let step = 0; step < STEPS; step++) {
        const had = new Map(object.store.approved().map((node) => [node, peersGiven(object.store, node)]));
        registry.change();
        await object.learn();
        const isEnded = (peer: string) => registry.rows.get(peer)?.status !== "approved";
        for (const node of object.store.approved()) {
          const ended = (had.get(node) ?? []).filter(isEnded);
          expect(peersGiven(object.store, node).filter(isEnded)).toEqual([]);
          for (const peer of ended) {
            const owed = object.store.revoked.find((one) => one.node === peer && one.member === node);
            expect(owed?.leaseEndsAt).toBeGreaterThan(object.now);
          }
        }
      }
    }
  });
});

function expectAsBuiltAtOnce(store: Memory, registry: Registry, fresh: Network, where: string): void {
  const own = [...registry.rows.values()].filter(({ segment_id }) => segment_id === SEGMENT);
  const standing = store.members().filter((node) => store.member(node)?.status !== "gone");
  expect(standing.sort(), where).toEqual(own.map(({ id }) => id).sort());
  for (const { id, status } of own) expect(store.member(id)?.status, where).toBe(status);

  const source = fresh.source(store.rulesRevision, () => CAPABILITY);
  const component = buildComponent(source, SEGMENT);
  const waiting = new Set(store.waiting());
  expect(store.holds.size > 0, where).toBe(waiting.size > 0);
  for (const node of store.approved()) {
    const given = store.member(node)?.issue;
    if (given) expect(store.rootVersions.get(node), where).toBe(registry.state.root_version);
    if (waiting.has(node)) continue;
    const built = buildNode(source, node, component);
    expect(built.ok && built.value.manifest.hash, `${where}: ${node}`).toBe(given?.manifest);
    expect(peersGiven(store, node).sort(), `${where}: ${node}`).toEqual(registry.peersOf(node));
    expect(given?.peers.toSorted()).toEqual(peersGiven(store, node).sort());
  }
}

/** By the documents that the node's manifest leads to, all of which must be stored. */
function peersGiven(store: Memory, node: string): string[] {
  const issue = store.member(node)?.issue;
  if (!issue) return [];
  const manifest = store.document<ManifestDocument>(issue.manifest);
  if (!manifest) throw new Error("the manifest is not stored");
  for (const hash of [manifest.component, manifest.record]) expect(store.hasObject(hash)).toBe(true);
  return manifest.peers.map((hash) => {
    const peer = store.document<PeerDocument>(hash);
    if (!peer || !store.hasObject(peer.record)) throw new Error("a peer's document or record is not stored");
    return peer.node;
  });
}
