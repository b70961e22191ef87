import { serveAuth } from "./auth/index.ts";
import { type Bindings, checkBindings } from "./env.ts";
import { serveGateway } from "./gateway/index.ts";
import { serveHub } from "./hub/index.ts";

export { AuditLog } from "../durable-objects/audit-log.ts";
export { LoginAttempts } from "../durable-objects/login-attempts.ts";
export { NetworkCoordinator } from "../durable-objects/network-coordinator.ts";
export { SegmentSessions } from "../durable-objects/segment-sessions.ts";

let bindings: Bindings | undefined;

export default {
  /** The host decides who answers: the auth host, the hub, or (every other host) the gateway. */
  async fetch(request: Request, env: unknown, ctx: ExecutionContext): Promise<Response> {
    bindings ??= checkBindings(env);
    const { origin } = new URL(request.url);
    if (origin === bindings.authOrigin) return serveAuth(request, bindings, ctx);
    if (origin === bindings.hubOrigin) return serveHub(request, bindings, ctx);
    return serveGateway(request, bindings, ctx);
  },
};
