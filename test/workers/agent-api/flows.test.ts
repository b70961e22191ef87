import { beforeAll, describe, expect, test } from "vitest";
import type { FlowReport } from "../../../shared/node/protocol/types.ts";
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
  });
});
