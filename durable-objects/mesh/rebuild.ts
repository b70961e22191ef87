import type { EnvelopeSigner } from "../../shared/crypto/dsse.ts";
import {
  type BuildFault,
  type BuiltNode,
  buildComponent,
  buildNode,
  buildRecord,
} from "../../shared/node/config/build.ts";
import { type Addressed, type AnyDocument, addressed } from "../../shared/node/config/object.ts";
import { nextCounter } from "../../shared/node/config/serial.ts";
import { signTick, type Tick } from "../../shared/node/config/tick.ts";
import type { ComponentDocument, ManifestDocument, PeerDocument } from "../../shared/node/config/types.ts";
import { type Issue, planTick, type Rebuilt, type TickPlan } from "../../shared/node/plan-tick.ts";
import { KEYS_QUERY, type KeyRow } from "../../shared/registry/node-rows.ts";
import type { MemberStore } from "./member-store.ts";
import type { Network } from "./network.ts";
import type { ObjectStore } from "./object-store.ts";

/** Heads expire, so that nobody can hold back newer ones for longer. */
export const HEAD_LIFETIME_MS = 24 * 3_600_000;
const KEYS_AT_ONCE = 500;

export interface RebuildInput {
  readonly network: Network;
  readonly segment: string;
  readonly nodes: readonly string[];
  /** Nodes that get a new head even where nothing changed for them. */
  readonly renewed: ReadonlySet<string>;
  readonly rulesRevision: number;
  readonly isConfirmed: boolean;
  readonly now: number;
}

export interface Rebuild {
  readonly plan: TickPlan;
  readonly faults: readonly BuildFault[];
  /** All that is published, with what only needed a new head. */
  readonly issues: readonly { readonly node: string; readonly issue: Issue }[];
  readonly objects: readonly Addressed<AnyDocument>[];
  readonly tick: Tick | null;
}

/** Makes what the nodes shall apply, and signs it. Reads and computes; the caller stores it. */
export class Rebuilder {
  readonly #db: D1Database;
  readonly #members: MemberStore;
  readonly #objects: ObjectStore;

  constructor(db: D1Database, members: MemberStore, objects: ObjectStore) {
    this.#db = db;
    this.#members = members;
    this.#objects = objects;
  }

  async run(input: RebuildInput, signer: EnvelopeSigner): Promise<Rebuild> {
    const { network, segment, now } = input;
    const source = network.source(input.rulesRevision);
    const component = buildComponent(source, segment);
    const faults: BuildFault[] = [];
    const built: BuiltNode[] = [];
    for (const node of input.nodes) {
      const result = buildNode(source, node, component);
      if (result.ok) built.push(result.value);
      else faults.push({ ...result.error, node });
    }
    const records = await this.#records(network, built);
    const rebuilt = [
      ...built.map(({ manifest, peers }) =>
        this.#rebuilt(manifest.document.node, {
          manifest: manifest.hash,
          peers: peers.map(({ document }) => document.node),
        }),
      ),
      ...faults.map(({ node }) => this.#rebuilt(node, null)),
    ];
    const reduced: Addressed<ManifestDocument>[] = [];
    const plan = planTick(
      rebuilt,
      network.isInGoodStanding,
      (_, before) => this.#withoutEnded(network, before, reduced),
      input.isConfirmed,
    );
    const issues = withRenewals(plan, rebuilt, input.renewed);
    return {
      plan,
      faults,
      issues,
      objects: [...records, ...objectsOf(component, built), ...reduced],
      tick: issues.length === 0 ? null : await this.#sign(input, issues, signer, now),
    };
  }

  #rebuilt(node: string, after: Issue | null): Rebuilt {
    return { node, before: this.#members.issueOf(this.#members.get(node)), after };
  }

  #sign(
    { network, segment }: RebuildInput,
    issues: Rebuild["issues"],
    signer: EnvelopeSigner,
    now: number,
  ): Promise<Tick> {
    const { state } = network;
    return signTick(
      {
        network: state.network_id,
        segment,
        serial: {
          epoch: state.epoch,
          rootVersion: state.root_version,
          counter: nextCounter(this.#members.lastCounter, now),
        },
        issuedAt: now,
        expiresAt: now + HEAD_LIFETIME_MS,
        changes: issues.map(({ node, issue }) => ({ node, manifest: issue.manifest })),
      },
      [signer],
    );
  }

  /** The last issue without the peers that are members no more: their documents are there already. */
  #withoutEnded(network: Network, before: Issue, made: Addressed<ManifestDocument>[]): Issue {
    const document = this.#objects.document<ManifestDocument>(before.manifest);
    if (!document) throw new Error("an issue has its manifest");
    const kept = document.peers.flatMap((hash) => {
      const node = this.#objects.document<PeerDocument>(hash)?.node;
      return node !== undefined && network.isInGoodStanding(node) ? [{ hash, node }] : [];
    });
    const manifest = addressed<ManifestDocument>({ ...document, peers: kept.map(({ hash }) => hash) });
    made.push(manifest);
    return { manifest: manifest.hash, peers: kept.map(({ node }) => node) };
  }

  /** The key records that are not stored yet: the only objects whose content is not in memory. */
  async #records(network: Network, built: readonly BuiltNode[]): Promise<Addressed<AnyDocument>[]> {
    const needed = new Map<string, string>();
    for (const { manifest, peers } of built) {
      for (const { document } of [manifest, ...peers]) needed.set(document.record, document.node);
    }
    const missing = [...needed].filter(([hash]) => !this.#objects.has(hash));
    const records: Addressed<AnyDocument>[] = [];
    for (let at = 0; at < missing.length; at += KEYS_AT_ONCE) {
      const some = new Map(missing.slice(at, at + KEYS_AT_ONCE).map(([hash, node]) => [node, hash]));
      const { results } = await this.#db
        .prepare(KEYS_QUERY)
        .bind(JSON.stringify([...some.keys()]))
        .all<KeyRow>();
      for (const row of results) records.push(recordOf(network, row));
    }
    const found = new Set(records.map(({ hash }) => hash));
    const lost = missing.find(([hash]) => !found.has(hash));
    // The registry moved on while it was read: whoever called tries again with what it says now.
    if (lost) throw new Error(`the record of ${lost[1]} is not the one that is announced`);
    return records;
  }
}

const recordOf = (network: Network, row: KeyRow) =>
  buildRecord(network.state.network_id, row.id, {
    wireguard: row.wireguard_key,
    kem: row.kem_key,
    signing: row.signing_hash,
  });

function objectsOf(
  component: Addressed<ComponentDocument>,
  built: readonly BuiltNode[],
): Addressed<AnyDocument>[] {
  const all = new Map<string, Addressed<AnyDocument>>([[component.hash, component]]);
  for (const { manifest, peers } of built) {
    all.set(manifest.hash, manifest);
    for (const peer of peers) all.set(peer.hash, peer);
  }
  return [...all.values()];
}

function withRenewals(
  plan: TickPlan,
  rebuilt: readonly Rebuilt[],
  renewed: ReadonlySet<string>,
): { node: string; issue: Issue }[] {
  const published = new Set(plan.publish.map(({ node }) => node));
  const others = rebuilt.flatMap(({ node, before }) =>
    renewed.has(node) && !published.has(node) && before ? [{ node, issue: before }] : [],
  );
  return [...plan.publish, ...others];
}
