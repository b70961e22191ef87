import type { BuildSource } from "../../shared/node/config/build.ts";
import {
  ALL_NODES_QUERY,
  CHANGED_NODES_QUERY,
  domainOf,
  factsOf,
  GONE_QUERY,
  type GoneRow,
  type LightRow,
  RULES_QUERY,
  type RuleRow,
  reportedEndpoints,
  ruleOf,
  SEGMENTS_QUERY,
  type SegmentRow,
  STATE_QUERY,
  type StateRow,
} from "../../shared/registry/node-rows.ts";
import { createSegmentIndex } from "../../shared/segments/segment-index.ts";
import type { SegmentIndex } from "../../shared/segments/types.ts";

interface Root {
  readonly version: number;
  readonly envelope: string;
}

const PAGE = 2_000;
/** Leaves room for an outer IPv6 header on paths of 1,460 bytes, as some clouds have them. */
const MTU = 1_380;

/** The whole network as this object knows it: a copy in memory of what the registry says up to a revision. */
export class Network {
  readonly index: SegmentIndex = createSegmentIndex();
  readonly rows = new Map<string, LightRow>();
  readonly #segments = new Map<string, string>();
  #state: StateRow;
  #roots: readonly Root[] = [];
  #rulesRevision = -1;

  private constructor(state: StateRow) {
    this.#state = state;
  }

  /** Null while the mesh was never used. */
  static async load(db: D1Database): Promise<Network | null> {
    // First the revision: whatever changes while the rest is read is read again by the next catch-up.
    const state = await db.prepare(STATE_QUERY).first<StateRow>();
    if (!state) return null;
    const network = new Network(state);
    await network.#readNames(db, state, -1);
    for (let after = "", more = true; more; ) {
      const { results } = await db.prepare(ALL_NODES_QUERY).bind(after, PAGE).all<LightRow>();
      for (const row of results) network.#upsert(row);
      after = results.at(-1)?.id ?? "";
      more = results.length === PAGE;
    }
    // Last: without rules a node has no peers, and its place in the index costs nothing.
    await network.#readRules(db, state);
    return network;
  }

  get state(): StateRow {
    return this.#state;
  }

  /** Reads what is newer than what is known. */
  async catchUp(db: D1Database): Promise<ReadonlySet<string>> {
    const known = this.#state.revision;
    const [states, changed, gone] = await db.batch<StateRow | LightRow | GoneRow>([
      db.prepare(STATE_QUERY),
      db.prepare(CHANGED_NODES_QUERY).bind(known),
      db.prepare(GONE_QUERY).bind(known),
    ]);
    const state = states?.results[0] as StateRow | undefined;
    if (!state || state.revision === known) return new Set();
    const affected = new Set<string>();
    const add = (ids: Iterable<string>) => {
      for (const id of ids) affected.add(id);
    };
    await this.#readNames(db, state, this.#state.root_version);
    add(await this.#readRules(db, state));
    for (const { node_id } of (gone?.results ?? []) as GoneRow[]) {
      this.rows.delete(node_id);
      add(this.index.remove(node_id));
      affected.add(node_id);
    }
    for (const row of (changed?.results ?? []) as LightRow[]) {
      const before = this.rows.get(row.id);
      add(this.#upsert(row));
      affected.add(row.id);
      // Neither the record nor the endpoints are facts of the index, but the peers' documents hold them.
      if (before && (before.record_hash !== row.record_hash || before.endpoints !== row.endpoints)) {
        add(this.index.linksOf(row.id).map(({ peer }) => peer));
      }
    }
    this.#state = state;
    return affected;
  }

  isInGoodStanding = (node: string): boolean => this.rows.get(node)?.status === "approved";

  /** Envelopes newer than a version, oldest first. */
  rootsAfter(version: number): string[] {
    return this.#roots.filter((root) => root.version > version).map(({ envelope }) => envelope);
  }

  /** @param rulesRevision Of the one segment that is built. */
  source(rulesRevision: number): BuildSource {
    return {
      network: this.#state.network_id,
      domain: domainOf(this.#state),
      mtu: MTU,
      leaseSeconds: this.#state.lease_seconds,
      index: this.index,
      segmentName: (segment) => this.#segments.get(segment) ?? segment,
      recordOf: (node) => this.rows.get(node)?.record_hash,
      endpointsOf: (node) => {
        const row = this.rows.get(node);
        return row ? reportedEndpoints(row) : [];
      },
      rulesRevision: () => rulesRevision,
    };
  }

  #upsert(row: LightRow): ReadonlySet<string> {
    this.rows.set(row.id, row);
    return this.index.upsert(factsOf(row, this.#state.ipv6_prefix));
  }

  async #readNames(db: D1Database, state: StateRow, rootVersion: number): Promise<void> {
    const segments = await db.prepare(SEGMENTS_QUERY).all<SegmentRow>();
    for (const { id, name } of segments.results) this.#segments.set(id, name);
    if (state.root_version <= rootVersion) return;
    const query = "SELECT version, envelope FROM root_documents ORDER BY version";
    this.#roots = (await db.prepare(query).all<Root>()).results;
  }

  async #readRules(db: D1Database, state: StateRow): Promise<ReadonlySet<string>> {
    if (state.rules_revision <= this.#rulesRevision) return new Set();
    const rules = await db.prepare(RULES_QUERY).all<RuleRow>();
    this.#rulesRevision = state.rules_revision;
    return this.index.setRules(rules.results.map(ruleOf));
  }
}
