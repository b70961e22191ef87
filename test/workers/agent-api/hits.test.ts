import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { TestNode } from "../../support/test-node.ts";
import { openWorld, type World } from "./world.ts";

let world: World;
let node: TestNode;
beforeAll(async () => {
  world = await openWorld();
  node = await world.member();
});

const ID = "0".repeat(26);
const hit = (change = {}) => ({
  ...{ decision: `dec_${ID}`, app: `app_${ID}`, caller: "anyone", method: "GET", at: Date.now() },
  ...change,
});

/** What waits in the log for its decision, as `node decision`. */
const waiting = () =>
  runInDurableObject(env.AUDIT_LOG.get(env.AUDIT_LOG.idFromName("audit")), (_, { storage }) =>
    storage.sql
      .exec<{ line: string }>("SELECT node || ' ' || decision AS line FROM hits ORDER BY line")
      .toArray()
      .map(({ line }) => line),
  );

describe("what a node says that it passed on", () => {
  const tell = (hits: unknown) => node.call("POST", "/agent/v1/hits", { body: JSON.stringify({ hits }) });

  test("waits in the audit log under its own name for the decisions", async () => {
    expect((await tell([hit()])).status).toBe(200);
    expect(await waiting()).toEqual([`${node.id} dec_${ID}`]);
  });

  test.each([
    ["a decision's number that is none", [hit({ decision: "dec_1" })]],
    ["an app that can't be", [hit({ app: "wiki" })]],
    ["more than one report may hold", Array.from({ length: 501 }, () => hit())],
    ["no list", "all of them"],
  ])("is refused with %s", async (_, hits) => {
    const before = await waiting();
    expect((await tell(hits)).status).toBeGreaterThanOrEqual(400);
    expect(await waiting()).toEqual(before);
  });

  test("is not taken from a node that was revoked", async () => {
    await world.admin.call("nodes.revoke", { params: { node: node.id } });
    // An isolate believes what it knows of a node for a second.
    await expect.poll(async () => (await tell([hit()])).status).toBe(403);
  });
});
