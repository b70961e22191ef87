import { globSync, readFileSync } from "node:fs";
import { buildRecord } from "../../../shared/node/config/build.ts";

const NETWORK = "net_00000000000000000000000001";
/** Nodes that may talk to each other. */
const GROUP = 10;
const KEY = "A".repeat(1_622);

interface Database {
  exec(sql: string): Promise<unknown>;
  prepare(sql: string): { bind(...values: unknown[]): { run(): Promise<unknown> }; run(): Promise<unknown> };
}

/** The registry of a network of one segment, in groups of ten that talk to each other; some nodes are there for a while only. */
export class MeshRegistry {
  readonly segment = `seg_${id(1)}`;
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  /** Ids of so many nodes, spread over all. */
  sample(count: number): string[] {
    return Array.from({ length: count }, (_, n) => nodeId((n * 7_919) % this.#size));
  }

  async write(db: Database): Promise<void> {
    const files = globSync("migrations/*.sql").sort();
    const statements = files.flatMap((file) => readFileSync(file, "utf8").split("--> statement-breakpoint"));
    for (const statement of statements) await db.prepare(statement).run();
    await db
      .prepare("INSERT INTO networks (id, name, created_at, updated_at) VALUES (1, 'bench', 1, 1)")
      .run();
    await db
      .prepare("INSERT INTO segments (id, name, created_at, updated_at) VALUES (?, 'main', 1, 1)")
      .bind(this.segment)
      .run();
    await db
      .prepare(
        `INSERT INTO mesh_state (id, network_id, ipv6_prefix, revision, rules_revision, root_version, epoch, created_at)
         VALUES (1, ?, 'fd12:3456:789a::/48', 1, 1, 1, 1, 1)`,
      )
      .bind(NETWORK)
      .run();
    await db
      .prepare(
        `INSERT INTO root_documents (version, epoch, envelope, payload_hash, created_at) VALUES (1, 1, '{}', 'hash', 1)`,
      )
      .run();
    const rules = Array.from({ length: Math.ceil(this.#size / GROUP) }, (_, group) => `group-${group}`);
    await db
      .prepare(
        `INSERT INTO mesh_rules (id, name, from_selectors, to_selectors, traffic, created_at, updated_at)
         SELECT 'rule_' || value, value, json_array(json_object('kind', 'tag', 'tag', value)),
           json_array(json_object('kind', 'tag', 'tag', value)), '[{"protocol":"any","ports":[]}]', 1, 1
         FROM json_each(?)`,
      )
      .bind(JSON.stringify(rules))
      .run();
    for (let at = 0; at < this.#size; at += 250)
      await this.#writeNodes(db, at, Math.min(at + 250, this.#size));
  }

  async #writeNodes(db: Database, from: number, to: number): Promise<void> {
    const rows = Array.from({ length: to - from }, (_, n) => nodeRow(from + n));
    await db
      .prepare(
        `INSERT INTO nodes (id, name, status, segment_id, tags, address_index, hostname, ephemeral, enrolment_key_id,
           expires_at, exit_node, revision, created_at, updated_at, wireguard_key, signing_hash, kem_hash, record_hash, signing_key,
           kem_key)
         SELECT value ->> 'id', value ->> 'name', 'approved', ?2, value ->> 'tags', value ->> 'index', 'host',
           value ->> 'ephemeral', 'key', value ->> 'expiresAt', ?5, 1, ?3, ?3, value ->> 'wireguard', value ->> 'signing',
           value ->> 'id', value ->> 'record', '', ?4
         FROM json_each(?1)`,
      )
      .bind(JSON.stringify(rows), this.segment, Date.now(), KEY, nodeId(1))
      .run();
  }
}

function nodeRow(n: number) {
  const wireguard = n.toString(36).padStart(43, "A");
  const signing = n.toString(36).padStart(43, "B");
  return {
    id: nodeId(n),
    name: `node-${n}`,
    tags: JSON.stringify([`group-${Math.floor(n / GROUP)}`]),
    index: n,
    ephemeral: n % 5 === 0 ? 1 : 0,
    expiresAt: n % 7 === 0 ? Date.now() + 86_400_000 : null,
    wireguard,
    signing,
    record: buildRecord(NETWORK, nodeId(n), { wireguard, kem: KEY, signing }).hash,
  };
}

const id = (n: number): string => n.toString().padStart(26, "0");
const nodeId = (n: number): string => `nod_${id(n)}`;
