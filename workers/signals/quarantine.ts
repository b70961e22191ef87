import type { QuarantineWord } from "../../shared/access/signals/quarantine.ts";
import type { NodeStatus } from "../../shared/registry/node-status.ts";
import { carryOut, setStatus } from "../mesh/changes.ts";
import type { Bindings } from "../platform/env.ts";
import { failedGuard, guard } from "../registry/guards.ts";
import type { NamedPerson } from "./people.ts";
import type { Transmitter } from "./transmitters.ts";

/** So many nodes of a person are read at once. */
const PAGE = 100;
/** How often a node is looked at anew when something else changed it in that moment. */
const MOST_TRIES = 3;

interface ConcernedNode {
  readonly id: string;
  readonly name: string;
  readonly status: NodeStatus;
  readonly contained: number;
  /** How many reasons of signals hold it in quarantine. */
  readonly reasons: number;
  /** When this reason was last spoken of, and whether it holds since. */
  readonly said_at: number | null;
  readonly holds: number | null;
}

/**
 * Puts the nodes that a signal concerns into quarantine, or lets out those that no reason of a signal holds any more. It
 * lets out no node that a person quarantined, or of which there is a copy. What is late changes nothing.
 *
 * @param device The device that the signal names: then only this one, whose owner must sign in by the transmitter's
 *   provider. Else all nodes of the person.
 * @returns What was done, in words. Null for nothing.
 */
export async function followToNodes(
  bindings: Bindings,
  transmitter: Transmitter,
  named: { readonly person: NamedPerson | null; readonly device: string | null; readonly jti: string },
  word: QuarantineWord,
): Promise<string | null> {
  const done: string[] = [];
  for (let after: string | null = ""; after !== null; ) {
    const nodes: readonly ConcernedNode[] = await nodesOf(bindings.db, transmitter, named, word, after);
    for (const node of nodes)
      if (await followToNode(bindings, transmitter, named.jti, node, word)) done.push(node.name);
    after = named.device === null && nodes.length === PAGE ? (nodes.at(-1)?.id ?? null) : null;
  }
  if (done.length === 0) return null;
  return `${word.holds ? "quarantined" : "released"} ${done.join(", ")}`.slice(0, 500);
}

/** Decides anew where the node was changed after it was read, as by a signal of another transmitter. */
async function followToNode(
  bindings: Bindings,
  transmitter: Transmitter,
  jti: string,
  read: ConcernedNode,
  word: QuarantineWord,
): Promise<boolean> {
  let node: ConcernedNode | null = read;
  for (let tries = 1; node !== null; tries++) {
    try {
      return await heedFor(bindings, transmitter, jti, node, word);
    } catch (error) {
      if (failedGuard(error) !== "node_status" || tries === MOST_TRIES) throw error;
      node = await nodeAgain(bindings.db, transmitter, node.id, word);
    }
  }
  return false;
}

/** @returns Whether the node's status changed. */
async function heedFor(
  bindings: Bindings,
  transmitter: Transmitter,
  jti: string,
  node: ConcernedNode,
  word: QuarantineWord,
): Promise<boolean> {
  if (node.said_at !== null && node.said_at > word.at) return false;
  const isKnown = word.holds && node.holds === 1 && node.said_at === word.at;
  if (isKnown && node.status === "quarantined") return false;
  const now = Date.now();
  const to = statusAfter(node, word);
  const event = {
    actor: `transmitter:${transmitter.id}`,
    action: word.holds ? "node.quarantine" : "node.release",
    target: node.id,
    detail: {
      name: node.name,
      from: node.status,
      transmitter: transmitter.name,
      signal: word.reason,
      eventAt: word.at,
      jti,
    },
  };
  const statements = [
    isAsRead(bindings.db, node, transmitter, word),
    noteReason(bindings.db, node, transmitter, word),
    ...(to === null ? [] : setStatus(bindings.db, node.id, [node.status], to, now, word.holds)),
  ];
  await carryOut(bindings, to === null ? null : event, statements, now);
  return to !== null;
}

/** Null where the status stays. */
function statusAfter(node: ConcernedNode, { holds }: QuarantineWord): NodeStatus | null {
  if (holds) return node.status === "approved" ? "quarantined" : null;
  const isLast = node.holds === 1 && node.reasons === 1;
  return isLast && node.status === "quarantined" && node.contained === 1 ? "approved" : null;
}

const SAID = `SELECT n.id, n.name, n.status, n.contained, s.at AS said_at, s.holds,
    (SELECT count(*) FROM signal_quarantines r WHERE r.node_id = n.id AND r.holds = 1) AS reasons
  FROM nodes n JOIN users u ON u.id = n.user_id
  LEFT JOIN signal_quarantines s ON s.node_id = n.id AND s.transmitter_id = ?1 AND s.reason = ?2
  WHERE n.status IN ('approved', 'quarantined')`;

/** @param after The id of the last node of the page before. */
async function nodesOf(
  db: D1Database,
  { id, provider, ratesOwners }: Transmitter,
  { person, device }: { readonly person: NamedPerson | null; readonly device: string | null },
  { reason, holds }: QuarantineWord,
  after: string,
): Promise<readonly ConcernedNode[]> {
  if (person === null && device === null) return [];
  const { results } = await db
    .prepare(
      `${SAID} AND (?3 IS NULL OR n.id = ?3 OR n.name = ?3)
       AND u.id = coalesce(?4, u.id) AND (?5 OR u.role IS NOT 'owner')
       AND EXISTS (SELECT 1 FROM identities i WHERE i.user_id = n.user_id AND i.provider_id = ?6)
       AND n.id > ?7 ORDER BY n.id = ?3 DESC, n.id LIMIT ?8`,
    )
    .bind(
      id,
      reason,
      device,
      person?.userId ?? null,
      !holds || ratesOwners ? 1 : 0,
      provider.id,
      after,
      device === null ? PAGE : 1,
    )
    .all<ConcernedNode>();
  return results;
}

/** Null where the node is not in the network any more. */
const nodeAgain = (
  db: D1Database,
  { id }: Transmitter,
  node: string,
  { reason }: QuarantineWord,
): Promise<ConcernedNode | null> =>
  db.prepare(`${SAID} AND n.id = ?3`).bind(id, reason, node).first<ConcernedNode>();

/** All that was decided by is still so: a reason that came meanwhile must not be released over. */
const isAsRead = (
  db: D1Database,
  { id, status, contained, reasons, said_at, holds }: ConcernedNode,
  transmitter: Transmitter,
  { reason }: QuarantineWord,
): D1PreparedStatement =>
  guard(
    db,
    "node_status",
    `EXISTS (${SAID} AND n.id = ?3 AND n.status = ?4 AND n.contained = ?5 AND s.at IS ?6 AND s.holds IS ?7
       AND ?8 = (SELECT count(*) FROM signal_quarantines r WHERE r.node_id = n.id AND r.holds = 1))`,
    ...[transmitter.id, reason, id, status, contained, said_at, holds, reasons],
  );

/** A node that somebody else had quarantined before is not held by the signal: its release is theirs. */
const noteReason = (
  db: D1Database,
  node: ConcernedNode,
  transmitter: Transmitter,
  { reason, holds, at }: QuarantineWord,
): D1PreparedStatement => {
  const isHeld = holds && (node.status === "approved" || node.reasons > 0);
  return db
    .prepare(
      `INSERT INTO signal_quarantines (node_id, transmitter_id, reason, at, holds) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (node_id, transmitter_id, reason) DO UPDATE SET at = excluded.at, holds = excluded.holds
       WHERE excluded.at >= signal_quarantines.at`,
    )
    .bind(node.id, transmitter.id, reason, at, isHeld ? 1 : 0);
};
