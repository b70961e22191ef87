import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { ChallengeAnswer } from "../../../shared/node/protocol/types.ts";
import { newNode, type TestNode } from "../../support/test-node.ts";
import { openWorld, type World } from "./world.ts";

let world: World;
let object: DurableObjectStub<import("../../../durable-objects/segment-mesh.ts").SegmentMesh>;
beforeAll(async () => {
  world = await openWorld();
  const { data } = await world.admin.call("segments.list");
  const segment = data.items.find(({ name }) => name === "main")?.id ?? "";
  object = env.SEGMENT_MESH.get(env.SEGMENT_MESH.idFromName(segment));
  // The clock stands: nothing of an allowance comes back meanwhile.
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterAll(() => {
  vi.useRealTimers();
});

const revision = async () =>
  Number(await env.DB.prepare("SELECT revision FROM mesh_state").first("revision"));

async function rotate(node: TestNode) {
  const before = { keys: node.publicKeys, seeds: node.seeds };
  await node.newKeys();
  const body = JSON.stringify({ keys: node.publicKeys });
  const given = (await node.call("POST", "/agent/v1/keys/challenge", { body })).json<ChallengeAnswer>();
  const statement = { node: node.id, keys: node.publicKeys, challenge: given.challenge, time: Date.now() };
  const proven = JSON.stringify(await node.prove("rotate", statement, given));
  const answer = await node.call("POST", "/agent/v1/keys", { body: proven });
  if (answer.status !== 200) Object.assign(node, { publicKeys: before.keys, seeds: before.seeds });
  return answer;
}

describe("S-A9: what a node says that reaches its peers", () => {
  test("rotations are let through ten at once, and the refusal says when the next one is", async () => {
    const node = await world.member();
    const before = await revision();
    const codes: string[] = [];
    for (let n = 0; n < 12; n++) {
      const answer = await rotate(node);
      codes.push(answer.code);
      if (answer.code === "rate_limited") expect(answer.headers["retry-after"]).toBe("6");
    }
    expect(codes).toEqual([...Array(10).fill(""), "rate_limited", "rate_limited"]);
    expect((await revision()) - before).toBe(10);
  });

  test("endpoints, routes and rotations draw on one allowance, which a restart does not fill", async () => {
    const node = await world.member();
    for (let n = 1; n <= 5; n++) {
      expect((await node.report({ endpoints: [`198.51.100.${n}:1`] })).status).toBe(200);
      expect((await node.report({ routes: [`10.${n}.0.0/16`] })).status).toBe(200);
    }
    await evictDurableObject(object);
    expect((await rotate(node)).code).toBe("rate_limited");
    expect((await node.report({ endpoints: ["198.51.100.77:1"] })).code).toBe("rate_limited");
    // What is no news is taken, and others are not held up.
    expect((await node.report()).status).toBe(200);
    const other = await world.member();
    expect((await rotate(other)).status).toBe(200);
  });

  test("a key whose nodes come and leave again lets nobody in for a while", async () => {
    const [key, another] = [await world.key(), await world.key()];
    const codes: string[] = [];
    for (let n = 0; n < 12; n++) {
      const node = await newNode(world.hub);
      const answer = await node.tryEnrol(key);
      codes.push(answer.code);
      if (answer.status !== 200) continue;
      node.id = answer.json<{ node: string }>().node;
      await node.shakeHands();
      expect((await node.call("POST", "/agent/v1/logout")).status).toBe(200);
    }
    expect(codes).toEqual([...Array(10).fill(""), "rate_limited", "rate_limited"]);
    expect((await (await newNode(world.hub)).tryEnrol(another)).status).toBe(200);
  });

  test("many machines may come with one key at once, and stay", async () => {
    const key = await world.key();
    for (let n = 0; n < 13; n++) expect((await (await newNode(world.hub)).tryEnrol(key)).status).toBe(200);
  });
});

describe("M12: where a node is reached now", () => {
  test("is pushed to its peers before its report is answered, within the node's allowance", async () => {
    await world.admin.call("meshRules.create", {
      body: { name: "pair", from: ["tag:pair"], to: ["tag:pair"], traffic: ["any"] },
    });
    const [node, peer] = [await world.member({ tags: ["pair"] }), await world.member({ tags: ["pair"] })];
    const opened = await object.fetch(`https://mesh/?node=${peer.id}`, { headers: { upgrade: "websocket" } });
    const heard: string[] = [];
    opened.webSocket?.addEventListener("message", ({ data }) => heard.push(String(data)));
    opened.webSocket?.accept();
    const etag = (await peer.poll()).headers.etag;
    for (let n = 1; n <= 12; n++) {
      const { status } = await node.report({ endpoints: [`203.0.113.${n}:51820`] });
      expect(status).toBe(n <= 10 ? 200 : 429);
      await vi.waitFor(() => expect(heard).toHaveLength(Math.min(n, 10)));
    }
    const { directory } = JSON.parse(heard[0] ?? "{}") as { directory: number };
    expect(directory).toBeGreaterThan(0);
    const told = await peer.poll(etag, { "rustronaut-directory": String(directory) });
    expect(told.status).toBe(200);
  });
});

describe("M16: a report with something odd in it", () => {
  test("is taken; the odd endpoints are left out, and both sides are told", async () => {
    const node = await world.member();
    const odd = ["100.64.3.4:51820", "192.0.0.2:51820", "240.0.0.1:51820", "127.0.0.1:51820"];
    const answer = await node.report({
      endpoints: [odd[0], "198.51.100.7:51820", odd[1], "[2001:DB8::7]:51820", odd[2], odd[3]],
      applyError: "still told",
    });
    expect(answer.status).toBe(200);
    const { leftOut } = answer.json<{ leftOut: string[] }>();
    expect(leftOut).toHaveLength(odd.length);
    for (const [n, text] of odd.entries()) expect(leftOut[n]).toContain(text);
    const { data } = await world.admin.call("nodes.get", { params: { node: node.id } });
    expect(data.endpoints).toEqual(["198.51.100.7:51820", "[2001:db8::7]:51820"]);
    expect(data.live).toMatchObject({ applyError: "still told", leftOut });
  });

  test("is taken with odd routes and odd peers, too", async () => {
    const [node, peer] = [await world.member(), await world.member()];
    const handshakeAt = Date.now() + 3_600_000;
    const report = { receivedBytes: 1, sentBytes: 1, endpoint: null, path: "direct", handshakeAt };
    const answer = await node.report({
      routes: ["10.1.0.0/16", "127.0.0.0/8", "100.64.0.0/10"],
      peers: [
        { ...report, node: peer.id },
        { ...report, node: node.id },
      ],
    });
    expect(answer.status).toBe(200);
    expect(answer.json<{ leftOut: string[] }>().leftOut).toHaveLength(4);
    const { data } = await world.admin.call("nodes.get", { params: { node: node.id } });
    expect([data.offeredRoutes, data.live?.leftOut.length]).toEqual([["10.1.0.0/16"], 4]);
    // The next one, without any of it, says nothing odd.
    expect((await node.report({ endpoints: [] })).json()).not.toHaveProperty("leftOut");
    const { data: after } = await world.admin.call("nodes.get", { params: { node: node.id } });
    expect(after.live?.leftOut).toEqual([]);
  });
});

describe("where peers hear a node", () => {
  const OWN = "203.0.113.7:51820";
  const MAPPED = "203.0.113.7:4455";
  const hears = (peer: TestNode, endpoint: string | null, more = {}) => ({
    ...{
      node: peer.id,
      handshakeAt: Date.now() - 1_000,
      receivedBytes: 1,
      sentBytes: 1,
      endpoint,
      path: "direct",
    },
    ...more,
  });
  let segments = 0;
  /** A node that hears its peers, one of which is of another segment, and is told where they hear it. */
  async function linked() {
    const { data: other } = await world.admin.call("segments.create", {
      body: { name: `other${++segments}` },
    });
    const node = await world.member({ tags: ["heard"] });
    const near = await world.member({ tags: ["heard"] });
    const far = await world.member({ tags: ["heard"], segment: other.name });
    const { data: rule } = await world.admin.call("meshRules.create", {
      body: { name: other.name, from: ["tag:heard"], to: ["tag:heard"], traffic: ["any"] },
    });
    await node.report({ endpoints: [OWN] });
    const told = async (...peers: TestNode[]) =>
      (await node.report({ peers: peers.map((peer) => hears(peer, null)) })).json<{ heardAt?: unknown }>()
        .heardAt;
    return { node, near, far, rule, told };
  }

  test("is told to the node alone, by peers of any segment, while both hear each other", async () => {
    const { node, near, far, rule, told } = await linked();
    const stranger = await world.member();
    await near.report({ peers: [hears(node, MAPPED)] });
    await stranger.report({ peers: [hears(node, "203.0.113.7:1")] });
    expect(await told(near, far, stranger)).toEqual([{ endpoint: MAPPED, by: 1 }]);
    await far.report({ peers: [hears(node, MAPPED)] });
    expect(await told(near, far)).toEqual([{ endpoint: MAPPED, by: 2 }]);
    expect(await told(far)).toEqual([{ endpoint: MAPPED, by: 1 }]);
    expect(await told()).toBeUndefined();
    // What a peer says reaches nobody else before the node says it itself.
    expect((await world.admin.call("nodes.get", { params: { node: node.id } })).data.endpoints).toEqual([
      OWN,
    ]);
    await world.admin.call("meshRules.delete", {
      params: { meshRule: rule.id },
      ifMatch: `"${rule.version}"`,
    });
    await far.report({ peers: [hears(node, "203.0.113.7:2")] });
    expect(await told(far)).toBeUndefined();
  });

  test("is never an address that the node does not name, nor without a fresh handshake", async () => {
    const { node, near, far, told } = await linked();
    await near.report({ peers: [hears(node, "198.51.100.66:51820")] });
    await far.report({ peers: [hears(node, MAPPED, { handshakeAt: Date.now() - 180_001 })] });
    expect(await told(near, far)).toBeUndefined();
    await near.report({ peers: [hears(node, MAPPED)] });
    expect(await told(near)).toEqual([{ endpoint: MAPPED, by: 1 }]);
    await node.report({ endpoints: ["192.0.2.1:51820"] });
    expect(await told(near)).toBeUndefined();
  });
});

test("what a node reported goes with the node", async () => {
  const node = await world.member();
  expect((await node.report()).status).toBe(200);
  const reports = () =>
    runInDurableObject(object, (_object, { storage }) =>
      storage.sql.exec("SELECT node FROM reports WHERE node = ?", node.id).toArray(),
    );
  expect(await reports()).toHaveLength(1);
  expect((await node.call("POST", "/agent/v1/logout")).status).toBe(200);
  expect(await reports()).toEqual([]);
});
