import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { serveAgentApi } from "../../../workers/agent-api/index.ts";
import type { TestNode } from "../../support/test-node.ts";
import { openWorld, type World } from "../agent-api/world.ts";
import { wait } from "../sessions/world.ts";

/** What an administrator sees of a node by its socket alone: polls and handshakes count for a minute and a half. */

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterEach(() => {
  vi.useRealTimers();
});

async function seen({ id }: TestNode) {
  const { data } = await world.admin.call("nodes.get", { params: { node: id } });
  if (!data.live) throw new Error("nothing is known of the node");
  return { ...data.live, segmentId: data.segmentId };
}

async function open(node: TestNode): Promise<WebSocket> {
  const headers = { ...(await node.signed("GET", "/agent/v1/socket")), upgrade: "websocket" };
  const request = new Request(`${world.hub.origin}/agent/v1/socket`, { headers });
  const { webSocket, status } = await serveAgentApi(request, world.through);
  if (!webSocket) throw new Error(`there is no socket: ${status}`);
  webSocket.accept();
  return webSocket;
}

test("a node is online from the opening of its socket on, and for two minutes of silence", async () => {
  const node = await world.member();
  wait(20 * 60_000);
  expect(await seen(node)).toMatchObject({ online: false });
  await node.shakeHands();
  const before = Date.now();
  await open(node);
  expect((await seen(node)).lastSeenAt).toBeGreaterThanOrEqual(before);
  wait(119_000);
  expect(await seen(node)).toMatchObject({ online: true });
  wait(2_000);
  expect(await seen(node)).toMatchObject({ online: false });
});

test("a ping is heard without waking the object, also after it slept", async () => {
  const node = await world.member();
  const socket = await open(node);
  const { segmentId, lastSeenAt } = await seen(node);
  const opened = lastSeenAt ?? 0;
  await expect.poll(() => Date.now()).toBeGreaterThan(opened);
  await evictDurableObject(env.SEGMENT_MESH.get(env.SEGMENT_MESH.idFromName(segmentId)));
  const pong = new Promise<string>((resolve) => {
    socket.addEventListener("message", ({ data }) => resolve(String(data)));
  });
  socket.send("ping");
  expect(await pong).toBe("pong");
  expect((await seen(node)).lastSeenAt).toBeGreaterThan(opened);
});

test("a second socket takes the first one's place", async () => {
  const node = await world.member();
  const first = await open(node);
  const closed = new Promise<number>((resolve) => {
    first.addEventListener("close", ({ code }) => resolve(code));
  });
  const second = await open(node);
  expect(await closed).toBe(4409);
  const pong = new Promise<string>((resolve) => {
    second.addEventListener("message", ({ data }) => resolve(String(data)));
  });
  second.send("ping");
  expect(await pong).toBe("pong");
});
