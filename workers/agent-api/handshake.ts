import { hashOf } from "../../shared/node/config/object.ts";
import { acceptHandshake, confirm } from "../../shared/node/protocol/handshake.ts";
import { handshakeStatement, signedStatement } from "../../shared/node/protocol/schemas.ts";
import { verifyStatement } from "../../shared/node/protocol/statement.ts";
import { sealTicket } from "../../shared/node/protocol/ticket.ts";
import {
  CAPABILITY,
  type HandshakeAnswer,
  type HandshakeStatement,
  TICKET_LIFETIME_MS,
  WIRE_LIMITS,
} from "../../shared/node/protocol/types.ts";
import type { nodes } from "../../shared/registry/mesh-schema.ts";
import type { RowOf } from "../../shared/registry/rows.ts";
import { announce, carryOut, setStatus } from "../mesh/changes.ts";
import { meshKeys } from "../mesh/keys.ts";
import { meshState } from "../mesh/state.ts";
import type { Bindings } from "../platform/env.ts";
import { meshObject } from "../platform/objects.ts";
import { throwRefusal } from "../platform/refused.ts";
import { settleEvents } from "../platform/saved-events.ts";
import { failedGuard } from "../registry/guards.ts";
import { bytesOf, readDocument } from "./body.ts";
import { requireClock } from "./clock.ts";
import type { AgentSession } from "./session.ts";
import { NOT_APPROVED } from "./standing.ts";

const TELEMETRY_SECONDS = 60;

type NodeRow = Pick<RowOf<typeof nodes>, "id" | "segment_id" | "status" | "contained" | "signing_key">;

/** A handshake with a valid signature. From here on, a refusal can be proven to the node, too. */
export interface ProvenHandshake {
  readonly statement: HandshakeStatement;
  /** Of the statement's bytes. */
  readonly hash: string;
  readonly node: NodeRow;
  /** A session that is not open yet. Its key signs the answer. */
  readonly session: AgentSession;
}

export async function proveHandshake(
  bindings: Bindings,
  body: Uint8Array,
  now: number,
): Promise<ProvenHandshake> {
  const signed = readDocument(signedStatement, body, WIRE_LIMITS.jsonBytes);
  const bytes = bytesOf(signed.statement, "/statement");
  const statement = readDocument(handshakeStatement, bytes, WIRE_LIMITS.jsonBytes);
  const { crypto, kem } = await meshKeys(bindings);
  const node = await bindings.db
    .prepare("SELECT id, segment_id, status, contained, signing_key FROM nodes WHERE id = ?")
    .bind(statement.node)
    .first<NodeRow>();
  if (!node) return throwRefusal("node_unknown", "Enrol with a key first.");
  const key = bytesOf(node.signing_key, "the stored key");
  if (!(await verifyStatement(crypto, "handshake", bindings.hubOrigin, signed, key))) {
    throwRefusal("signature_invalid", "The statement is not signed by the node's signing key for this hub.");
  }
  const accepted = await acceptHandshake(crypto, { origin: bindings.hubOrigin, kem }, signed, statement);
  if (!accepted.ok) return throwRefusal("invalid_input", "/hubCiphertext is not for this hub's KEM key.");
  const ticket = {
    node: node.id,
    segment: node.segment_id,
    handshake: statement.counter,
    issuedAt: now,
    expiresAt: now + TICKET_LIFETIME_MS,
    sessionKey: accepted.value,
  };
  const mac = await crypto.hmacSha256.key(accepted.value);
  const session = {
    ticket: { ...ticket, mac, window: { highest: -1, seen: 0n } },
    node: node.id,
    nonce: statement.nonce,
  };
  return { statement, hash: hashOf(bytes), node, session };
}

/**
 * Opens the session, unless the node must not have one.
 * @param capability What the node's agent understands, as it says itself. Too low a number costs the node access, and too
 *   high a one makes its agent refuse its config, so nothing is won by lying.
 */
export async function shakeHands(
  bindings: Bindings,
  { statement, hash, node, session }: ProvenHandshake,
  capability: number,
  now: number,
): Promise<HandshakeAnswer> {
  requireClock(statement.time, now);
  // This also completes what the request that quarantined the node left undone.
  if (node.status === "quarantined") await settleEvents(bindings, node.id);
  const isContained = node.status === "quarantined" && node.contained === 1;
  if (node.status !== "approved" && !isContained) throwRefusal(...NOT_APPROVED[node.status]);
  const verdict = await meshObject(bindings, node.segment_id).admitHandshake(
    node.id,
    { counter: statement.counter, madeAt: statement.time, statement: hash },
    capability,
  );
  if (verdict === "replayed")
    throwRefusal("request_replayed", "This handshake was made before. Make a new one.");
  if (verdict === "late") {
    throwRefusal("request_replayed", "The node made a newer handshake before this one came. Make a new one.");
  }
  if (verdict === "cloned") return quarantine(bindings, node, statement, now);
  if (verdict === "unknown")
    return throwRefusal("unavailable", "The node is not known everywhere yet. Try again.");
  if (verdict !== "admitted") throwRefusal(...NOT_APPROVED[verdict]);
  const { crypto, tickets } = await meshKeys(bindings);
  const { pollSeconds } = await meshState(bindings.db);
  return confirm(crypto, session.ticket.sessionKey, {
    ticket: await sealTicket(crypto, tickets, session.ticket),
    expiresAt: session.ticket.expiresAt,
    hubTime: now,
    pollSeconds,
    telemetrySeconds: TELEMETRY_SECONDS,
    capability: CAPABILITY,
  });
}

/**
 * Quarantines a node. Two machines use one state, or an old copy of the state came back. Neither is trusted until an
 * administrator has looked.
 */
async function quarantine(
  bindings: Bindings,
  node: NodeRow,
  { counter }: HandshakeStatement,
  now: number,
): Promise<never> {
  const event = {
    actor: "system",
    action: "node.quarantine",
    target: node.id,
    detail: { reason: "two machines use its state", counter },
  };
  try {
    await carryOut(
      bindings,
      event,
      setStatus(bindings.db, node.id, ["approved", "quarantined"], "quarantined", now),
      now,
    );
  } catch (error) {
    // The other machine's handshake came first, or an administrator has changed the node's status.
    if (failedGuard(error) !== "node_status") throw error;
    await announce(bindings, node.id);
  }
  return throwRefusal(...NOT_APPROVED.quarantined);
}
