/** The bindings of `test/workers/wrangler.toml`, for `import { env } from "cloudflare:workers"` in tests. */
declare namespace Cloudflare {
  interface Env {
    readonly DB: D1Database;
    readonly SEGMENT_SESSIONS: DurableObjectNamespace<
      import("../../durable-objects/segment-sessions.ts").SegmentSessions
    >;
    readonly NETWORK_COORDINATOR: DurableObjectNamespace<
      import("../../durable-objects/network-coordinator.ts").NetworkCoordinator
    >;
    readonly LOGIN_ATTEMPTS: DurableObjectNamespace<
      import("../../durable-objects/login-attempts.ts").LoginAttempts
    >;
    readonly AUDIT_LOG: DurableObjectNamespace<import("../../durable-objects/audit-log.ts").AuditLog>;
    readonly SEGMENT_MESH: DurableObjectNamespace<
      import("../../durable-objects/segment-mesh.ts").SegmentMesh
    >;
    readonly AUTH_ORIGIN: string;
    readonly HUB_ORIGIN: string;
    readonly SECRET_KEY: string;
    readonly BOOTSTRAP_TOKEN: string;
  }
}

/** Vite's file glob, the one form that these tests use. */
interface ImportMeta {
  glob(
    pattern: string,
    options: { readonly query: "?raw"; readonly import: "default"; readonly eager: true },
  ): Record<string, string>;
}
