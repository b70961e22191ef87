import { webcrypto } from "node:crypto";
import type { EnvelopeSigner } from "../../shared/crypto/dsse.ts";
import { createCryptoProvider } from "../../shared/crypto/provider.ts";
import {
  type BuildSource,
  type BuiltNode,
  buildComponent,
  buildNode,
  buildRecord,
  type SegmentComponent,
} from "../../shared/node/config/build.ts";
import type { Addressed } from "../../shared/node/config/object.ts";
import { signerFromSeed } from "../../shared/node/config/root-signing.ts";
import { signTick, type Tick } from "../../shared/node/config/tick.ts";
import type { RecordDocument } from "../../shared/node/config/types.ts";
import { planUpdate } from "../../shared/node/config/update.ts";
import { CAPABILITY } from "../../shared/node/protocol/types.ts";
import { createSegmentIndex } from "../../shared/segments/segment-index.ts";
import { atLeast, atMost, type BenchResult, median } from "./support/result.ts";

/** Each node talks to the 20 others that have its tag. */
const GROUP = 21;
const NETWORK = "net_00000000000000000000000001";
const SEGMENT = "seg_00000000000000000000000001";
const POLL_SECONDS = 30;
const CHANGING = 0.005;
const RUNS = 9;

/** What the hub does to give nodes their configurations, without HTTP and storage. */
export default async function config(): Promise<BenchResult> {
  const crypto = await createCryptoProvider({
    subtle: webcrypto.subtle,
    random: (length) => webcrypto.getRandomValues(new Uint8Array(length)),
  });
  const signer = await signerFromSeed(crypto, new Uint8Array(64).fill(7));

  const rates: Record<number, number> = {};
  for (const size of [100, 1_000, 10_000]) rates[size] = await buildRate(size, signer);

  const large = new BenchNetwork(10_000);
  const small = new BenchNetwork(1_000);
  const [change1k, change10k] = [await changeCost(small, signer), await changeCost(large, signer)];
  const { batch, single } = await signingCost(1_000, signer);
  const polling = await pollingCost(large, signer);
  const share = (polling / 1_000 / POLL_SECONDS) * 100;
  return {
    metrics: {
      build_sign_100_nodes_per_second: rates[100] ?? Number.NaN,
      build_sign_1000_nodes_per_second: rates[1_000] ?? Number.NaN,
      build_sign_10000_nodes_per_second: rates[10_000] ?? Number.NaN,
      sign_batch_of_1000_us_per_node: batch * 1_000,
      sign_each_us_per_node: single * 1_000,
      tick_50_of_10000_ms: polling,
      change_of_21_at_1000_ms: change1k,
      change_of_21_at_10000_ms: change10k,
    },
    goals: [
      atLeast("config Merkle batch against a signature per node", single / batch, "times", 20),
      atMost("config 10,000 nodes, each 30 s 0.5 % changing", share, "% of a core", 0.5),
      atMost("config change of 21 nodes at 10,000 against 1,000", change10k / change1k, "times", 1.5),
    ],
  };
}

async function buildRate(size: number, signer: EnvelopeSigner): Promise<number> {
  const network = new BenchNetwork(size);
  const started = performance.now();
  const component = network.component();
  const changes = network.nodes.map((node) => ({
    node,
    manifest: network.build(node, component).manifest.hash,
  }));
  await tickOf(changes, 1, signer);
  return size / ((performance.now() - started) / 1_000);
}

/** Milliseconds per node: one signature for all with a path for each, against one signature for each. */
async function signingCost(size: number, signer: EnvelopeSigner): Promise<{ batch: number; single: number }> {
  const changes = Array.from({ length: size }, (_, n) => ({
    node: nodeId(n),
    manifest: "A".repeat(43),
  }));
  const batches: number[] = [];
  const singles: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    await tickOf(changes, run + 1, signer);
    batches.push((performance.now() - start) / size);
    const each = changes.slice(run * 20, run * 20 + 20);
    const begin = performance.now();
    for (const change of each) await tickOf([change], run + 1, signer);
    singles.push((performance.now() - begin) / each.length);
  }
  return { batch: median(batches), single: median(singles) };
}

/** Milliseconds of one tick in which 0.5 % of the nodes get another address, for all whom that concerns. */
async function pollingCost(network: BenchNetwork, signer: EnvelopeSigner): Promise<number> {
  const samples: number[] = [];
  const changing = Math.round(network.nodes.length * CHANGING);
  for (let run = 0; run < RUNS; run++) {
    // The nodes whose configurations change: whole groups of which one member moved.
    const affected = network.nodes.slice(run * changing, (run + 1) * changing);
    for (let at = 0; at < affected.length; at += GROUP) network.move(affected[at] ?? "");
    samples.push(await network.serve(affected, run + 1, signer));
  }
  return median(samples);
}

/** Milliseconds from one node's new tag-mate to signed updates for all whom it concerns. */
async function changeCost(network: BenchNetwork, signer: EnvelopeSigner): Promise<number> {
  const samples: number[] = [];
  for (let run = 0; run < RUNS * 3; run++) {
    const moved = network.nodes[run * GROUP + 3] ?? "";
    const start = performance.now();
    const affected = network.changeAddress(moved);
    const found = performance.now() - start;
    if (affected.length !== GROUP) throw new Error(`${affected.length} nodes were concerned`);
    samples.push(found + (await network.serve(affected, run + 1, signer)));
  }
  return median(samples);
}

const nodeId = (n: number): string => `nod_${String(n).padStart(26, "0")}`;

const tickOf = (
  changes: readonly { node: string; manifest: string }[],
  counter: number,
  signer: EnvelopeSigner,
) =>
  signTick(
    {
      network: NETWORK,
      segment: SEGMENT,
      serial: { epoch: 0, rootVersion: 1, counter },
      issuedAt: 0,
      expiresAt: 86_400_000,
      changes,
    },
    [signer],
  );

class BenchNetwork {
  readonly nodes: readonly string[];
  readonly #index = createSegmentIndex();
  readonly #records = new Map<string, Addressed<RecordDocument>>();
  readonly #ports = new Map<string, number>();
  readonly #objects = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #applied = new Map<string, string>();
  readonly #source: BuildSource;

  constructor(size: number) {
    this.nodes = Array.from({ length: size }, (_, n) => nodeId(n));
    const groups = Array.from({ length: Math.ceil(size / GROUP) }, (_, group) => `group-${group}`);
    this.#index.setRules(
      groups.map((tag) => ({
        id: `rul_${tag}`,
        name: tag,
        from: [{ kind: "tag", tag }],
        to: [{ kind: "tag", tag }],
        traffic: [{ protocol: "tcp", ports: [[443, 443]] }],
      })),
    );
    for (const [n, id] of this.nodes.entries()) {
      this.#index.upsert(factsOf(n, 0));
      this.#records.set(
        id,
        buildRecord(NETWORK, id, { wireguard: key(n, 43), kem: key(n, 1_622), signing: key(n, 43) }),
      );
    }
    this.#source = {
      network: NETWORK,
      domain: "corp.internal",
      mtu: 1_280,
      leaseSeconds: 86_400,
      index: this.#index,
      segmentName: () => "servers",
      legsOf: () => [],
      relaysBetween: () => [],
      checksOf: () => [],
      recordOf: (node) => this.#records.get(node)?.hash,
      endpointsOf: (node) => [`192.0.2.1:${this.#ports.get(node) ?? 51_820}`],
      rulesRevision: () => 1,
      capabilityOf: () => CAPABILITY,
    };
    const component = this.component();
    for (const node of this.nodes) this.#applied.set(node, this.#keep(this.build(node, component)));
  }

  component(): SegmentComponent {
    return buildComponent(this.#source, SEGMENT);
  }

  build(node: string, component: SegmentComponent): BuiltNode {
    const built = buildNode(this.#source, node, component);
    if (!built.ok) throw new Error(`${built.error.code} of ${built.error.node}`);
    return built.value;
  }

  /** The node is reached elsewhere. */
  move(node: string): void {
    this.#ports.set(node, (this.#ports.get(node) ?? 51_820) + 1);
  }

  /** The node gets another overlay address. Who is concerned? */
  changeAddress(node: string): readonly string[] {
    return [...this.#index.upsert(factsOf(Number(node.slice(4)), 1))];
  }

  /** Builds, signs and plans what these nodes get from what they have. Milliseconds. */
  async serve(affected: readonly string[], counter: number, signer: EnvelopeSigner): Promise<number> {
    const component = this.component();
    const start = performance.now();
    const built = affected.map((node) => ({ node, manifest: this.#keep(this.build(node, component)) }));
    const tick: Tick = await tickOf(built, counter, signer);
    for (const { node, manifest } of built) {
      const proof = tick.proofs.get(node);
      if (!proof) throw new Error("a node got no proof");
      const read = (hash: string) => this.#objects.get(hash);
      const base = this.#applied.get(node) ?? null;
      const update = planUpdate({ node, base, target: manifest, proof, roots: [], read });
      if (!update.ok) throw new Error(update.error.hash);
      this.#applied.set(node, manifest);
    }
    return performance.now() - start;
  }

  #keep({ manifest, component, peers }: BuiltNode): string {
    const record = this.#records.get(manifest.document.node);
    for (const object of [manifest, component, record, ...peers]) {
      if (object) this.#objects.set(object.hash, object.bytes);
    }
    return manifest.hash;
  }
}

const factsOf = (n: number, turn: number) => ({
  id: nodeId(n),
  name: `node-${n}`,
  segment: SEGMENT,
  tags: [`group-${Math.floor(n / GROUP)}`],
  user: null,
  ipv4: `100.${64 + turn}.${n >> 8}.${n & 255}`,
  ipv6: `fd12:3456:789a::${turn + 1}:${n.toString(16)}`,
  routes: [],
  exitNode: null,
  quarantined: false,
  microsegments: [],
  confinedBy: [],
});

const key = (n: number, length: number): string => n.toString(36).padStart(length, "A");
