import { ATTEMPT_SHARDS } from "../../shared/access/login/types.ts";
import { REGIONS } from "../../shared/access/sessions/types.ts";
import { isId } from "../../shared/base/ids.ts";
import { type ObjectsOf, objectOf } from "../../shared/base/objects.ts";
import { edgePair } from "../../shared/edge/edge-relay.ts";
import type { Bindings } from "./env.ts";

/**
 * The only way from an id to the object that owns it. Names are checked first, because an object is created when it is
 * named.
 */

/** The functions that an object offers, and `fetch`, which every object has. */
type Reached<Rpc> = Rpc & Pick<Fetcher, "fetch">;
const reach = <Rpc>(objects: ObjectsOf<Rpc>, name: string, region?: string) =>
  objectOf(objects, name, region) as Reached<Rpc>;

/** @param owner `<segment>/<region>/<shard>`. The caller must have looked up the segment before. */
export function sessionsObject(bindings: Bindings, owner: string) {
  const region = REGIONS.find((name) => name === owner.split("/")[1]);
  if (!region) throw new Error(`not a session owner: ${owner.slice(0, 80)}`);
  return reach(bindings.SEGMENT_SESSIONS, owner, region);
}

export const coordinatorObject = (bindings: Bindings) => reach(bindings.NETWORK_COORDINATOR, "network");

export const auditObject = (bindings: Bindings) => reach(bindings.AUDIT_LOG, "audit");

/** @param attemptId A well-formed attempt id. Its last character chooses the shard. */
export function attemptsObject(bindings: Bindings, attemptId: string) {
  const shard = attemptId.charCodeAt(attemptId.length - 1) % ATTEMPT_SHARDS;
  return reach(bindings.LOGIN_ATTEMPTS, `attempts/${shard}`);
}

/** @param actor The caller that asks to compile policies, by the caller's name in the audit log. */
export const compilerObject = (bindings: Bindings, actor: string) => reach(bindings.POLICY_COMPILER, actor);

/** @param appId The id of an app that exists. */
export function tunnelObject(bindings: Bindings, appId: string) {
  if (!isId("app", appId)) throw new Error(`not an app: ${appId.slice(0, 80)}`);
  return reach(bindings.CONNECTOR_TUNNEL, appId);
}

/** @param appId The id of an app that exists. */
export function quotaObject(bindings: Bindings, appId: string) {
  if (!isId("app", appId)) throw new Error(`not an app: ${appId.slice(0, 80)}`);
  return reach(bindings.REQUEST_QUOTA, appId);
}

/** @param node @param peer The ids of two nodes that the hub knows to be linked. */
export function edgeObject(bindings: Bindings, node: string, peer: string) {
  for (const id of [node, peer]) if (!isId("node", id)) throw new Error(`not a node: ${id.slice(0, 80)}`);
  return reach(bindings.EDGE_RELAY, edgePair(node, peer));
}

/** @param segmentId The id of a segment that exists. */
export function meshObject(bindings: Bindings, segmentId: string) {
  if (!isId("segment", segmentId)) throw new Error(`not a segment: ${segmentId.slice(0, 80)}`);
  return reach(bindings.SEGMENT_MESH, segmentId);
}
