import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signStatement } from "../../../shared/node/protocol/statement.ts";
import { FACTS, type TestNode } from "../../support/node-client.ts";
import { refusalOf } from "../hub/api.ts";
import { type AgentApi, startAgentApi } from "./setup.ts";

let api: AgentApi;
let node: TestNode;
let peer: TestNode;
let stranger: TestNode;

beforeAll(async () => {
  api = await startAgentApi();
  await api.system.admin.call("meshRules.create", {
    body: { name: "team", from: ["tag:team"], to: ["tag:team"], traffic: ["any"] },
  });
  node = await api.member({ tags: ["team"] });
  peer = await api.member({ tags: ["team"] });
  stranger = await api.member();
});
afterAll(() => api?.stop());

const peerReport = (over: object) => ({
  node: peer.id,
  handshakeAt: null,
  receivedBytes: 1,
  sentBytes: 1,
  endpoint: null,
  path: "none",
  ...over,
});

async function refused(code: string, wishes: Readonly<Record<string, unknown>>) {
  const before = [await api.state(), await shown()];
  const answer = await node.report(wishes);
  expect(answer.code, answer.text).toBe(code);
  expect([await api.state(), await shown()]).toEqual(before);
}

/** The report is taken, and changes nothing but what it says of itself. */
async function leftOut(wishes: Readonly<Record<string, unknown>>, text: string) {
  const before = await api.state();
  const answer = await node.report(wishes);
  expect(answer.status, answer.text).toBe(200);
  expect(answer.json<{ leftOut: string[] }>().leftOut.join()).toContain(text);
  expect(await api.state()).toEqual(before);
  expect((await shown()).live.leftOut?.join()).toContain(text);
}

/** What administrators see of the node, but for the time of its last request. */
async function shown() {
  const { data } = await api.system.admin.call("nodes.get", { params: { node: node.id } });
  return { ...data, live: { ...data.live, lastSeenAt: 0 } };
}

describe("a report", () => {
  it.each([
    ["a future", { at: Date.UTC(2099, 0) }],
    ["a negative time", { at: -1 }],
    ["a negative sequence", { sequence: -1 }],
    ["a text for a number", { sequence: "1" }],
    ["steering characters", { applyError: "\u001b[2J" }],
    ["words right to left", { applyError: "\u202E" }],
    ["facts without a signature", { facts: FACTS }],
    ["a condition with steering characters", { conditions: [{ code: "x", detail: "\u001b[2J" }] }],
    ["a condition without a code", { conditions: [{ code: "", detail: "x" }] }],
    ["too many conditions", { conditions: Array.from({ length: 17 }, () => ({ code: "x", detail: "x" })) }],
  ])("of %s is refused", async (_, wishes) => {
    await refused("invalid_input", wishes);
  });

  it.each([
    ["negative bytes", () => ({ receivedBytes: -1 })],
    ["a path that is no word", () => ({ path: 1 })],
    ["an id that is none", () => ({ node: "nod_x" })],
  ])("on a peer with %s is refused", async (_, lie) => {
    await refused("invalid_input", { peers: [peerReport(lie())] });
  });

  it("counts no more bytes than numbers hold", async () => {
    await refused("malformed_request", { peers: [peerReport({ receivedBytes: 2 ** 60 })] });
  });

  it("of a million peers is too large, and of 5,000 too many", async () => {
    const short = { ...peerReport({}), endpoint: null };
    await refused("body_too_large", { peers: Array.from({ length: 10_000 }, () => short) });
    const longest = peerReport({
      handshakeAt: Date.now(),
      receivedBytes: Number.MAX_SAFE_INTEGER,
      sentBytes: Number.MAX_SAFE_INTEGER,
      endpoint: "[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
      path: "direct",
    });
    const many = (count: number) => gzipped({ peers: Array.from({ length: count }, () => longest) });
    expect((await many(4_097)).code).toBe("invalid_input");
    expect((await many(4_096)).status).toBe(200);
  });

  it("says nothing of nodes that it may not see", async () => {
    const lie = peerReport({ node: stranger.id, handshakeAt: Date.now(), path: "direct", receivedBytes: 9 });
    expect((await node.report({ peers: [lie] })).status).toBe(200);
    const { data } = await api.system.admin.call("mesh.map");
    expect(data.links).toHaveLength(1);
    expect(data.links[0]).toMatchObject({ bytes: 0, path: "unknown" });
    expect((await shown()).live.directPeers).toBe(0);
  });

  it("shows the part of the map around one node, and nothing around one that may talk to nobody", async () => {
    const around = async (node: string) =>
      (await api.system.admin.call("mesh.map", { query: { node } })).data;
    const { data: whole } = await api.system.admin.call("mesh.map");
    const part = await around(node.name);
    expect(part.links).toEqual(whole.links.filter(({ a, b }) => a === node.id || b === node.id));
    expect(part.nodes.map(({ id }) => id).sort()).toEqual([node.id, peer.id].sort());
    expect(await around(stranger.id)).toMatchObject({ nodes: [{ id: stranger.id }], links: [] });
  });

  it("M6: shows what does not work on a node, until it says otherwise", async () => {
    const condition = { code: "names_unwritten", detail: "/etc/hosts is read-only" };
    expect((await node.report({ conditions: [condition] })).status).toBe(200);
    expect((await node.report()).status).toBe(200);
    expect((await shown()).live.conditions).toEqual([condition]);
    expect((await node.report({ conditions: null })).status).toBe(200);
    expect((await shown()).live.conditions).toEqual([]);
  });

  it("counts once, and never backwards", async () => {
    node.sequence = 1_000;
    expect((await node.report()).status).toBe(200);
    await refused("request_replayed", { sequence: 1_000 });
    await refused("request_replayed", { sequence: 999 });
    expect((await node.report()).status).toBe(200);
  });

  it.each([
    "0.0.0.0:1",
    "127.0.0.1:51820",
    "224.0.0.1:51820",
    "255.255.255.255:1",
    "169.254.169.254:80",
    "100.64.0.9:51820",
    "198.51.100.1:0",
    "198.51.100.1:65536",
    "198.51.100.1:080",
    "198.51.100.1",
    "[::]:1",
    "[::1]:1",
    "[fe80::1]:1",
    "[fe80::1%eth0]:1",
    "[::ffff:198.51.100.1]:1",
    "[ff02::1]:1",
    "hub.localhost:51820",
  ])("M16: has no endpoint %j, and is taken without it", async (endpoint) => {
    await leftOut({ endpoints: [endpoint] }, endpoint);
  });

  it("has no endpoint of two lines", async () => {
    await refused("invalid_input", { endpoints: ["198.51.100.1:1\nPostUp = reboot"] });
  });

  it("M16: has no endpoint of the overlay, and is taken without it", async () => {
    const { ipv6 } = await shown();
    await leftOut({ endpoints: [`[${ipv6}]:51820`] }, ipv6);
  });

  it("has no 500 endpoints", async () => {
    const many = Array.from({ length: 500 }, (_, i) => `198.51.100.${i % 250}:51820`);
    await refused("invalid_input", { endpoints: many });
  });

  it.each(["10.0.0.1/8", "10.0.0.0/7", "2000::/15", "100.64.0.0/10", "169.254.169.254/32", "127.0.0.0/8"])(
    "M16: offers no route %s, and is taken without it",
    async (route) => {
      await leftOut({ routes: [route] }, route);
    },
  );

  it("offers routes that carry nothing before an administrator approves them", async () => {
    expect((await node.report({ routes: ["0.0.0.0/0", "10.9.0.0/16"] })).status).toBe(200);
    const seen = await shown();
    expect([seen.offeredRoutes, seen.approvedRoutes]).toEqual([["0.0.0.0/0", "10.9.0.0/16"], []]);
    const config = await peer.poll();
    const { objects } = config.json<{ objects: string[] }>();
    const documents = objects.map((object) => Buffer.from(object, "base64url").toString()).join();
    expect(documents).toContain(node.id);
    expect(documents).not.toMatch(/10\.9\.0\.0|0\.0\.0\.0/);
    // Absent leaves them, null clears them.
    await node.report();
    expect((await shown()).offeredRoutes).toHaveLength(2);
    await node.report({ routes: null });
    expect((await shown()).offeredRoutes).toHaveLength(0);
  });

  it("takes facts under the device's signature for this purpose and hub alone", async () => {
    const { origin } = api.hub;
    const sign = (purpose: "facts" | "enroll", at: string, key = node.signing) =>
      signStatement(purpose, at, FACTS, key);
    await refused("signature_invalid", { facts: await sign("facts", origin, peer.signing) });
    await refused("signature_invalid", { facts: await sign("enroll", origin) });
    await refused("signature_invalid", { facts: await sign("facts", "https://hub.example.com") });
    expect((await node.report({ facts: await sign("facts", origin) })).status).toBe(200);
    expect((await shown()).live.facts).toEqual(FACTS);
  });

  it("names no exit node that is none", async () => {
    expect((await node.report({ exitNode: "nobody" })).status).toBeLessThan(500);
    expect((await shown()).exitNode).toBeNull();
  });
});

describe("an acknowledgement", () => {
  it("is of what was issued: a node that claims to be ahead has dropped nobody", async () => {
    const leaver = await api.member({ tags: ["team"] });
    await api.system.admin.call("nodes.revoke", { params: { node: leaver.id } });
    const acknowledged = async () => {
      // A write asks the segment's object, which takes what the polls said along.
      await peer.call("POST", "/agent/v1/keys/challenge", {
        body: JSON.stringify({ keys: peer.publicKeys }),
      });
      const { data } = await api.system.admin.call("nodes.revocation", { params: { node: leaver.id } });
      return [data.concerned, data.acknowledged];
    };
    const etag = String((await node.poll()).headers.etag);
    const [epoch, root, counter, hash] = etag.slice(1, -1).split(".");
    const ahead = await node.poll(`"${epoch}.${root}.${Number(counter) + 1}.${hash}"`);
    expect(ahead.code).toBe("applied_ahead");
    expect(await acknowledged()).toEqual([2, 0]);
    expect((await node.poll(etag)).status).toBe(304);
    expect(await acknowledged()).toEqual([2, 1]);
  });
});

describe("a config", () => {
  it("that came a moment ago is no claim to be ahead", async () => {
    // The isolate has asked just now who was issued what, and does not ask again for a second.
    expect((await node.poll()).status).toBe(200);
    await api.system.admin.call("meshRules.create", {
      body: { name: "another", from: ["tag:team"], to: ["tag:team"], traffic: ["udp/53"] },
    });
    const { etag } = (await node.poll()).headers;
    expect((await node.poll(etag)).status).toBe(304);
  });
});

describe("an approved route", () => {
  it("overlaps with no other", async () => {
    const approve = async ({ id }: TestNode, approvedRoutes: string[]) => {
      const params = { node: id };
      const { data } = await api.system.admin.call("nodes.get", { params });
      const ifMatch = `"${data.version}"`;
      return api.system.admin.call("nodes.update", { params, body: { approvedRoutes }, ifMatch });
    };
    await approve(peer, ["10.9.0.0/16", "fd99::/32"]);
    const before = await api.state();
    for (const route of ["10.9.0.0/16", "10.0.0.0/8", "10.9.7.0/24", "fd99:0:1::/48"]) {
      expect(await refusalOf(approve(node, ["192.168.0.0/24", route]))).toBe("409 route_overlaps");
    }
    expect(await refusalOf(approve(node, ["172.16.0.0/12", "172.16.9.0/24"]))).toBe("409 route_overlaps");
    for (const route of ["10.8.0.1/16", "100.64.0.0/16", "10.8.0.0/16\n"]) {
      expect(await refusalOf(approve(node, [route]))).toBe("422 invalid_input");
    }
    expect(await api.state()).toEqual(before);
  });
});

describe("reports that say something else each time", () => {
  it("reach the peers a few times a minute, and no more", async () => {
    const before = await revision();
    const codes: string[] = [];
    for (let i = 1; i <= 20; i++) {
      codes.push((await node.report({ endpoints: [`198.51.100.${i}:51820`] })).code);
    }
    expect(codes).toContain("rate_limited");
    expect((await revision()) - before).toBeLessThanOrEqual(10);
    // What is no news is still taken, and so is another node's.
    expect((await node.report()).status).toBe(200);
    expect((await peer.report({ endpoints: ["198.51.100.77:51820"] })).status).toBe(200);
  });
});

async function revision(): Promise<number> {
  const [, , [row]] = (await api.state()) as [unknown, unknown, { revision: number }[]];
  return row?.revision ?? 0;
}

async function gzipped(wishes: object) {
  const rest = { applied: null, applyError: null, clockSkewMs: 0 };
  const report = { at: Date.now(), sequence: node.sequence++, ...rest };
  const body = gzipSync(JSON.stringify({ ...report, ...wishes }));
  return node.call("POST", "/agent/v1/telemetry", { body, headers: { "content-encoding": "gzip" } });
}
