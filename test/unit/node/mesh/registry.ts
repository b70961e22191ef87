import { buildRecord } from "../../../../shared/node/config/build.ts";
import { Network, type RegistryNews } from "../../../../shared/node/mesh/network.ts";
import {
  factsOf,
  type KeyRow,
  type LightRow,
  type RuleRow,
  ruleOf,
  type SegmentRow,
  type StateRow,
} from "../../../../shared/registry/node-rows.ts";
import { NODE_STATUSES } from "../../../../shared/registry/node-status.ts";
import { NOWHERE } from "../../../../shared/segments/placements.ts";
import type { Selector } from "../../../../shared/segments/types.ts";
import { grantsOf } from "../../segments/naive.ts";

/** Any moment: no fact of these nodes ends. */
export const NOW = 1_000;
export const SEGMENTS = ["seg_a", "seg_b"];
const TAGS = ["red", "blue", "green"];
const PREFIXES = ["10.0.0.0/24", "10.1.0.0/16", "0.0.0.0/0"];

/** The registry of a small mesh, which changes as administrators and nodes change it. */
export class Registry {
  readonly rows = new Map<string, LightRow>();
  readonly #gone = new Map<string, number>();
  readonly #random: () => number;
  #rules: RuleRow[] = [];
  #keys = 0;
  #named = 0;
  state: StateRow = {
    network_id: "net_1",
    network: "corp",
    ipv6_prefix: "fd12:3456:789a::/48",
    revision: 0,
    rules_revision: 0,
    root_version: 1,
    epoch: 1,
    lease_seconds: 3_600,
    reports_flows: 1,
    poll_seconds: 30,
  };

  constructor(random: () => number) {
    this.#random = random;
    for (let n = 0; n < 6; n++) this.#enrol();
    this.#setRules();
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T;
  }

  /** One change, as the batch of a request makes it. */
  change(): string {
    const node = this.pick([...this.rows.keys()]);
    const kinds: Record<string, () => void> = {
      enrol: () => this.#enrol(),
      status: () => this.#update(node, { status: this.pick([...NODE_STATUSES, "approved", "approved"]) }),
      endpoints: () =>
        this.#update(node, { endpoints: JSON.stringify([`198.51.100.${++this.#named % 250}:1`]) }),
      rotate: () => this.#update(node, { record_hash: this.#newRecord(node) }),
      move: () => this.#update(node, { segment_id: this.pick(SEGMENTS), handshake_floor: 5 }),
      tags: () => this.#update(node, { tags: JSON.stringify(TAGS.filter(() => this.#random() < 0.5)) }),
      rename: () => this.#update(node, { name: `node-${++this.#named}` }),
      swap: () => {
        const [a, b] = [this.rows.get(node), this.rows.get(this.pick([...this.rows.keys()]))];
        if (!a || !b) return;
        this.#update(a.id, { name: b.name });
        this.#update(b.id, { name: a.name });
      },
      routes: () => {
        const routes = JSON.stringify(PREFIXES.filter(() => this.#random() < 0.5));
        this.#update(node, { approved_routes: routes, offered_routes: routes });
      },
      exit: () => this.#update(node, { exit_node: this.pick([null, ...this.rows.keys()]) }),
      remove: () => this.#remove(node),
      rules: () => this.#setRules(),
      look: () => {
        const [segment, target] = [this.pick(SEGMENTS), this.pick(["", "edrd", "/opt/edr/edrd"])];
        this.#checks.set(segment, target === "" ? "[]" : JSON.stringify([`edr = process ${target}`]));
        for (const { id, segment_id } of this.rows.values()) if (segment_id === segment) this.#update(id, {});
      },
      root: () => {
        this.state = { ...this.state, root_version: this.state.root_version + 1, revision: this.#next() };
      },
    };
    const kind = this.pick(Object.keys(kinds));
    kinds[kind]?.();
    return `${kind} ${node}`;
  }

  /** Everything, as an object reads it that knows nothing. */
  load(): Network {
    const network = new Network(this.state);
    const news = {
      state: this.state,
      segments: this.#segments(),
      roots: [],
      rules: this.#rules,
      changed: [...this.rows.values()],
      gone: [],
    };
    network.learn(news, NOW);
    return network;
  }

  /** What is newer than what the network knows. */
  news(network: Network): RegistryNews {
    const known = network.state.revision;
    return {
      state: this.state,
      segments: this.#segments(),
      changed: [...this.rows.values()].filter(({ revision }) => revision > known),
      gone: [...this.#gone].flatMap(([id, revision]) => (revision > known ? [id] : [])),
      ...(this.state.rules_revision > network.rulesRevision ? { rules: this.#rules } : {}),
    };
  }

  keysOf(ids: Iterable<string>): KeyRow[] {
    return [...ids].flatMap((id) => (this.rows.has(id) ? [{ id, ...this.#keysOf.get(id) } as KeyRow] : []));
  }

  /** Who may talk to whom, node by node, from the facts alone. */
  peersOf(node: string): string[] {
    const nodes = new Map(
      [...this.rows.values()].map((row) => [row.id, factsOf(row, this.state.ipv6_prefix, NOWHERE)] as const),
    );
    const network = { nodes, rules: this.#rules.map(ruleOf) };
    const self = nodes.get(node);
    if (!self) return [];
    return [...nodes.values()]
      .filter((other) => [...grantsOf(network, self, other), ...grantsOf(network, other, self)].length > 0)
      .map(({ id }) => id)
      .sort();
  }

  readonly #keysOf = new Map<string, Omit<KeyRow, "id">>();

  readonly #checks = new Map<string, string>();

  #segments(): SegmentRow[] {
    return SEGMENTS.map((id) => ({ id, name: id, device_checks: this.#checks.get(id) ?? "[]" }));
  }

  #next(): number {
    return this.state.revision + 1;
  }

  #newRecord(id: string): string {
    const n = ++this.#keys;
    const keys = { wireguard: `wg${n}`, kem: `kem${n}`, signing: `sign${n}` };
    this.#keysOf.set(id, { wireguard_key: keys.wireguard, kem_key: keys.kem, signing_hash: keys.signing });
    return buildRecord(this.state.network_id, id, keys).hash;
  }

  #update(id: string, change: Partial<LightRow>): void {
    const row = this.rows.get(id);
    if (!row) return;
    this.state = { ...this.state, revision: this.#next() };
    this.rows.set(id, { ...row, ...change, revision: this.state.revision });
  }

  #remove(id: string): void {
    if (this.rows.size <= 2) return;
    this.state = { ...this.state, revision: this.#next() };
    this.rows.delete(id);
    this.#gone.set(id, this.state.revision);
  }

  #enrol(): void {
    const n = ++this.#named;
    const id = `nod_${String(n).padStart(3, "0")}`;
    this.state = { ...this.state, revision: this.#next() };
    this.rows.set(id, {
      id,
      name: `node-${n}`,
      status: this.#random() < 0.8 ? "approved" : "pending",
      segment_id: this.#random() < 0.7 ? "seg_a" : "seg_b",
      tags: JSON.stringify(TAGS.filter(() => this.#random() < 0.5)),
      user: null,
      address_index: n,
      offered_routes: "[]",
      approved_routes: "[]",
      endpoints: "[]",
      relay: "off",
      exit_node: null,
      expires_at: null,
      contained: 0,
      ephemeral: 0,
      handshake_floor: 0,
      handshake_floor_made: 0,
      record_hash: this.#newRecord(id),
      created_at: 1,
      revision: this.state.revision,
      ...{
        facts: "{}",
        claims: "{}",
        country: null,
        stated: "[]",
        owner_groups: null,
        owner_sent: null,
        owner_risks: null,
      },
    });
  }

  #setRules(): void {
    const selector = (): Selector =>
      this.pick<Selector>([
        { kind: "any" },
        { kind: "segment", segment: this.pick(SEGMENTS) },
        { kind: "tag", tag: this.pick(TAGS) },
        { kind: "tag", tag: this.pick(TAGS) },
        { kind: "node", node: this.pick([...this.rows.keys()]) },
        { kind: "subnet", prefix: this.pick(["10.0.0.0/24", "10.1.2.0/24"]) },
      ]);
    const rule = (n: number): RuleRow => ({
      id: `rule_${n}`,
      name: `rule-${n}`,
      from_selectors: JSON.stringify([selector()]),
      to_selectors: JSON.stringify([selector()]),
      traffic: JSON.stringify([{ protocol: "any", ports: [] }]),
      services: "[]",
      when_text: "",
      effect: "allow",
      not_before: null,
      not_after: null,
      weekly: null,
      log: 0,
    });
    const revision = this.#next();
    this.state = { ...this.state, revision, rules_revision: revision };
    this.#rules = [1, 2, 3].filter(() => this.#random() < 0.7).map(rule);
  }
}
