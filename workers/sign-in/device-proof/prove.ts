import type { ProvenDevice } from "../../../shared/access/device/device.ts";
import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import { fromBase64url } from "../../../shared/base/base64url.ts";
import { err, ok, type Result } from "../../../shared/base/result.ts";
import { formatAddress, parseAddress } from "../../../shared/net/address.ts";
import { readDeviceStatement, readProof } from "../../../shared/node/protocol/device-proof.ts";
import { verifyStatement } from "../../../shared/node/protocol/statement.ts";
import { meshKeys } from "../../mesh/keys.ts";
import type { Bindings } from "../../platform/env.ts";
import { attemptsObject, meshObject } from "../../platform/objects.ts";
import { addressOf } from "../../session/client-network.ts";
import type { CurrentSession } from "../../session/current-session.ts";
import { challengeEnd } from "./challenge.ts";

/** Why a proof is refused, as a stable word. */
export type ProofRefusal =
  | "malformed"
  | "challenge_expired"
  | "replayed"
  | "unknown_node"
  | "not_approved"
  | "signature_invalid"
  | "other_owner"
  | "never_reported";

/**
 * Judges a proof that a browser shows. The challenge is looked at before the signature, which costs more, and spent only
 * after it, so that nobody without the node's key spends anything.
 */
export async function judgeProof(
  request: Request,
  bindings: Bindings,
  { session }: CurrentSession,
  attemptId: string,
  text: string,
): Promise<Result<ProvenDevice, ProofRefusal>> {
  const signed = readProof(text);
  const stated = signed && readDeviceStatement(fromBase64url(signed.statement) ?? new Uint8Array(0));
  if (!signed || !stated) return err("malformed");
  const now = Date.now();
  const endsAt = await challengeEnd(bindings, stated.challenge, { sessionId: session.id, attemptId });
  if (endsAt === null || endsAt <= now) return err("challenge_expired");
  const node = await bindings.db
    .prepare("SELECT segment_id, signing_key FROM nodes WHERE id = ?")
    .bind(stated.node)
    .first<{ segment_id: string; signing_key: string }>();
  const key = node && fromBase64url(node.signing_key);
  if (!node || !key) return err("unknown_node");
  const { crypto } = await meshKeys(bindings);
  if (!(await verifyStatement(crypto, "device", bindings.authOrigin, signed, key)))
    return err("signature_invalid");
  if (!(await attemptsObject(bindings, attemptId).spend(hashSecret(stated.challenge), endsAt)))
    return err("replayed");
  const known = await meshObject(bindings, node.segment_id).device(stated.node);
  if (!known?.device.isApproved) return err("not_approved");
  const { device, address } = known;
  if (device.ownerId !== null && device.ownerId !== session.principal.userId) return err("other_owner");
  if (device.posture === null) return err("never_reported");
  return ok({ device, provenAt: now, sameAddress: address !== null && address === ownAddress(request) });
}

/** The browser's address in its canonical form. Null if the platform states none. */
function ownAddress(request: Request): string | null {
  const address = parseAddress(addressOf(request));
  return address && formatAddress(address);
}
