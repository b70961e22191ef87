import { messagesOf } from "../../shared/base/errors/cause.ts";
import { buildRecord } from "../../shared/node/config/build.ts";
import { nodeLabel, uniqueLabel } from "../../shared/node/config/node-name.ts";
import { ADDRESS_COUNT } from "../../shared/registry/addresses.ts";
import { NEXT_REVISION, REVISION } from "../../shared/registry/node-statements.ts";
import { meshState } from "../mesh/state.ts";
import { freshId } from "../platform/random.ts";
import { throwRefusal } from "../platform/refused.ts";
import { savedEvent } from "../platform/saved-events.ts";
import { failedGuard, guard } from "../registry/guards.ts";
import type { Admission } from "./enroll.ts";
import { keyHashes } from "./key-hashes.ts";

export interface EnrolledNode {
  readonly id: string;
  readonly name: string;
  readonly segment_id: string;
  readonly status: "approved" | "pending";
}

/** Names are given out without a lock: who loses a race takes the next one. */
const TRIES = 8;

/**
 * The node that these keys enrolled before by the same enrolment key, or null. Refuses keys of anybody else, and an
 * answer to a challenge that came before.
 */
export async function enrolledBefore(
  db: D1Database,
  { statement, key, answered }: Admission,
  now: number,
): Promise<EnrolledNode | null> {
  const { keys } = statement;
  const hashes = keyHashes(keys);
  const row = await db
    .prepare(
      `SELECT id, name, segment_id, status, enrolment_key_id, signing_hash, wireguard_key, kem_hash FROM nodes
       WHERE signing_hash = ? OR wireguard_key = ? OR kem_hash = ? LIMIT 1`,
    )
    .bind(hashes.signing, keys.wireguard, hashes.kem)
    .first<
      Omit<EnrolledNode, "status"> &
        Record<"status" | "enrolment_key_id" | "signing_hash" | "wireguard_key" | "kem_hash", string>
    >();
  if (!row) return null;
  const isSame =
    row.enrolment_key_id === key.id &&
    row.signing_hash === hashes.signing &&
    row.wireguard_key === keys.wireguard &&
    row.kem_hash === hashes.kem &&
    (row.status === "approved" || row.status === "pending");
  await spend(db, answered, now);
  if (!isSame)
    throwRefusal("key_in_use", "A key belongs to another node, or to one that was put out. Make new keys.");
  return {
    id: row.id,
    name: row.name,
    segment_id: row.segment_id,
    status: row.status as EnrolledNode["status"],
  };
}

/** Marks the challenge as answered; the second time is a replay. */
async function spend(db: D1Database, answered: Admission["answered"], now: number): Promise<void> {
  const [, inserted] = await db.batch([
    db.prepare("DELETE FROM used_challenges WHERE expires_at < ?").bind(now),
    db
      .prepare("INSERT OR IGNORE INTO used_challenges (hash, expires_at) VALUES (?, ?)")
      .bind(answered.hash, answered.expiresAt),
  ]);
  if (inserted?.meta.changes === 0) replayed();
}

const replayed = (): never =>
  throwRefusal("enrolment_replayed", "Ask for a new challenge: each one is answered once.");

/** Counts the key's use, makes the node and saves the record of it in one transaction: none happens without the others. */
export async function insertNode(db: D1Database, admission: Admission, now: number): Promise<EnrolledNode> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const name = await freeName(db, admission.statement.hostname);
    const node = await tryInsert(db, admission, name, now);
    if (node) return node;
  }
  return throwRefusal("unavailable", "Too many machines of one name enrol at the same time. Try again.");
}

async function freeName(db: D1Database, hostname: string): Promise<string> {
  const label = nodeLabel(hostname);
  const { results } = await db
    .prepare("SELECT name FROM nodes WHERE name = ?1 OR (name >= ?1 || '-' AND name < ?1 || '.')")
    .bind(label)
    .all<{ name: string }>();
  const taken = new Set(results.map(({ name }) => name));
  return uniqueLabel(label, (candidate) => taken.has(candidate));
}

/** Null when the name was taken in the meantime. */
async function tryInsert(
  db: D1Database,
  admission: Admission,
  name: string,
  now: number,
): Promise<EnrolledNode | null> {
  const { key, answered } = admission;
  const { networkId } = await meshState(db);
  const node: EnrolledNode = {
    id: freshId("node"),
    name,
    segment_id: key.segment_id,
    status: key.pre_approved === 1 ? "approved" : "pending",
  };
  try {
    await db.batch([
      guard(
        db,
        "key_usable",
        "EXISTS (SELECT 1 FROM enrolment_keys WHERE id = ? AND uses < max_uses AND revoked_at IS NULL AND expires_at > ?)",
        key.id,
        now,
      ),
      db.prepare("DELETE FROM used_challenges WHERE expires_at < ?").bind(now),
      db
        .prepare("INSERT INTO used_challenges (hash, expires_at) VALUES (?, ?)")
        .bind(answered.hash, answered.expiresAt),
      db.prepare("UPDATE enrolment_keys SET uses = uses + 1 WHERE id = ?").bind(key.id),
      db.prepare(NEXT_REVISION[0]),
      nodeStatement(db, networkId, node, admission, now),
      ...addressStatements(db, node.id),
      savedEvent(db, {
        kind: "system",
        id: freshId("audit"),
        at: now,
        actor: `enrolment_key:${key.id}`,
        action: "node.enroll",
        target: node.id,
        detail: { name: node.name, segment: node.segment_id, status: node.status },
      }),
    ]);
    return node;
  } catch (error) {
    return explain(error);
  }
}

/** An address whose rest is over comes before one that nobody had. */
const FREE_ADDRESS = `coalesce(
  (SELECT address_index FROM address_holds WHERE until <= ?2 ORDER BY until LIMIT 1),
  (SELECT next_address FROM mesh_state WHERE next_address < ${ADDRESS_COUNT}))`;

function nodeStatement(
  db: D1Database,
  networkId: string,
  node: EnrolledNode,
  { statement, key, routes }: Admission,
  now: number,
): D1PreparedStatement {
  const { keys, hostname } = statement;
  const hashes = keyHashes(keys);
  const record = buildRecord(networkId, node.id, { ...keys, signing: hashes.signing });
  return db
    .prepare(
      `INSERT INTO nodes (id, name, status, segment_id, tags, user_id, address_index, hostname, ephemeral,
         enrolment_key_id, offered_routes, revision, created_at, updated_at, wireguard_key, signing_hash, kem_hash,
         record_hash, signing_key, kem_key)
       VALUES (?1, ?3, ?4, ?5, ?6, ?7, ${FREE_ADDRESS}, ?8, ?9, ?10, ?11, ${REVISION}, ?2, ?2, ?12, ?13, ?14, ?15, ?16, ?17)`,
    )
    .bind(
      node.id,
      now,
      node.name,
      node.status,
      key.segment_id,
      key.tags,
      key.user_id,
      // It is shown to administrators: nothing that steers a terminal.
      hostname.replace(/[^\x20-\x7e]/g, "?"),
      key.ephemeral,
      key.id,
      JSON.stringify(routes),
      keys.wireguard,
      hashes.signing,
      hashes.kem,
      record.hash,
      keys.signing,
      keys.kem,
    );
}

function addressStatements(db: D1Database, node: string): D1PreparedStatement[] {
  const taken = "(SELECT address_index FROM nodes WHERE id = ?)";
  return [
    db
      .prepare(`UPDATE mesh_state SET next_address = next_address + 1 WHERE next_address = ${taken}`)
      .bind(node),
    db.prepare(`DELETE FROM address_holds WHERE address_index = ${taken}`).bind(node),
  ];
}

function explain(error: unknown): null {
  if (failedGuard(error) === "key_usable") {
    return throwRefusal("enrolment_key_used_up", "Ask your administrator for another key.");
  }
  const failure = messagesOf(error);
  const column = /UNIQUE constraint failed: (\w+\.\w+)/.exec(failure)?.[1];
  switch (column) {
    case "used_challenges.hash":
      return replayed();
    case "nodes.signing_hash":
    case "nodes.wireguard_key":
    case "nodes.kem_hash":
      return throwRefusal("key_in_use", "A key belongs to another node. Make new keys.");
    case "nodes.name":
      return null;
    default:
      if (failure.includes("NOT NULL constraint failed: nodes.address_index")) {
        return throwRefusal("conflict", "The network has no free address left. Delete nodes that are gone.");
      }
      throw error;
  }
}
