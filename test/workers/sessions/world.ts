import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import type { NetworkCoordinator } from "../../../durable-objects/network-coordinator.ts";
import type { SegmentSessions } from "../../../durable-objects/segment-sessions.ts";
import type { NetworkCoordinatorRpc } from "../../../shared/access/sessions/coordinator.ts";
import type { KillLineMessage } from "../../../shared/access/sessions/kill-line.ts";
import type { CreateSession, SegmentSessionsRpc } from "../../../shared/access/sessions/types.ts";
import { objectOf } from "../../../shared/base/objects.ts";
import type { ObjectBindings } from "../../../shared/bindings.ts";
import { createSession } from "../../unit/access/sessions/fixtures.ts";

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

/** What a line says: messages in order, then the close code. */
export type Line = Awaited<ReturnType<typeof openLine>>;

/**
 * Opens a kill line to a session. `heard` is what it said so far; `next` waits for what comes.
 *
 * @param decided What the last decision rested on; without it, none was made.
 */
export async function openLine(
  { rpc }: ReturnType<typeof owner>,
  session: string,
  decided?: { readonly epoch: number; readonly version?: number },
) {
  const query = decided ? `&epoch=${decided.epoch}&version=${decided.version ?? 1}` : "";
  const answer = await rpc.fetch(`https://sessions/kill-line?session=${session}${query}`, {
    headers: { upgrade: "websocket" },
  });
  const heard: (KillLineMessage | string | number)[] = [];
  let wake = () => {};
  const push = (what: KillLineMessage | string | number) => {
    heard.push(what);
    wake();
  };
  const socket = answer.webSocket;
  socket?.addEventListener("message", ({ data }) => {
    const text = String(data);
    push(text.startsWith("{") ? (JSON.parse(text) as KillLineMessage) : text);
  });
  socket?.addEventListener("close", ({ code }) => push(code));
  socket?.accept();
  const next = async () => {
    while (heard.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return heard.shift();
  };
  return { status: answer.status, heard, next, send: (text: string) => socket?.send(text), socket };
}

/** Puts something else in the coordinator's place, for one session object until it is evicted. */
export async function replaceCoordinator(
  stub: DurableObjectStub<SegmentSessions>,
  replacement: Partial<NetworkCoordinatorRpc>,
): Promise<void> {
  await runInDurableObject(stub, (object) => {
    const held = object as unknown as { env: unknown };
    held.env = { DB: env.DB, NETWORK_COORDINATOR: { idFromName: () => "network", get: () => replacement } };
  });
}

/** Lets one session object believe that the coordinator does not answer, until it is evicted. */
export function cutOffFromCoordinator(stub: DurableObjectStub<SegmentSessions>): Promise<void> {
  return replaceCoordinator(stub, { join: () => Promise.reject(new Error("unreachable")) });
}

/** Lets the coordinator believe that these session objects do not answer. Returns what ends that. */
export async function hideFromCoordinator(...owners: string[]): Promise<() => Promise<void>> {
  let real: Pick<ObjectBindings, "SEGMENT_SESSIONS"> | undefined;
  const withEnvironment = (change: (held: { env: unknown }) => void) =>
    runInDurableObject(coordinatorStub, (object) => change(object as unknown as { env: unknown }));
  await withEnvironment((held) => {
    const kept = held.env as Pick<ObjectBindings, "SEGMENT_SESSIONS">;
    real = kept;
    const away = () => Promise.reject(new Error("unreachable"));
    const reach = (name: string) => objectOf(kept.SEGMENT_SESSIONS, name);
    held.env = {
      SEGMENT_SESSIONS: {
        idFromName: (name: string) => name,
        get: (name: string) => (owners.includes(name) ? { refresh: away, end: away } : reach(name)),
      },
    };
  });
  return () =>
    withEnvironment((held) => {
      held.env = real;
    });
}

/** Moves the clock of the test and of every object on. Undone by `vi.useRealTimers()`. */
export function wait(ms: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });
}
