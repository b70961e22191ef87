import { Network, type RootEnvelope } from "../../shared/node/mesh/network.ts";
import { ALL_LEGS_QUERY, LEGS_QUERY, type LegRow } from "../../shared/registry/leg-rows.ts";
import { MICROSEGMENTS_QUERY, type MicrosegmentRow } from "../../shared/registry/microsegment-rows.ts";
import {
  ALL_NODES_QUERY,
  CHANGED_NODES_QUERY,
  GONE_QUERY,
  type GoneRow,
  KEYS_QUERY,
  type KeyRow,
  type LightRow,
  RULES_QUERY,
  type RuleRow,
  SEGMENTS_QUERY,
  type SegmentRow,
  STATE_QUERY,
  type StateRow,
} from "../../shared/registry/node-rows.ts";

const PAGE = 2_000;
const KEYS_AT_ONCE = 500;

/** Reads the part of the registry that a segment's object needs. */
export class RegistryReader {
  readonly #db: D1Database;

  constructor(db: D1Database) {
    this.#db = db;
  }

  /** Null while the mesh was never used. */
  async load(now: number): Promise<Network | null> {
    // The revision is read first. If something changes while the rest is read, the next catch-up reads it again.
    const state = await this.#db.prepare(STATE_QUERY).first<StateRow>();
    if (!state) return null;
    const network = new Network(state);
    const changed: LightRow[] = [];
    for (let after = "", more = true; more; ) {
      const { results } = await this.#db.prepare(ALL_NODES_QUERY).bind(after, PAGE).all<LightRow>();
      changed.push(...results);
      after = results.at(-1)?.id ?? "";
      more = results.length === PAGE;
    }
    const news = {
      state,
      segments: await this.#segments(),
      roots: await this.#roots(),
      ...(await this.#rules()),
      changed,
      gone: [],
      legs: await this.#allLegs(),
    };
    network.learn(news, now);
    return network;
  }

  /**
   * Brings a network up to date. Returns the nodes whose config may have changed. Null when the registry went back to
   * an older state, so that the network must be loaded again.
   */
  async catchUp(network: Network, now: number): Promise<ReadonlySet<string> | null> {
    const known = network.state;
    const [states, changed, gone, legs] = await this.#db.batch<StateRow | LightRow | GoneRow | LegRow>([
      this.#db.prepare(STATE_QUERY),
      this.#db.prepare(CHANGED_NODES_QUERY).bind(known.revision),
      this.#db.prepare(GONE_QUERY).bind(known.revision),
      this.#db.prepare(LEGS_QUERY).bind(known.revision),
    ]);
    const state = states?.results[0] as StateRow | undefined;
    if (!state || state.revision < known.revision) return null;
    if (state.revision === known.revision && !network.isFactDue(now)) return new Set();
    const news = {
      state,
      segments: await this.#segments(),
      ...(state.root_version > known.root_version ? { roots: await this.#roots() } : {}),
      ...(state.rules_revision > network.rulesRevision ? await this.#rules() : {}),
      changed: (changed?.results ?? []) as LightRow[],
      gone: ((gone?.results ?? []) as GoneRow[]).map(({ node_id }) => node_id),
      legs: (legs?.results ?? []) as LegRow[],
    };
    return network.learn(news, now);
  }

  async keysOf(nodes: readonly string[]): Promise<KeyRow[]> {
    const keys: KeyRow[] = [];
    for (let at = 0; at < nodes.length; at += KEYS_AT_ONCE) {
      const some = JSON.stringify(nodes.slice(at, at + KEYS_AT_ONCE));
      keys.push(...(await this.#db.prepare(KEYS_QUERY).bind(some).all<KeyRow>()).results);
    }
    return keys;
  }

  async #allLegs(): Promise<LegRow[]> {
    const all: LegRow[] = [];
    for (let more = true; more; ) {
      const { relay_id = "", port = 0 } = all.at(-1) ?? {};
      const { results } = await this.#db.prepare(ALL_LEGS_QUERY).bind(relay_id, port, PAGE).all<LegRow>();
      all.push(...results);
      more = results.length === PAGE;
    }
    return all;
  }

  async #segments(): Promise<SegmentRow[]> {
    return (await this.#db.prepare(SEGMENTS_QUERY).all<SegmentRow>()).results;
  }

  /** Read in one transaction, so that no rule names a microsegment that is not known yet. */
  async #rules(): Promise<{ rules: RuleRow[]; microsegments: MicrosegmentRow[] }> {
    const [rules, microsegments] = await this.#db.batch<RuleRow | MicrosegmentRow>([
      this.#db.prepare(RULES_QUERY),
      this.#db.prepare(MICROSEGMENTS_QUERY),
    ]);
    return {
      rules: (rules?.results ?? []) as RuleRow[],
      microsegments: (microsegments?.results ?? []) as MicrosegmentRow[],
    };
  }

  async #roots(): Promise<RootEnvelope[]> {
    const query = "SELECT version, envelope FROM root_documents ORDER BY version";
    return (await this.#db.prepare(query).all<RootEnvelope>()).results;
  }
}
