import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { LegDocument, ManifestDocument, PeerDocument } from "../../../shared/node/config/types.ts";
import type { RelayRole } from "../../../shared/registry/node-status.ts";
import { bytes, type TestNode } from "../../support/test-node.ts";
import { openWorld, type World } from "../agent-api/world.ts";

/** Two nodes with a rule between them, and three that may carry them. Nobody talks to the relays. */

let world: World;
let a: TestNode;
let b: TestNode;
let relays: TestNode[];
const paths = env.MESH_PATHS.get(env.MESH_PATHS.idFromName("network"));

beforeAll(async () => {
  world = await openWorld();
  [a, b] = [await world.member({ tags: ["end"] }), await world.member({ tags: ["end"] })];
  relays = [await world.member(), await world.member(), await world.member()];
  await world.admin.call("meshRules.create", {
    body: { name: "ends", from: ["tag:end"], to: ["tag:end"], traffic: ["tcp/443"] },
  });
  for (const [at, node] of [a, b, ...relays].entries())
    await node.report({ endpoints: [`198.51.100.${at + 1}:51820`, `[2001:db8::${at + 1}]:51820`] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function change(node: TestNode, body: { relay?: RelayRole; tags?: string[] }) {
  const params = { node: node.id };
  const { etag } = await world.admin.call("nodes.get", { params });
  return world.admin.call("nodes.update", { params, body, ifMatch: etag ?? "" });
}
const roles = async (...wanted: RelayRole[]) => {
  for (const [at, relay] of wanted.entries()) await change(relays[at] as TestNode, { relay });
};

/** What the node's newest config says. */
async function config(node: TestNode) {
  const { objects } = (await node.poll()).json<{ objects: string[] }>();
  const documents = objects.map((text) => JSON.parse(new TextDecoder().decode(bytes(text))));
  const of = <T>(type: string) => documents.filter((document) => document.type === type) as T[];
  return {
    manifest: of<ManifestDocument>("manifest")[0],
    peer: of<PeerDocument>("peer")[0],
    legs: of<LegDocument>("leg"),
    records: of<{ node: string }>("record").map(({ node: of }) => of),
  };
}
const relaysOf = async (node: TestNode) => (await config(node)).peer?.relays ?? [];
const conditionsOf = async ({ id }: TestNode) =>
  (await world.admin.call("nodes.get", { params: { node: id } })).data.live?.conditions.map(
    ({ code }) => code,
  );
const carriedBy = async (relay: TestNode) =>
  (await config(relay)).legs.map(({ ends }) => ends.map(({ node }) => node));

describe("relays of a pair", () => {
  test("are two, of which both ends and the relays learn the same, and nobody else anything", async () => {
    await roles("on", "on");
    const [ofA, ofB] = [await relaysOf(a), await relaysOf(b)];
    expect(ofA).toEqual(ofB);
    expect(ofA.map(({ node }) => node).sort()).toEqual(
      relays
        .slice(0, 2)
        .map(({ id }) => id)
        .sort(),
    );
    for (const relay of ofA) {
      const node = relays.find(({ id }) => id === relay.node) as TestNode;
      const { legs, manifest, records } = await config(node);
      expect(manifest?.relay?.legs).toHaveLength(1);
      const [leg] = legs;
      expect(leg).toMatchObject({ id: relay.leg, node: node.id, probeKey: relay.probeKey });
      expect(leg?.ends.map(({ node: end }) => end)).toEqual([a.id, b.id].sort());
      expect(leg?.ends.flatMap(({ endpoints }) => endpoints).sort()).toContain("198.51.100.1:51820");
      expect(records).toEqual(expect.arrayContaining([a.id, b.id, node.id]));
      const last = relays.indexOf(node) + 3;
      expect(relay.endpoints).toEqual([
        `198.51.100.${last}:${leg?.port}`,
        `[2001:db8::${last}]:${leg?.port}`,
      ]);
      // The relay is no peer of theirs.
      expect(manifest?.peers).toEqual([]);
    }
    expect(JSON.stringify(await config(relays[2] as TestNode))).not.toContain("leg_");
  });

  test("are not spoken of to agents that know of none", async () => {
    const [relay] = relays as [TestNode];
    for (const node of [a, relay]) {
      node.capability = 5;
      await node.shakeHands();
    }
    expect([await relaysOf(a), await carriedBy(relay)]).toEqual([[], []]);
    // Only the hub knows that a relay can't do what it is there for, and says so.
    expect([await conditionsOf(relay), await conditionsOf(a)]).toEqual([["relay_too_old"], []]);
    for (const node of [a, relay]) {
      node.capability = 6;
      await node.shakeHands();
    }
    expect((await relaysOf(a)).length).toBe(2);
    expect(await carriedBy(relay)).toHaveLength(1);
    expect(await conditionsOf(relay)).toEqual([]);
  });

  test("are given back with the rule, the role and the standing, and come again", async () => {
    const [first, second, third] = relays as [TestNode, TestNode, TestNode];
    await change(b, { tags: [] });
    expect([await carriedBy(first), await carriedBy(second)]).toEqual([[], []]);
    await change(b, { tags: ["end"] });
    expect(await relaysOf(a)).toHaveLength(2);

    await roles("off", "on", "on");
    expect((await relaysOf(a)).map(({ node }) => node).sort()).toEqual([second.id, third.id].sort());
    expect(await carriedBy(first)).toEqual([]);

    await world.admin.call("nodes.quarantine", { params: { node: third.id } });
    expect((await relaysOf(a)).map(({ node }) => node)).toEqual([second.id]);
    expect(await carriedBy(third)).toEqual([]);
    await world.admin.call("nodes.release", { params: { node: third.id } });
    expect(await relaysOf(a)).toHaveLength(2);
  });

  test("are none that a microsegment holds in quarantine", async () => {
    const [, second, third] = relays as [TestNode, TestNode, TestNode];
    const { data: ward } = await world.admin.call("microsegments.create", {
      body: { name: "ward", type: "device", isolation: "quarantine", include: [`node:${third.name}`] },
    });
    expect((await relaysOf(a)).map(({ node }) => node)).toEqual([second.id]);
    expect(await carriedBy(third)).toEqual([]);
    const params = { microsegment: ward.id };
    const { etag } = await world.admin.call("microsegments.get", { params });
    await world.admin.call("microsegments.delete", { params, ifMatch: etag ?? "" });
    expect(await relaysOf(a)).toHaveLength(2);
  });

  test("are decided by an object that remembers nothing", async () => {
    const before = await relaysOf(a);
    await evictDurableObject(paths);
    await roles("on", "on", "on");
    expect(await relaysOf(a)).toEqual(before);
    expect(before).toHaveLength(2);
  });

  test("are left one after the other where a relay is drained, which carries them until the ends have left", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    await roles("on", "on", "off");
    expect(await relaysOf(a)).toHaveLength(2);
    await roles("drain", "on", "on");
    const [drained] = relays as [TestNode];
    // Two others carry the pair by now. The drained one is named last until they are known.
    expect((await relaysOf(a)).map(({ node }) => node).at(-1)).toBe(drained.id);
    expect(await relaysOf(a)).toHaveLength(3);
    vi.setSystemTime(Date.now() + 100_000);
    await runDurableObjectAlarm(paths);
    expect((await relaysOf(a)).map(({ node }) => node)).not.toContain(drained.id);
    expect(await carriedBy(drained)).toHaveLength(1);
    vi.setSystemTime(Date.now() + 180_000);
    await runDurableObjectAlarm(paths);
    expect(await carriedBy(drained)).toEqual([]);
    expect(await relaysOf(a)).toHaveLength(2);
  });

  test("are recorded as what an administrator did", async () => {
    const [relay] = relays as [TestNode];
    await change(relay, { relay: "off" });
    const { data } = await world.admin.call("audit.list", { query: { kinds: "admin", limit: "5" } });
    expect(JSON.stringify(data.items)).toContain('"relay":"off"');
    const node = await world.admin.call("nodes.get", { params: { node: relay.id } });
    expect(node.data.relay).toBe("off");
  });

  test("go with a node that is deleted", async () => {
    const params = { node: b.id };
    const { etag } = await world.admin.call("nodes.get", { params });
    await world.admin.call("nodes.delete", { params, ifMatch: etag ?? "" });
    for (const relay of relays) expect(await carriedBy(relay)).toEqual([]);
    const left = await env.DB.prepare("SELECT count(*) AS n FROM legs").first("n");
    expect(left).toBe(0);
  });
});
