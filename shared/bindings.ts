import type { LoginAttemptsRpc } from "./access/login/types.ts";
import type { PolicyCompilerRpc } from "./access/policy/compiler-rpc.ts";
import type { RequestQuotaRpc } from "./access/quota.ts";
import type { NetworkCoordinatorRpc } from "./access/sessions/coordinator.ts";
import type { SegmentSessionsRpc } from "./access/sessions/types.ts";
import type { AuditLogRpc } from "./audit/types.ts";
import type { ObjectsOf } from "./base/objects.ts";
import type { ConnectorTunnelRpc } from "./connector/connector-tunnel.ts";
import type { EdgeRelayRpc } from "./edge/edge-relay.ts";
import type { SegmentMeshRpc } from "./node/segment-mesh.ts";
import type { MeshPathsRpc } from "./paths/mesh-paths.ts";

/** Written by `npm run bindings` from `wrangler.toml`: change it there. */

export interface ObjectBindings {
  readonly SEGMENT_SESSIONS: ObjectsOf<SegmentSessionsRpc>;
  readonly NETWORK_COORDINATOR: ObjectsOf<NetworkCoordinatorRpc>;
  readonly LOGIN_ATTEMPTS: ObjectsOf<LoginAttemptsRpc>;
  readonly AUDIT_LOG: ObjectsOf<AuditLogRpc>;
  readonly SEGMENT_MESH: ObjectsOf<SegmentMeshRpc>;
  readonly POLICY_COMPILER: ObjectsOf<PolicyCompilerRpc>;
  readonly CONNECTOR_TUNNEL: ObjectsOf<ConnectorTunnelRpc>;
  readonly REQUEST_QUOTA: ObjectsOf<RequestQuotaRpc>;
  readonly EDGE_RELAY: ObjectsOf<EdgeRelayRpc>;
  readonly MESH_PATHS: ObjectsOf<MeshPathsRpc>;
}

/** The objects' classes, by their binding. */
export const OBJECT_CLASSES = {
  SEGMENT_SESSIONS: "SegmentSessions",
  NETWORK_COORDINATOR: "NetworkCoordinator",
  LOGIN_ATTEMPTS: "LoginAttempts",
  AUDIT_LOG: "AuditLog",
  SEGMENT_MESH: "SegmentMesh",
  POLICY_COMPILER: "PolicyCompiler",
  CONNECTOR_TUNNEL: "ConnectorTunnel",
  REQUEST_QUOTA: "RequestQuota",
  EDGE_RELAY: "EdgeRelay",
  MESH_PATHS: "MeshPaths",
} as const;

export type BindingName = keyof ObjectBindings | "DB" | "ASSETS" | "AUTH_ORIGIN" | "HUB_ORIGIN";
