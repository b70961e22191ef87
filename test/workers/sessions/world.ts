import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { NetworkCoordinator } from "../../../durable-objects/network-coordinator.ts";
import type { SegmentSessions } from "../../../durable-objects/segment-sessions.ts";
import type {
  CreateSession,
  NetworkCoordinatorRpc,
  SegmentSessionsRpc,
} from "../../../shared/sessions/types.ts";
import { createSession } from "../../unit/sessions/fixtures.ts";

/** A session object by its owner name, and the object behind it for what only a test may do. */
export function owner(name: string) {
  const stub: DurableObjectStub<SegmentSessions> = env.SEGMENT_SESSIONS.get(
    env.SEGMENT_SESSIONS.idFromName(name),
  );
  return { name, stub, rpc: stub as unknown as SegmentSessionsRpc & Pick<Fetcher, "fetch"> };
}

export const coordinatorStub: DurableObjectStub<NetworkCoordinator> = env.NETWORK_COORDINATOR.get(
  env.NETWORK_COORDINATOR.idFromName("network"),
);
export const coordinator = coordinatorStub as unknown as NetworkCoordinatorRpc;

/** A session of a name: its id, its secret's hash. */
export function named(name: string, over: Partial<CreateSession> = {}): CreateSession {
  return createSession({ id: `ses_${name}`, secretHash: `hash-${name}`, ...over });
}

/** Moves everything that a session object has planned or knows by time this many milliseconds into the past. */
export async function age(stub: DurableObjectStub<SegmentSessions>, ms: number): Promise<void> {
  await runInDurableObject(stub, (_object, { storage: { sql } }) => {
    sql.exec("UPDATE outbox SET due_at = due_at - ?", ms);
  });
}
