import { ATTEMPT_SHARDS, type LoginAttemptsRpc } from "../../shared/access/login/types.ts";
import type { PolicyCompilerRpc } from "../../shared/access/policy/compiler-rpc.ts";
import {
  type NetworkCoordinatorRpc,
  REGIONS,
  type SegmentSessionsRpc,
} from "../../shared/access/sessions/types.ts";
import type { AuditLogRpc } from "../../shared/audit/types.ts";
import { isId } from "../../shared/base/ids.ts";
import type { SegmentMeshRpc } from "../../shared/node/segment-mesh.ts";
import type { Bindings } from "./env.ts";

/** The one way from an id to the object that owns it. Names are validated, since naming an object creates it. */

/** @param owner `<segment>/<region>/<shard>`; its segment must have been looked up before. */
export function sessionsObject(
  bindings: Bindings,
  owner: string,
): SegmentSessionsRpc & Pick<Fetcher, "fetch"> {
  const region = REGIONS.find((name) => name === owner.split("/")[1]);
  if (!region) throw new Error(`not a session owner: ${owner.slice(0, 80)}`);
  return bindings.sessions.get(bindings.sessions.idFromName(owner), {
    locationHint: region as DurableObjectLocationHint,
  }) as unknown as SegmentSessionsRpc & Pick<Fetcher, "fetch">;
}

export function coordinatorObject(bindings: Bindings): NetworkCoordinatorRpc {
  return bindings.coordinator.get(
    bindings.coordinator.idFromName("network"),
  ) as unknown as NetworkCoordinatorRpc;
}

export function auditObject(bindings: Bindings): AuditLogRpc & Pick<Fetcher, "fetch"> {
  return bindings.audit.get(bindings.audit.idFromName("audit")) as unknown as AuditLogRpc &
    Pick<Fetcher, "fetch">;
}

/** @param attemptId A well-formed attempt id; its last character picks the shard. */
export function attemptsObject(bindings: Bindings, attemptId: string): LoginAttemptsRpc {
  const shard = attemptId.charCodeAt(attemptId.length - 1) % ATTEMPT_SHARDS;
  return bindings.attempts.get(
    bindings.attempts.idFromName(`attempts/${shard}`),
  ) as unknown as LoginAttemptsRpc;
}

/** @param actor Who has policies compiled, as the audit log names them. */
export function compilerObject(bindings: Bindings, actor: string): PolicyCompilerRpc {
  return bindings.compiler.get(bindings.compiler.idFromName(actor)) as unknown as PolicyCompilerRpc;
}

/** @param segmentId Of a segment that exists. */
export function meshObject(bindings: Bindings, segmentId: string): SegmentMeshRpc & Pick<Fetcher, "fetch"> {
  if (!isId("segment", segmentId)) throw new Error(`not a segment: ${segmentId.slice(0, 80)}`);
  return bindings.mesh.get(bindings.mesh.idFromName(segmentId)) as unknown as SegmentMeshRpc &
    Pick<Fetcher, "fetch">;
}
