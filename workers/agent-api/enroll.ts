import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import { isToken } from "../../shared/api/tokens.ts";
import { takeAllowance } from "../../shared/node/allowance.ts";
import { openEnrolmentSecret } from "../../shared/node/protocol/enrolment-secret.ts";
import { enrollStatement, provenStatement } from "../../shared/node/protocol/schemas.ts";
import { verifyStatement } from "../../shared/node/protocol/statement.ts";
import { type EnrollAnswer, type EnrollStatement, WIRE_LIMITS } from "../../shared/node/protocol/types.ts";
import type { enrolmentKeys } from "../../shared/registry/mesh-schema.ts";
import type { RowOf } from "../../shared/registry/rows.ts";
import { parseRoute } from "../../shared/segments/approved-routes.ts";
import { announce } from "../mesh/changes.ts";
import { meshKeys } from "../mesh/keys.ts";
import { meshState } from "../mesh/state.ts";
import type { Bindings } from "../platform/env.ts";
import { throwRefusal } from "../platform/refused.ts";
import { bytesOf, readDocument } from "./body.ts";
import { type Answered, requirePossession } from "./challenge.ts";
import { requireClock } from "./clock.ts";
import { admitNode, type EnrolledNode, enrolledBefore } from "./node-insert.ts";

/** What an enrolment needs of its key. */
type EnrolmentKeyRow = Pick<
  RowOf<typeof enrolmentKeys>,
  | "id"
  | "segment_id"
  | "tags"
  | "user_id"
  | "ephemeral"
  | "pre_approved"
  | "expires_at"
  | "revoked_at"
  | "left_until"
>;

/** Makes a machine a node of the network: proofs first, then the key, then one transaction. */
export async function enroll(bindings: Bindings, body: Uint8Array, now: number): Promise<EnrollAnswer> {
  const proven = readDocument(provenStatement, body, WIRE_LIMITS.jsonBytes);
  const bytes = bytesOf(proven.statement, "/statement");
  const statement = readDocument(enrollStatement, bytes, WIRE_LIMITS.jsonBytes);
  const { crypto } = await meshKeys(bindings);
  const signingKey = bytesOf(statement.keys.signing, "/keys/signing");
  if (!(await verifyStatement(crypto, "enroll", bindings.hubOrigin, proven, signingKey))) {
    throwRefusal("signature_invalid", "The statement is not signed by its signing key for this hub.");
  }
  requireClock(statement.time, now);
  const answered = await requirePossession(bindings, bytes, statement, proven.possession, now);
  const key = await enrolmentKeyOf(bindings, statement, now);
  const state = await meshState(bindings.db);
  const routes = statement.routes.map((text) => {
    const route = parseRoute(text, state.overlay);
    return route.ok ? text : throwRefusal("invalid_input", `/routes: ${text} ${route.error}.`);
  });
  const node = await admit(bindings, { statement, key, answered, routes }, now);
  return {
    node: node.id,
    name: node.name,
    network: state.networkId,
    segment: node.segment_id,
    status: node.status,
    hubTime: now,
  };
}

/**
 * The enrolment key that the statement contains in sealed form. Unknown, revoked and malformed keys get the same
 * refusal.
 */
async function enrolmentKeyOf(
  bindings: Bindings,
  statement: EnrollStatement,
  now: number,
): Promise<EnrolmentKeyRow> {
  const { crypto, kem } = await meshKeys(bindings);
  const secret = await openEnrolmentSecret(
    crypto,
    {
      hubCiphertext: bytesOf(statement.hubCiphertext, "/hubCiphertext"),
      sealed: bytesOf(statement.sealedKey, "/sealedKey"),
    },
    {
      origin: bindings.hubOrigin,
      hubKem: kem,
      signingKey: bytesOf(statement.keys.signing, "/keys/signing"),
    },
  );
  const known =
    secret.ok && isToken("rnek", secret.value)
      ? await bindings.db
          .prepare(
            `SELECT id, segment_id, tags, user_id, ephemeral, pre_approved, expires_at, revoked_at,
               left_until
             FROM enrolment_keys WHERE secret_hash = ?`,
          )
          .bind(hashSecret(secret.value))
          .first<EnrolmentKeyRow>()
      : null;
  if (!known || known.revoked_at !== null) {
    return throwRefusal(
      "enrolment_key_invalid",
      "It is unknown or was revoked. Ask your administrator for another.",
    );
  }
  if (known.expires_at <= now)
    throwRefusal("enrolment_key_expired", "Ask your administrator for another key.");
  // A node that enrols and leaves again is news for all its peers twice.
  const allowed = takeAllowance(known.left_until, now);
  if (!allowed.ok) {
    throwRefusal("rate_limited", "Nodes of this key come and leave again too often.", {
      retryAfterSeconds: Math.ceil(allowed.waitMs / 1_000),
    });
  }
  return known;
}

export interface Admission {
  readonly statement: EnrollStatement;
  readonly key: EnrolmentKeyRow;
  readonly answered: Answered;
  readonly routes: readonly string[];
}

/**
 * Admits a node. A node that comes again with the same keys and the same enrolment key has lost our answer, and is the
 * same node.
 */
async function admit(bindings: Bindings, admission: Admission, now: number): Promise<EnrolledNode> {
  const before = await enrolledBefore(bindings.db, admission, now);
  if (!before) return admitNode(bindings, admission, now);
  // The earlier try may have failed before this step.
  await announce(bindings, before.id);
  return before;
}
