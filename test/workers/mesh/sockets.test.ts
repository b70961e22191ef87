import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { Sockets } from "../../../durable-objects/mesh/sockets.ts";
import type { SegmentMesh } from "../../../durable-objects/segment-mesh.ts";

const NODE = "nod_1";

type Mesh = DurableObjectStub<SegmentMesh>;

/** The object of a segment in which the node is a member. */
async function objectOf(segment: string): Promise<Mesh> {
  const object: Mesh = env.SEGMENT_MESH.get(env.SEGMENT_MESH.idFromName(segment));
  await runInDurableObject(object, (_, ctx) => {
    const insert = "INSERT INTO members (node, status, changed, handshake) VALUES (?, 'approved', 1, 0)";
    ctx.storage.sql.exec(insert, NODE);
  });
  return object;
}

const heardAt = (object: Mesh, later = 0) =>
  runInDurableObject(object, (_, ctx) => new Sockets(ctx).heardAt(NODE, Date.now() + later));

async function open(object: Mesh): Promise<WebSocket> {
  const request = new Request(`https://mesh/socket?node=${NODE}`, { headers: { upgrade: "websocket" } });
  const { webSocket } = await object.fetch(request);
  if (!webSocket) throw new Error("there is no socket");
  webSocket.accept();
  return webSocket;
}

test("a node is heard from the opening of its socket on, and for two minutes of silence", async () => {
  const object = await objectOf("seg_sockets_1");
  expect(await heardAt(object)).toBeNull();
  const before = Date.now();
  await open(object);
  expect(await heardAt(object)).toBeGreaterThanOrEqual(before);
  expect(await heardAt(object, 119_000)).not.toBeNull();
  expect(await heardAt(object, 121_000)).toBeNull();
});

test("a ping is heard without waking the object, also after it slept", async () => {
  const object = await objectOf("seg_sockets_2");
  const socket = await open(object);
  const opened = (await heardAt(object)) ?? 0;
  await expect.poll(() => Date.now()).toBeGreaterThan(opened);
  await evictDurableObject(object);
  const pong = new Promise<string>((resolve) => {
    socket.addEventListener("message", ({ data }) => resolve(String(data)));
  });
  socket.send("ping");
  expect(await pong).toBe("pong");
  expect(await heardAt(object)).toBeGreaterThan(opened);
});

test("a second socket takes the first one's place", async () => {
  const object = await objectOf("seg_sockets_3");
  const first = await open(object);
  const closed = new Promise<number>((resolve) => {
    first.addEventListener("close", ({ code }) => resolve(code));
  });
  await open(object);
  expect(await closed).toBe(4409);
  expect(await heardAt(object)).not.toBeNull();
});
