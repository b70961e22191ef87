import { env } from "cloudflare:workers";
import type { AuditLog } from "../../../durable-objects/audit-log.ts";
import type { AuditLogRpc } from "../../../shared/audit/types.ts";

export const stubOf = (name: string): DurableObjectStub<AuditLog> =>
  env.AUDIT_LOG.get(env.AUDIT_LOG.idFromName(name));

/** The log as its contract describes it. */
export type Log = AuditLogRpc & Pick<Fetcher, "fetch">;
export const openLog = (name: string): Log => stubOf(name) as unknown as Log;
