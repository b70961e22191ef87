import { messagesOf } from "../../shared/base/errors/cause.ts";
import { buildRecord } from "../../shared/node/config/build.ts";
import { nodeLabel, uniqueLabel } from "../../shared/node/config/node-name.ts";
import { prepareAll } from "../../shared/registry/mesh-change.ts";
import type { nodes } from "../../shared/registry/mesh-schema.ts";
import { insertNode } from "../../shared/registry/node-statements.ts";
import type { RowOf } from "../../shared/registry/rows.ts";
import { carryOut } from "../mesh/changes.ts";
import { meshState } from "../mesh/state.ts";
import type { Bindings } from "../platform/env.ts";
import { freshId } from "../platform/random.ts";
import { throwRefusal } from "../platform/refused.ts";
import { failedGuard, guard } from "../registry/guards.ts";
import { forgetChallenges, spendChallenge } from "./challenge.ts";
import type { Admission } from "./enroll.ts";
import { keyHashes } from "./key-hashes.ts";

type NodeRow = RowOf<typeof nodes>;
export type EnrolledNode = Pick<NodeRow, "id" | "name" | "segment_id"> & {
  readonly status: "approved" | "pending";
};

/**
 * How often a name is tried. Names are given without a lock: when another node takes a name first, the next free name
 * is tried.
 */
const TRIES = 8;

/**
 * The node that enrolled before with these keys and the same enrolment key, or null when no node has any of these keys.
 * Refuses a key that belongs to another node, and an answer to a challenge that was answered before.
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
      Pick<NodeRow, keyof EnrolledNode | "enrolment_key_id" | "signing_hash" | "wireguard_key" | "kem_hash">
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

/** Marks the challenge as answered. A second answer to the same challenge is refused as a replay. */
async function spend(db: D1Database, answered: Admission["answered"], now: number): Promise<void> {
  const [, inserted] = await db.batch([
    ...prepareAll(db, [forgetChallenges(now)]),
    db
      .prepare("INSERT OR IGNORE INTO used_challenges (hash, expires_at) VALUES (?, ?)")
      .bind(answered.hash, answered.expiresAt),
  ]);
  if (inserted?.meta.changes === 0) replayed();
}

const replayed = (): never =>
  throwRefusal("enrolment_replayed", "Ask for a new challenge: each one is answered once.");

/** Counts the use of the enrolment key and makes the node in one transaction. So neither happens without the other. */
export async function admitNode(
  bindings: Bindings,
  admission: Admission,
  now: number,
): Promise<EnrolledNode> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const name = await freeName(bindings.db, admission.statement.hostname);
    const node = await tryInsert(bindings, admission, name, now);
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

/** Inserts the node. Null when another node took the name in the meantime. */
async function tryInsert(
  bindings: Bindings,
  admission: Admission,
  name: string,
  now: number,
): Promise<EnrolledNode | null> {
  const { statement, key, answered, routes } = admission;
  const { db } = bindings;
  const { networkId } = await meshState(db);
  const { keys } = statement;
  const hashes = keyHashes(keys);
  const id = freshId("node");
  const node = {
    id,
    name,
    status: key.pre_approved === 1 ? "approved" : "pending",
    segment_id: key.segment_id,
    tags: key.tags,
    user_id: key.user_id,
    // Administrators see the host name, so it must hold no characters that control a terminal.
    hostname: statement.hostname.replace(/[^\x20-\x7e]/g, "?"),
    ephemeral: key.ephemeral,
    enrolment_key_id: key.id,
    offered_routes: JSON.stringify(routes),
    wireguard_key: keys.wireguard,
    signing_hash: hashes.signing,
    kem_hash: hashes.kem,
    record_hash: buildRecord(networkId, id, { ...keys, signing: hashes.signing }).hash,
    signing_key: keys.signing,
    kem_key: keys.kem,
  } as const;
  const event = {
    actor: `enrolment_key:${key.id}`,
    action: "node.enroll",
    target: id,
    detail: { name, segment: node.segment_id, status: node.status },
  };
  const change = [
    guard(
      db,
      "key_usable",
      "EXISTS (SELECT 1 FROM enrolment_keys WHERE id = ? AND uses < max_uses AND revoked_at IS NULL AND expires_at > ?)",
      key.id,
      now,
    ),
    forgetChallenges(now),
    spendChallenge(answered),
    db.prepare("UPDATE enrolment_keys SET uses = uses + 1 WHERE id = ?").bind(key.id),
    ...insertNode(node, now),
  ];
  try {
    await carryOut(bindings, event, change, now);
    return node;
  } catch (error) {
    return explain(error);
  }
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
