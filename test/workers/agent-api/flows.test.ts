import { beforeAll, describe, expect, test } from "vitest";
import { fromBase64url } from "../../../shared/base/base64url.ts";
import { hashOf } from "../../../shared/node/config/object.ts";
import type { ComponentDocument, ManifestDocument, PeerDocument } from "../../../shared/node/config/types.ts";
import type { ConfigAnswer, FlowReport } from "../../../shared/node/protocol/types.ts";
import { FILTER_FORMAT, rulesetDigest } from "../../../shared/node/ruleset.ts";
import type { TestNode } from "../../support/test-node.ts";
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

const flowOf = (more: Partial<FlowReport>): FlowReport => ({
  direction: "out",
  peer: db.id,
  near: null,
  far: null,
  protocol: "tcp",
  port: 5_432,
  verdict: "allowed",
  count: 3,
  seenAt: Date.now(),
  ...more,
});
const flows = async (query: { node?: string; verdict?: "allowed" | "denied"; limit?: number } = {}) =>
  (await world.admin.call("mesh.flows", { query })).data;

/** What a node was given, and how it names the ruleset that it makes of it. */
async function givenTo(node: TestNode) {
  const answer = (await node.poll()).json<ConfigAnswer>();
  const objects = new Map(
    (answer.objects ?? []).map((text) => {
      const bytes = fromBase64url(text) ?? new Uint8Array();
      return [hashOf(bytes), JSON.parse(new TextDecoder().decode(bytes)) as unknown];
    }),
  );
  const manifest = objects.get(answer.manifest) as ManifestDocument;
  const component = objects.get(manifest.component) as ComponentDocument;
  const peers = manifest.peers.map((hash) => objects.get(hash) as PeerDocument);
  const ruleset = {
    format: FILTER_FORMAT,
    digest: rulesetDigest({ manifest, component, peers }, Date.now()),
    manifest: answer.manifest,
  };
  return { applied: { serial: answer.serial, manifest: answer.manifest }, ruleset };
}
const liveOf = async (node: TestNode) =>
  (await world.admin.call("nodes.get", { params: { node: node.id } })).data.live;

describe("the ruleset in force, as nodes report it", () => {
  test("is compared with the compiled one, and a difference is recorded and answered", async () => {
    const { applied, ruleset } = await givenTo(db);
    expect((await db.report({ applied, ruleset })).json<object>()).not.toHaveProperty("differs");
    expect((await liveOf(db))?.ruleset).toMatchObject({ verdict: "as_compiled" });
    expect(await world.recorded("node.ruleset_differs", db.id)).toBe(0);
    for (let n = 0; n < 2; n++)
      expect((await db.report({ applied, ruleset: null })).json<object>()).toMatchObject({ differs: true });
    expect((await liveOf(db))?.ruleset).toMatchObject({ verdict: "differs" });
    expect(await world.recorded("node.ruleset_differs", db.id)).toBe(1);
    await db.report({ applied, ruleset });
    expect((await liveOf(db))?.ruleset).toMatchObject({ verdict: "as_compiled" });
    // Once in ten minutes, however often it comes and goes.
    await db.report({ applied, ruleset: null });
    expect(await world.recorded("node.ruleset_differs", db.id)).toBe(1);
  });

  test("of another node does not pass for one's own, and one in another format is not compared", async () => {
    const [own, others] = await Promise.all([givenTo(web), givenTo(db)]);
    const copied = { ...others.ruleset, manifest: own.ruleset.manifest };
    const answer = await web.report({ applied: own.applied, ruleset: copied });
    expect(answer.json<object>()).toMatchObject({ differs: true });
    // The manifest of another is not this node's newest, so nothing is compared and nothing is forgotten.
    await web.report({ applied: own.applied, ruleset: others.ruleset });
    expect((await liveOf(web))?.ruleset).toMatchObject({ verdict: "differs" });
    const foreign = { ...(await givenTo(other)).ruleset, format: 7 };
    await other.report({ applied: (await givenTo(other)).applied, ruleset: foreign });
    expect((await liveOf(other))?.ruleset).toMatchObject({ verdict: "not_comparable" });
  });

  test("is replayed in vain", async () => {
    const { applied, ruleset } = await givenTo(db);
    const said = { applied, ruleset, sequence: 1 };
    expect(await db.report(said)).toMatchObject({ code: "request_replayed" });
  });

  test.each([
    ["a digest that is none", { digest: "x" }, "invalid_input"],
    ["a negative format", { format: -1 }, "invalid_input"],
    ["a format beyond all numbers", { format: 1e308 }, "malformed_request"],
  ])("is refused with %s", async (_, wrong, code) => {
    const { applied, ruleset } = await givenTo(db);
    const answer = await db.report({ applied, ruleset: { ...ruleset, ...wrong } });
    expect(answer).toMatchObject({ code });
  });
});

describe("hits of rules that nodes report", () => {
  const hits = async () => (await world.admin.call("mesh.hits")).data;

  test("are added up for rules of the node's config, and for no others", async () => {
    const { items } = await hits();
    const rule = items[0]?.rule ?? "";
    const { data } = await world.admin.call("meshRules.create", {
      body: { name: "idle", from: ["tag:web"], to: ["tag:db"], traffic: ["udp/1"] },
    });
    await web.report({ hits: [{ rule, packets: 3 }] });
    await db.report({ hits: [{ rule, packets: 4 }] });
    await other.report({ hits: [{ rule, packets: 1_000 }] });
    const after = await hits();
    expect(after).toMatchObject({
      items: [
        { rule, name: "web to db", packets: 7 },
        { rule: data.id, name: "idle", packets: 0, lastHitAt: null },
      ],
      ...{ counting: 3, nodes: 3, reported: true, missing: [] },
    });
    expect(after.since).toBeGreaterThan(0);
    for (let n = 0; n < 3; n++) await web.report({ hits: [{ rule, packets: Number.MAX_SAFE_INTEGER }] });
    expect((await hits()).items[0]?.packets).toBe(3_000_000_007);
  });

  test("show which rules were never hit, once each node counts", async () => {
    const unhit = async () => {
      const { counted, findings } = (await world.admin.call("mesh.check")).data;
      return { counted, unhit: findings.filter(({ kind }) => kind === "never_hit").map(({ name }) => name) };
    };
    expect(await unhit()).toEqual({ counted: true, unhit: ["idle"] });
    const rule = (await hits()).items.find(({ name }) => name === "idle")?.rule ?? "";
    await db.report({ hits: [{ rule, packets: 1 }] });
    expect(await unhit()).toEqual({ counted: true, unhit: [] });
    const late = await world.member({ tags: ["late"] });
    expect(await unhit()).toEqual({ counted: false, unhit: [] });
    await late.report({ hits: [] });
    expect((await unhit()).counted).toBe(true);
  });

  test.each([
    ["a negative number", [{ packets: -1 }], "invalid_input"],
    ["a number beyond all counting", [{ packets: 1e308 }], "malformed_request"],
    ["half a packet", [{ packets: 0.5 }], "malformed_request"],
    ["a rule that is none", [{ rule: "a\nflush ruleset" }], "invalid_input"],
    ["more rules than a config has", Array.from({ length: 1_025 }, () => ({})), "invalid_input"],
  ] as const)("are refused as a whole with %s", async (_, wrong, code) => {
    const sent = wrong.map((more) => ({ rule: "rul_1", packets: 1, ...more }));
    expect(await web.report({ hits: sent })).toMatchObject({ code });
  });
});

describe("flows that nodes report", () => {
  test("are asked for by the hub, joined from both ends, and named", async () => {
    expect((await web.report()).json<{ flows: boolean }>().flows).toBe(true);
    await web.report({ flows: [flowOf({})] });
    await db.report({ flows: [flowOf({ direction: "in", peer: web.id, count: 5 })] });
    await web.report({ flows: [flowOf({ count: 2 })] });
    const { items, reported, missing } = await flows();
    expect(items).toMatchObject([
      {
        source: { node: web.id, network: null },
        destination: { node: db.id },
        ...{
          protocol: "tcp",
          port: 5_432,
          verdict: "allowed",
          count: 5,
          reportedBy: ["source", "destination"],
        },
      },
    ]);
    expect([reported, missing]).toEqual([true, []]);
  });

  test("are not believed of others, of strangers, or without a rule; attempts at an address are its node's", async () => {
    const { data: node } = await world.admin.call("nodes.get", { params: { node: other.id } });
    const answer = await web.report({
      flows: [
        flowOf({ peer: web.id }),
        flowOf({ peer: other.id }),
        flowOf({ near: "10.0.0.0/8" }),
        flowOf({ peer: "100.64.200.1", verdict: "denied" }),
        flowOf({ peer: node.ipv4, verdict: "denied", port: 22, count: Number.MAX_SAFE_INTEGER }),
      ],
    });
    expect(answer.status).toBe(200);
    const { items, refused } = await flows({ verdict: "denied" });
    expect(refused).toBe(4);
    expect(items).toMatchObject([
      { destination: { node: other.id, name: node.name }, port: 22, count: 1_000_000 },
    ]);
    expect((await flows({ node: db.id })).items.map(({ verdict }) => verdict)).toEqual(["allowed"]);
    expect((await flows({ limit: 1 })).truncated).toBe(true);
  });

  test.each([
    ["a report with more flows than one holds", Array.from({ length: 513 }, () => ({}))],
    ["a negative count", [{ count: -1 }]],
    ["a port that is none", [{ port: 65_536 }]],
    ["a name that is no protocol", [{ protocol: 'tcp"; flush' }]],
    ["an outcome that is none", [{ verdict: "maybe" }]],
  ] as const)("are refused as a whole with %s", async (_, wrong) => {
    const sent = wrong.map((more) => ({ ...flowOf({}), ...more }));
    expect(await web.report({ flows: sent })).toMatchObject({ status: 422, code: "invalid_input" });
  });

  test("and drifts of what protects the node are recorded, once in ten minutes however many it tells", async () => {
    const drift = { at: Date.now(), steps: ["load-filter", "raise-fence"] };
    for (let n = 0; n < 3; n++) expect((await db.report({ drifts: [drift, drift] })).status).toBe(200);
    expect(await world.recorded("node.drifted", db.id)).toBe(1);
    expect((await db.report({ drifts: Array(17).fill(drift) })).status).toBe(422);
    expect(await world.recorded("node.drifted", web.id)).toBe(0);
  });

  test("are forgotten and asked for no more once the network reports none", async () => {
    const { etag } = await world.admin.call("network.get");
    await world.admin.call("network.update", { body: { reportsFlows: false }, ifMatch: etag ?? "" });
    expect(await flows()).toMatchObject({ items: [], reported: false });
    const answer = await web.report({ flows: [flowOf({})] });
    expect(answer.json<{ flows: boolean }>().flows).toBe(false);
    expect((await flows()).items).toEqual([]);
    await web.report({ hits: [] });
    expect((await world.admin.call("mesh.hits")).data).toMatchObject({
      reported: false,
      counting: 0,
      since: null,
    });
  });
});
