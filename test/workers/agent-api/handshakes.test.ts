import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Answer, HubDoor, Sent, TestNode } from "../../support/test-node.ts";
import { openWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await world.admin.call("segments.create", { body: { name: "other" } });
});

/** Makes handshakes and holds them back: each arrives when the test lets it. */
async function held(node: TestNode, count: number): Promise<(() => Promise<Answer>)[]> {
  const { hub } = node;
  const held: Sent[] = [];
  const keep: HubDoor["send"] = async (_target, sent = {}) => {
    held.push(sent);
    return LOST;
  };
  const line = Object.assign(node.clone(), { hub: { ...hub, send: keep } });
  for (let n = 0; n < count; n++) await line.tryHandshake();
  node.counter = line.counter;
  return held.map((sent) => () => hub.send("/agent/v1/handshake", sent));
}
const LOST: Answer = { status: 0, headers: {}, text: "", code: "lost", json: () => undefined as never };

async function standing({ id }: TestNode) {
  const { data } = await world.admin.call("nodes.get", { params: { node: id } });
  return data;
}

async function move(node: TestNode, segment: string): Promise<void> {
  const { etag } = await world.admin.call("nodes.get", { params: { node: node.id } });
  await world.admin.call("nodes.update", {
    params: { node: node.id },
    body: { segment },
    ifMatch: etag ?? "",
  });
}

describe("S-A4: a handshake that comes late", () => {
  test("opens nothing and puts nobody out; the node goes on", async () => {
    const node = await world.member();
    const [first, second, third] = await held(node, 3);
    expect((await third?.())?.status).toBe(200);
    for (const late of [first, second, first]) expect((await late?.())?.code).toBe("request_replayed");
    expect((await standing(node)).status).toBe("approved");
    await node.shakeHands();
    expect((await node.poll()).status).toBe(200);
    expect(await world.recorded("node.quarantine", node.id)).toBe(0);
  });

  test("also after the node was moved, and after its segment's object began anew", async () => {
    const node = await world.member();
    const [late, replayed] = await held(node, 2);
    expect((await replayed?.())?.status).toBe(200);
    await move(node, "other");
    expect((await late?.())?.code).toBe("request_replayed");
    expect((await replayed?.())?.code).toBe("request_replayed");
    const [again] = await held(node, 1);
    await node.shakeHands();
    const { segmentId } = await standing(node);
    await evictDurableObject(env.SEGMENT_MESH.get(env.SEGMENT_MESH.idFromName(segmentId)));
    expect((await again?.())?.code).toBe("request_replayed");
    expect((await standing(node)).status).toBe("approved");
  });

  test("is told from a copy that goes on, also after a move", async () => {
    const node = await world.member();
    const copy = node.clone();
    await node.shakeHands();
    await node.shakeHands();
    await move(node, "other");
    expect((await copy.tryHandshake()).code).toBe("node_quarantined");
  });
});

describe("M19: a node that is put aside", () => {
  test("is quarantined wherever it is looked at, with the way back", async () => {
    const node = await world.member();
    const copy = node.clone();
    await copy.shakeHands();
    expect((await node.tryHandshake()).code).toBe("node_quarantined");
    const seen = await standing(node);
    expect(seen.status).toBe("quarantined");
    expect(seen.statusDetail).toContain(`rustronaut nodes release ${seen.name}`);
    const { data } = await world.admin.call("nodes.list", { query: { status: "quarantined" } });
    expect(data.items.map(({ id }) => id)).toContain(node.id);
    expect(data.items.every(({ status }) => status === "quarantined")).toBe(true);
    expect((await node.poll()).code).toBe("node_quarantined");
    const { data: released } = await world.admin.call("nodes.release", { params: { node: node.id } });
    expect([released.status, released.statusDetail]).toEqual(["approved", null]);
  });

  test("because its owner is disabled looks so too; the owner is what must be released", async () => {
    const { data: owner } = await world.admin.call("users.create", { body: { email: "owner@example.com" } });
    const node = await world.member({ user: owner.id });
    await world.admin.call("users.update", {
      params: { user: owner.id },
      body: { status: "disabled" },
      ifMatch: `"${owner.version}"`,
    });
    expect((await node.tryHandshake()).code).toBe("node_quarantined");
    const seen = await standing(node);
    expect(seen.status).toBe("quarantined");
    expect(seen.statusDetail).toContain("rustronaut users update owner@example.com --status active");
    const released = world.admin.call("nodes.release", { params: { node: node.id } });
    await expect(released).rejects.toMatchObject({
      status: 409,
      message: expect.stringMatching(/^(?!.*only one that is quarantined).*owner@/),
    });
    // It can still be put out.
    const { data } = await world.admin.call("nodes.revoke", { params: { node: node.id } });
    expect(data.status).toBe("revoked");
  });

  test("comes back by one release, however far the other machine had counted", async () => {
    const node = await world.member();
    const restored = node.clone();
    for (let n = 0; n < 5; n++) await node.shakeHands();
    expect((await restored.tryHandshake()).code).toBe("node_quarantined");
    await world.admin.call("nodes.release", { params: { node: node.id } });
    await restored.shakeHands();
    expect((await restored.poll()).status).toBe(200);
    expect((await restored.report()).status).toBe(200);
    // The release is no licence: the other machine is noticed again.
    await restored.shakeHands();
    const third = restored.clone();
    await restored.shakeHands();
    expect((await third.tryHandshake()).code).toBe("node_quarantined");
  });
});
