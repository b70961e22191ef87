import { beforeAll, describe, expect, test } from "vitest";
import type { TestNode } from "../../support/test-node.ts";
import { openWorld, type World } from "./world.ts";

let world: World;
let web: TestNode;

beforeAll(async () => {
  world = await openWorld();
});

const shown = async () => (await world.admin.call("nodes.get", { params: { node: web.id } })).data;
const peers = async () => (await shown()).live?.peers;
const params = () => ({ params: { node: web.id } });

describe("a node that is quarantined by hand", () => {
  test("keeps the hub and the repair hosts, without waiting for a confirmation, and its peers owe a receipt", async () => {
    web = await world.member({ tags: ["web"] });
    for (const tag of ["db", "db", "repair"]) await world.member({ tags: [tag] });
    const rule = (name: string, from: string, to: string) =>
      world.admin.call("meshRules.create", { body: { name, from: [from], to: [to], traffic: ["tcp/443"] } });
    await rule("everybody", "any", "any");
    await rule("repair", "quarantine", "tag:repair");
    expect(await peers()).toBe(3);
    const { data } = await world.admin.call("nodes.quarantine", params());
    expect(data).toMatchObject({ status: "quarantined", contained: true });
    expect(data.statusDetail).toContain("nodes release");
    expect(await peers()).toBe(1);
    expect((await world.admin.call("mesh.holds")).data.items).toEqual([]);
    expect((await web.poll()).status).toBe(200);
    expect((await web.report()).status).toBe(200);
    await web.shakeHands();
    const { data: receipt } = await world.admin.call("nodes.revocation", params());
    expect(receipt.concerned).toBe(2);
    expect(await world.recorded("node.quarantine", web.id)).toBe(1);
    // Once more changes nothing.
    await world.admin.call("nodes.quarantine", params());
    expect(await world.recorded("node.quarantine", web.id)).toBe(1);
  });

  test("is put aside altogether when two machines use its state, and its release lets in no old copy before", async () => {
    const copy = web.clone();
    await web.shakeHands();
    await world.admin.call("nodes.release", params());
    expect(await shown()).toMatchObject({ status: "approved", contained: false });
    expect(await peers()).toBe(3);
    await world.admin.call("nodes.quarantine", params());
    expect((await copy.tryHandshake()).code).toBe("node_quarantined");
    expect(await shown()).toMatchObject({ status: "quarantined", contained: false });
    expect((await web.tryHandshake()).code).toBe("node_quarantined");
  });
});
