import { messagesOf } from "../../shared/base/errors/cause.ts";
import { buildRecord } from "../../shared/node/config/build.ts";
import { provenStatement, rotateStatement } from "../../shared/node/protocol/schemas.ts";
import { verifyStatement } from "../../shared/node/protocol/statement.ts";
import { WIRE_LIMITS } from "../../shared/node/protocol/types.ts";
import { updateNode } from "../../shared/registry/node-statements.ts";
import { carryOut } from "../mesh/changes.ts";
import { meshKeys } from "../mesh/keys.ts";
import { meshState } from "../mesh/state.ts";
import type { Bindings } from "../platform/env.ts";
import { meshObject } from "../platform/objects.ts";
import { throwRefusal } from "../platform/refused.ts";
import { bytesOf, readDocument } from "./body.ts";
import { requirePossession, spendChallenge } from "./challenge.ts";
import { requireClock } from "./clock.ts";
import { keyHashes } from "./key-hashes.ts";
import { json, type Reply, refuseNews } from "./refused.ts";
import type { AgentSession } from "./session.ts";
import { requireMember } from "./standing.ts";

/**
 * Gives a node new WireGuard and KEM keys. The signing key is the node's identity: it signs the new keys and stays the
 * same.
 */
export async function rotate(
  bindings: Bindings,
  session: AgentSession,
  body: Uint8Array,
  now: number,
): Promise<Reply> {
  await requireMember(bindings, session, true);
  const proven = readDocument(provenStatement, body, WIRE_LIMITS.jsonBytes);
  const bytes = bytesOf(proven.statement, "/statement");
  const statement = readDocument(rotateStatement, bytes, WIRE_LIMITS.jsonBytes);
  const { keys } = statement;
  const { crypto } = await meshKeys(bindings);
  const row = await bindings.db
    .prepare("SELECT signing_key FROM nodes WHERE id = ?")
    .bind(session.node)
    .first<{ signing_key: string }>();
  if (!row || statement.node !== session.node || keys.signing !== row.signing_key) {
    return throwRefusal("signature_invalid", "The statement is not about this node and its signing key.");
  }
  const key = bytesOf(row.signing_key, "the stored key");
  if (!(await verifyStatement(crypto, "rotate", bindings.hubOrigin, proven, key))) {
    throwRefusal("signature_invalid", "The statement is not signed by the node's signing key for this hub.");
  }
  requireClock(statement.time, now);
  const answered = await requirePossession(bindings, bytes, statement, proven.possession, now);
  const waitMs = await meshObject(bindings, session.ticket.segment).claimNews(session.node);
  if (waitMs > 0) refuseNews(waitMs);
  const { networkId } = await meshState(bindings.db);
  const hashes = keyHashes(keys);
  const record = buildRecord(networkId, session.node, { ...keys, signing: hashes.signing });
  const event = {
    actor: `node:${session.node}`,
    action: "node.rotate_keys",
    target: session.node,
    detail: { record: record.hash },
  };
  const columns = {
    wireguard_key: keys.wireguard,
    kem_key: keys.kem,
    kem_hash: hashes.kem,
    record_hash: record.hash,
  };
  const change = [spendChallenge(answered), updateNode(session.node, columns, now, "version")];
  try {
    await carryOut(bindings, event, change, now);
  } catch (error) {
    const failure = messagesOf(error);
    if (failure.includes("used_challenges.hash")) {
      throwRefusal("request_replayed", "Ask for a new challenge: each one is answered once.");
    }
    if (failure.includes("UNIQUE constraint failed: nodes.")) {
      throwRefusal("key_in_use", "A key belongs to another node. Make new keys.");
    }
    throw error;
  }
  return json({ record: record.hash });
}
