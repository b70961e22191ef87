import { LegTable } from "../../paths/leg-table.ts";
import { addressIndexOf } from "../../registry/addresses.ts";
import { type LegRow, legOf } from "../../registry/leg-rows.ts";
import { type MicrosegmentRow, microsegmentOf } from "../../registry/microsegment-rows.ts";
import { factValuesOf, nextEndOf } from "../../registry/node-facts.ts";
import {
  checksIn,
  domainOf,
  factsOf,
  isContained,
  type LightRow,
  type RuleRow,
  reportedEndpoints,
  ruleOf,
  type SegmentRow,
  type StateRow,
  tagsOf,
} from "../../registry/node-rows.ts";
import type { Explanation } from "../../segments/explain-member.ts";
import { conditionsOf, type Microsegment } from "../../segments/microsegment.ts";
import { isSamePlacement, Placements, placementIn } from "../../segments/placements.ts";
import { createSegmentIndex } from "../../segments/segment-index.ts";
import type { NodeFacts, SegmentIndex, World } from "../../segments/types.ts";
import type { BuildSource } from "../config/build.ts";
import type { DeviceCheck } from "../config/device-check.ts";
import { DueTimes } from "./due-times.ts";
import { type MeshDraft, replaced } from "./mesh-draft.ts";
import { legsOf, relaysBetween } from "./relaying.ts";

export interface RootEnvelope {
  readonly version: number;
  readonly envelope: string;
}

/** Changes in the registry that the copy does not know yet. A missing member is unchanged. */
export interface RegistryNews {
  readonly state: StateRow;
  readonly segments?: readonly SegmentRow[];
  /** All roots, oldest first. */
  readonly roots?: readonly RootEnvelope[];
  /** The rows of new or changed nodes. */
  readonly changed: readonly LightRow[];
  /** The ids of nodes that do not exist any more. */
  readonly gone: readonly string[];
  /** All rules that are switched on, and all microsegments. Both come when one of either has changed. */
  readonly rules?: readonly RuleRow[];
  readonly microsegments?: readonly MicrosegmentRow[];
  /** New or changed legs. */
  readonly legs?: readonly LegRow[];
}

/** Leaves room for an outer IPv6 header on paths of 1,460 bytes, which some clouds have. */
const MTU = 1_380;

/** The whole network as one segment's object knows it: a copy in memory of the registry, up to a revision. */
export class Network {
  readonly index: SegmentIndex = createSegmentIndex();
  readonly legs = new LegTable();
  readonly #rows = new Map<string, LightRow>();
  readonly #idsByName = new Map<string, string>();
  readonly #idsByAddress = new Map<number, string>();
  readonly #segments = new Map<string, { readonly name: string; readonly checks: readonly DeviceCheck[] }>();
  readonly #placements = new Placements();
  /** Those of the rules. Nodes are placed in them as in microsegments. */
  #conditions: readonly Microsegment[] = [];
  /** When the next fact about each node ends. */
  readonly #factEnds = new DueTimes();
  /** The nodes that belong otherwise since the last news, by what is known of them. */
  #moved = new Set<string>();
  #state: StateRow;
  #roots: readonly RootEnvelope[] = [];
  #rulesRevision = -1;

  constructor(state: StateRow) {
    this.#state = state;
  }

  get state(): StateRow {
    return this.#state;
  }

  /** The revision of the rules in this copy. -1 before the first rules. */
  get rulesRevision(): number {
    return this.#rulesRevision;
  }

  /**
   * Takes in changes. Returns the nodes whose config may have changed.
   * @param now Milliseconds since the Unix epoch. Facts that ended before count no more.
   */
  learn(news: RegistryNews, now: number): ReadonlySet<string> {
    const { state, segments, roots, changed, gone, rules, microsegments, legs } = news;
    this.#moved = new Set();
    const affected = new Set<string>();
    const add = (ids: Iterable<string>) => {
      for (const id of ids) affected.add(id);
    };
    for (const { id, name, device_checks } of segments ?? [])
      this.#segments.set(id, { name, checks: checksIn(device_checks) });
    if (roots) this.#roots = roots;
    const onLegs = (node: string) => add(this.#onLegsOf(node));
    for (const id of gone) {
      onLegs(id);
      this.legs.forget(id);
      this.#forget(id);
      this.#placements.remove(id);
      this.#factEnds.delete(id);
      add(this.index.remove(id));
      affected.add(id);
    }
    for (const row of changed) {
      const before = this.#rows.get(row.id);
      add(this.#upsert(row, state.ipv6_prefix, now));
      affected.add(row.id);
      // The record and the endpoints are not facts of the index, but the documents of the peers contain them.
      if (before && (before.record_hash !== row.record_hash || before.endpoints !== row.endpoints)) {
        add(this.index.linksOf(row.id).map(({ peer }) => peer));
      }
      onLegs(row.id);
    }
    for (const leg of legs?.map(legOf) ?? []) {
      this.legs.set(leg);
      add([leg.relay, ...leg.ends]);
    }
    for (const id of this.#factEnds.take(now)) {
      const row = this.#rows.get(id);
      if (row) add(this.#upsert(row, state.ipv6_prefix, now));
    }
    // Rules come last. Without rules a node has no peers, so its place in the index costs nothing.
    const stated = rules?.map(ruleOf);
    if (stated) this.#conditions = conditionsOf(stated);
    if (microsegments) add(this.#setMicrosegments(microsegments, state.ipv6_prefix));
    if (stated) {
      add(this.index.setRules(stated));
      this.#rulesRevision = state.rules_revision;
    }
    this.#state = state;
    return affected;
  }

  /** Whether a fact has ended, so that somebody may belong otherwise now. */
  isFactDue(now: number): boolean {
    const next = this.nextFactEnd();
    return next !== null && next <= now;
  }

  /** When the next fact ends, in milliseconds since the Unix epoch. Null when none does. */
  nextFactEnd(): number | null {
    return this.#factEnds.next();
  }

  /**
   * Whether the node belongs to other microsegments since the last news, or is in quarantine. What it loses by that is no
   * mistake of a rule's author, and may not wait for one.
   */
  isUrgent = (node: string): boolean => this.#moved.has(node) || this.index.isInQuarantine(node);

  row(node: string): LightRow | undefined {
    return this.#rows.get(node);
  }

  ids(): Iterable<string> {
    return this.#rows.keys();
  }

  nameOf(node: string): string {
    return this.#rows.get(node)?.name ?? node;
  }

  /** The name of a home segment or a microsegment. */
  segmentName(id: string): string {
    const microsegment = this.index.world().microsegments.find((one) => one.id === id);
    return microsegment?.name ?? this.#segments.get(id)?.name ?? id;
  }

  /**
   * The network as it would be with a draft. Nothing of it is kept.
   * @param now Milliseconds since the Unix epoch. Facts that ended before count no more.
   */
  supposed(draft: MeshDraft, now: number): World {
    const { nodes, rules, microsegments } = this.index.world();
    const drafted = draft.rules.put.map(ruleOf);
    const changed = [...draft.microsegments.put.map(microsegmentOf), ...conditionsOf(drafted)];
    const gone = draft.microsegments.gone;
    const all = replaced(this.#placements.all(), changed, gone);
    const drafts = new Map(draft.nodes.map((one) => [one.id, one]));
    const facts = (id: string, node: NodeFacts): NodeFacts => {
      const [row, other] = [this.#rows.get(id), drafts.get(id)];
      if (!row) return node;
      if (!other) return { ...node, ...this.#placements.supposing(id, changed, gone) };
      const coming = { ...row, ...other };
      const home = this.#segments.get(coming.segment_id)?.name ?? "";
      const named = { id, tags: tagsOf(coming), user: row.user };
      const placement = placementIn(all, named, factValuesOf(coming, home, now));
      return factsOf(coming, this.#state.ipv6_prefix, placement);
    };
    const isSame = changed.length + gone.length + draft.nodes.length === 0;
    return {
      nodes: isSame ? nodes : new Map([...nodes].map(([id, node]) => [id, facts(id, node)])),
      rules: replaced(rules, drafted, draft.rules.gone),
      microsegments: isSame ? microsegments : all,
    };
  }

  /** Why a node belongs to a microsegment or not. Null if one of them is unknown. */
  explain(microsegment: string, node: string): Explanation | null {
    return this.#placements.explain(microsegment, node);
  }

  /** Finds a node's id by its id or its name. */
  idOf(reference: string): string | null {
    return this.#rows.has(reference) ? reference : (this.#idsByName.get(reference) ?? null);
  }

  /** Finds a node's id by its id or its overlay address. */
  idAt(reference: string): string | null {
    if (this.#rows.has(reference)) return reference;
    const index = addressIndexOf(reference, this.#state.ipv6_prefix);
    return index === null ? null : (this.#idsByAddress.get(index) ?? null);
  }

  /** Ids of the segments that have nodes. */
  segments(): ReadonlySet<string> {
    return new Set([...this.#rows.values()].map(({ segment_id }) => segment_id));
  }

  /** Whether a node is an approved member of the network that is not contained. */
  isInGoodStanding = (node: string): boolean => {
    const row = this.#rows.get(node);
    return row?.status === "approved" && !isContained(row);
  };

  /**
   * Whether a node may reach a peer through the edge relay: a rule links them, and nothing holds one of them apart. What a node in
   * quarantine may still reach, it reaches by UDP or not at all.
   */
  mayUseEdge(node: string, peer: string): boolean {
    const isWell = (id: string) => this.isInGoodStanding(id) && !this.index.isInQuarantine(id);
    return isWell(node) && isWell(peer) && this.index.linksOf(node).some((link) => link.peer === peer);
  }

  /** Envelopes newer than a version, oldest first. */
  rootsAfter(version: number): string[] {
    return this.#roots.filter((root) => root.version > version).map(({ envelope }) => envelope);
  }

  /** What the machines of the node's segment look for. */
  checksOf(node: string): readonly DeviceCheck[] {
    return this.#segments.get(this.#rows.get(node)?.segment_id ?? "")?.checks ?? [];
  }

  /**
   * @param rulesRevision The revision of the rules of the segment that is built.
   * @param capabilityOf The capability of a member's agent.
   */
  source(rulesRevision: number, capabilityOf: BuildSource["capabilityOf"]): BuildSource {
    return {
      network: this.#state.network_id,
      domain: domainOf(this.#state),
      mtu: MTU,
      leaseSeconds: this.#state.lease_seconds,
      index: this.index,
      segmentName: (segment) => this.#segments.get(segment)?.name ?? segment,
      recordOf: (node) => this.#rows.get(node)?.record_hash,
      endpointsOf: (node) => {
        const row = this.#rows.get(node);
        return row ? reportedEndpoints(row) : [];
      },
      checksOf: (node) => this.checksOf(node),
      legsOf: (node) => legsOf(this, node),
      relaysBetween: (node, peer) => relaysBetween(this, node, peer),
      rulesRevision: () => rulesRevision,
      capabilityOf,
    };
  }

  /** The nodes whose documents hold something of a node because of a leg: its relays, or the ends that it carries. */
  #onLegsOf(node: string): readonly string[] {
    return [
      ...this.legs.ofNode(node).map(({ relay }) => relay),
      ...this.legs.ofRelay(node).flatMap(({ ends }) => ends),
    ];
  }

  #upsert(row: LightRow, ipv6Prefix: string, now: number): ReadonlySet<string> {
    this.#forget(row.id);
    this.#rows.set(row.id, row);
    this.#idsByName.set(row.name, row.id);
    this.#idsByAddress.set(row.address_index, row.id);
    const facts = factValuesOf(row, this.#segments.get(row.segment_id)?.name ?? "", now);
    const before = this.index.node(row.id);
    const placement = this.#placements.place({ id: row.id, tags: tagsOf(row), user: row.user }, facts);
    if (before && !isSamePlacement(before, placement)) this.#moved.add(row.id);
    const end = nextEndOf(row, now);
    if (end === null) this.#factEnds.delete(row.id);
    else this.#factEnds.set(row.id, end);
    return this.index.upsert(factsOf(row, ipv6Prefix, placement));
  }

  #setMicrosegments(rows: readonly MicrosegmentRow[], ipv6Prefix: string): ReadonlySet<string> {
    const microsegments = rows.map(microsegmentOf);
    const affected = new Set<string>();
    for (const id of this.#placements.setMicrosegments([...microsegments, ...this.#conditions])) {
      const row = this.#rows.get(id);
      if (!row) continue;
      for (const one of this.index.upsert(factsOf(row, ipv6Prefix, this.#placements.of(id))))
        affected.add(one);
    }
    for (const id of this.index.setMicrosegments(microsegments)) affected.add(id);
    return affected;
  }

  /** Forgets a node. The name or address may belong to another node by now. */
  #forget(id: string): void {
    const before = this.#rows.get(id);
    if (before && this.#idsByName.get(before.name) === id) this.#idsByName.delete(before.name);
    if (before && this.#idsByAddress.get(before.address_index) === id)
      this.#idsByAddress.delete(before.address_index);
    this.#rows.delete(id);
  }
}
