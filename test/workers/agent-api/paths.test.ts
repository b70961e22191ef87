import { createExecutionContext } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import type { PathMove, PathReport } from "../../../shared/node/protocol/types.ts";
import { serveHub } from "../../../workers/hub/index.ts";
import type { TestNode } from "../../support/test-node.ts";
import { bindings } from "../hub/world.ts";
import { openWorld, type World } from "./world.ts";

let world: World;
let web: TestNode;
let db: TestNode;
let other: TestNode;

beforeAll(async () => {
  world = await openWorld();
  web = await world.member({ tags: ["web"] });
  db = await world.member({ tags: ["db"] });
  other = await world.member();
  await world.admin.call("meshRules.create", {
    body: { name: "web to db", from: ["tag:web"], to: ["tag:db"], traffic: ["tcp/5432"] },
  });
});

const pathOf = (more: Partial<PathReport> = {}): PathReport => ({
  peer: db.id,
  kind: "direct",
  endpoint: "192.0.2.7:51820",
  inUse: true,
  state: "well",
  rttMicros: 1_500,
  jitterMicros: 200,
  lossPermille: 31,
  measuredAt: Date.now(),
  ...more,
});
const moveOf = (more: Partial<PathMove> = {}): PathMove => ({
  peer: db.id,
  at: Date.now(),
  from: "192.0.2.8:51820",
  to: "192.0.2.7:51820",
  kind: "direct",
  why: "tried",
  ...more,
});
const pathsOf = async (from: TestNode, to: TestNode) =>
  (await world.admin.call("mesh.paths", { query: { from: from.id, to: to.id } })).data;
const sideOf = async (from: TestNode, to: TestNode) =>
  (await pathsOf(from, to)).sides.find(({ node }) => node === from.id);

describe("what a node measured of its paths", () => {
  test("is shown for the pair, with the way in which it came to use the path", async () => {
    const leg = { kind: "relay", relay: other.id, halfMicros: 12_000 } as const;
    const spare = pathOf({ ...leg, endpoint: "198.51.100.9:7000", inUse: false, state: "unknown" });
    const { name } = (await world.admin.call("nodes.get", { params: { node: other.id } })).data;
    expect((await web.report({ paths: [spare, pathOf()], moves: [moveOf()] })).status).toBe(200);
    const { linked, sides, missing } = await pathsOf(web, db);
    expect([linked, missing, sides.map(({ node }) => node).sort()]).toEqual([
      true,
      [],
      [web.id, db.id].sort(),
    ]);
    expect(await sideOf(web, db)).toMatchObject({
      why: "tried",
      paths: [
        {
          endpoint: "192.0.2.7:51820",
          inUse: true,
          rttMs: 1.5,
          jitterMs: 0.2,
          loss: 0.031,
          relay: null,
          halfMs: null,
        },
        { kind: "relay", inUse: false, state: "unknown", relay: other.id, relayName: name, halfMs: 12 },
      ],
      moves: [{ from: "192.0.2.8:51820", why: "tried" }],
    });
    expect(await sideOf(db, web)).toMatchObject({ why: "unreported", paths: [] });
  });

  test("stays until the node reports of that peer again, and a report that came before changes nothing", async () => {
    await web.report({ paths: [pathOf({ rttMicros: 9_000 })] });
    await web.report({});
    expect((await sideOf(web, db))?.paths).toMatchObject([{ rttMs: 9 }]);
    const replayed = await web.report({ sequence: 0, paths: [pathOf({ rttMicros: 1 })] });
    expect(replayed.code).toBe("request_replayed");
    expect((await sideOf(web, db))?.paths).toMatchObject([{ rttMs: 9 }]);
  });

  test("counts for its own pairs alone", async () => {
    await other.report({ paths: [pathOf()], moves: [moveOf()] });
    expect(await pathsOf(other, db)).toMatchObject({ linked: false, sides: [] });
    await web.report({ paths: [pathOf({ peer: other.id })] });
    expect(await pathsOf(web, other)).toMatchObject({ linked: false });
    expect((await sideOf(web, db))?.paths).toMatchObject([{ rttMs: 9 }]);
  });

  test("was not measured later than it came, counts once, and one path of a pair is in use", async () => {
    const now = Date.now();
    const future = { measuredAt: now + 3_600_000 };
    await web.report({
      paths: [pathOf(future), pathOf({ endpoint: "192.0.2.9:1" }), pathOf({ rttMicros: 2_000, ...future })],
      moves: [moveOf({ at: now + 3_600_000, why: "better" })],
    });
    const side = await sideOf(web, db);
    expect(side?.paths.map(({ inUse, rttMs }) => [inUse, rttMs])).toEqual([
      [true, 2],
      [false, 1.5],
    ]);
    expect(side?.paths[0]?.measuredAt).toBeLessThanOrEqual(Date.now());
    expect(side?.moves[0]?.at).toBeLessThanOrEqual(Date.now());
  });

  test("is on the map: the kind of the path in use, and the worse of what the two ends measured", async () => {
    const reached = (node: string) => ({
      ...{ node, handshakeAt: Date.now(), receivedBytes: 1, sentBytes: 1, endpoint: null, path: "direct" },
    });
    const relayed = pathOf({ kind: "relay", endpoint: "198.51.100.9:7000", lossPermille: 0 });
    const link = async () =>
      (await world.admin.call("mesh.map", { query: { node: web.id } })).data.links.map(
        ({ path, measured }) => ({
          path,
          measured,
        }),
      );
    await web.report({ peers: [reached(db.id)], paths: [relayed, pathOf({ inUse: false })] });
    expect(await link()).toEqual([{ path: "relay", measured: { passes: true, rttMs: 1.5, loss: 0 } }]);
    const back = { peer: web.id, kind: "relay", lossPermille: 500, rttMicros: 900 } as const;
    await db.report({ paths: [pathOf(back)] });
    expect(await link()).toEqual([{ path: "relay", measured: { passes: true, rttMs: 1.5, loss: 0.5 } }]);
    await db.report({ paths: [pathOf({ ...back, state: "silent" })] });
    expect(await link()).toMatchObject([{ measured: { passes: false } }]);
    // A peer that answers no probes is not judged by them.
    for (const [node, peer] of [
      [web, db],
      [db, web],
    ] as const)
      await node.report({ paths: [pathOf({ peer: peer.id, state: "unknown" })] });
    expect(await link()).toMatchObject([{ measured: null }]);
  });

  test.each([
    ["below zero", { rttMicros: -1 }],
    ["no number", { rttMicros: "NaN" }],
    ["longer than a minute", { rttMicros: 60_000_001 }],
    ["more loss than there was", { lossPermille: 1_001 }],
    ["a kind that is none", { kind: "teleport" }],
    ["by a relay that is no node", { relay: "gate-1" }],
    ["half below zero", { halfMicros: -1 }],
    ["a state that is none", { state: "splendid" }],
    ["an endpoint with a line break", { endpoint: "192.0.2.7:1\n" }],
  ])("is refused when it is %s, and nothing of it is kept", async (_, more) => {
    const before = await sideOf(web, db);
    const answer = await web.report({ paths: [{ ...pathOf(), ...more }] });
    expect(answer.code).toBe("invalid_input");
    expect((await sideOf(web, db))?.paths).toEqual(before?.paths);
  });

  test("is refused when it is more than a report may hold", async () => {
    const paths = Array.from({ length: 513 }, () => pathOf());
    expect((await web.report({ paths })).code).toBe("invalid_input");
  });

  test("keeps the last moves, however many come", async () => {
    for (let round = 0; round < 3; round++)
      await web.report({ moves: Array.from({ length: 64 }, (_, at) => moveOf({ at: round * 64 + at })) });
    const moves = (await sideOf(web, db))?.moves ?? [];
    expect([moves.length, moves[0]?.at, moves.at(-1)?.at]).toEqual([128, 191, 64]);
  });
});

test("a peer by a relay is counted apart from those that are reached directly, wherever paths are shown", async () => {
  const peer = { node: db.id, handshakeAt: Date.now(), receivedBytes: 1, sentBytes: 1 };
  await web.report({
    peers: [{ ...peer, endpoint: "198.51.100.9:7000", path: "relay" }],
    paths: [pathOf({ kind: "relay", relay: other.id, endpoint: "198.51.100.9:7000" })],
  });
  const { live, name } = (await world.admin.call("nodes.get", { params: { node: web.id } })).data;
  expect(live).toMatchObject({ directPeers: 0, relayedPeers: 1, edge: { peers: 0 }, leftOut: [] });
  const { links } = (await world.admin.call("mesh.map", { query: { node: web.id } })).data;
  expect(links.map(({ path }) => path)).toEqual(["relay"]);
  const { items } = (await world.admin.call("mesh.status", { query: { node: web.id } })).data;
  const ofWeb = items.filter(({ node }) => node === web.id);
  expect(ofWeb).toMatchObject([{ name, kind: "relay", relay: other.id, peer: db.id }]);
  const { paths } = (await world.admin.call("mesh.health")).data;
  expect([paths.direct, paths.relay > 0]).toEqual([0, true]);
});

test("the paths of a node to itself are no question", async () => {
  await expect(pathsOf(web, web)).rejects.toMatchObject({ problem: { code: "invalid_input" } });
});

describe("failures", () => {
  let net: TestNode[];
  const reports = (from: TestNode, states: Readonly<Record<string, PathReport["state"]>>) =>
    from.report({
      paths: Object.entries(states).map(([peer, state]) => pathOf({ peer, state, rttMicros: 4_000 })),
    });
  const failures = async () =>
    (await world.admin.call("mesh.failures", { query: { open: "yes" } })).data.items.map(
      ({ kind, node, to, observers }) => [kind, node, to, observers.length],
    );

  beforeAll(async () => {
    net = [];
    for (let n = 0; n < 4; n++) net.push(await world.member({ tags: ["net"] }));
    await world.admin.call("meshRules.create", {
      body: { name: "net", from: ["tag:net"], to: ["tag:net"], traffic: ["any"] },
    });
  });

  test("are found from what several say, with who says so, and end when somebody hears again", async () => {
    const [a, b, c, d] = net as [TestNode, TestNode, TestNode, TestNode];
    await reports(d, { [a.id]: "well", [b.id]: "well", [c.id]: "well" });
    await reports(a, { [b.id]: "well", [c.id]: "well", [d.id]: "silent" });
    await reports(b, { [a.id]: "well", [c.id]: "well", [d.id]: "silent" });
    await reports(c, { [a.id]: "well", [b.id]: "well", [d.id]: "silent" });
    // The hub has just heard it.
    expect(await failures()).toEqual([["unreachable", d.id, null, 3]]);
    await reports(a, { [d.id]: "well" });
    expect(await failures()).toEqual([
      ["link_down", b.id, d.id, 1],
      ["link_down", c.id, d.id, 1],
    ]);
    for (const node of [b, c]) await reports(node, { [d.id]: "well" });
    expect(await failures()).toEqual([]);
  });

  test("of a link, by one who hears nothing while the other is heard asking", async () => {
    const [a, b] = net as [TestNode, TestNode];
    await reports(a, { [b.id]: "one_way" });
    await reports(b, { [a.id]: "silent" });
    expect(await failures()).toEqual([["one_way_loss", a.id, b.id, 1]]);
    await reports(b, { [a.id]: "well" });
    expect(await failures()).toEqual([]);
  });

  test("blame the reporter that alone hears nobody", async () => {
    const [a, b, c, d] = net as [TestNode, TestNode, TestNode, TestNode];
    await reports(a, { [b.id]: "silent", [c.id]: "silent", [d.id]: "silent" });
    expect(await failures()).toEqual([["reporter_sick", a.id, null, 1]]);
    await reports(a, { [b.id]: "well", [c.id]: "well", [d.id]: "well" });
  });

  test("are counted in the health, of which Prometheus gets the figures with an auditor's token alone", async () => {
    const { data } = await world.admin.call("mesh.health");
    expect(data).toMatchObject({ rttMs: { median: 4 }, failures: { open: 0 }, missing: [] });
    expect(data.paths.direct).toBeGreaterThanOrEqual(12);
    const asked = (token: string | null) =>
      serveHub(
        new Request(`${bindings.hubOrigin}/metrics`, {
          headers: {
            accept: "application/openmetrics-text; version=1.0.0",
            ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          },
        }),
        new URL(`${bindings.hubOrigin}/metrics`),
        bindings,
        createExecutionContext(),
      );
    expect((await asked(null)).status).toBe(401);
    const answer = await asked(world.token);
    expect(answer.headers.get("content-type")).toBe(
      "application/openmetrics-text; version=1.0.0; charset=utf-8",
    );
    expect(await answer.text()).toMatch(/^rustronaut_mesh_paths\{path="direct"\} \d+$[\s\S]*# EOF\n$/m);
  });

  test("what nothing passes comes first in the status", async () => {
    const [a, b, c] = net as [TestNode, TestNode, TestNode];
    await a.report({
      paths: [pathOf({ peer: b.id, rttMicros: 50_000 }), pathOf({ peer: c.id, state: "silent" })],
    });
    const { data } = await world.admin.call("mesh.status", { query: { node: a.id } });
    expect(data.items.slice(0, 2).map(({ peer, state }) => [peer, state])).toEqual([
      [c.id, "silent"],
      [b.id, "well"],
    ]);
  });
});
