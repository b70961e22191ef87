import { waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { coordinatorObject } from "../../../workers/platform/objects.ts";
import { applyRegistry } from "../registry.ts";
import { hideFromCoordinator, named, owner } from "../sessions/world.ts";
import { bindings, call, createNetwork, withCoordinator } from "./world.ts";

let token: string;
beforeAll(async () => {
  await applyRegistry();
  token = await createNetwork();
});

const away = withCoordinator({ publish: () => Promise.reject(new Error("unreachable")) });
const epoch = () => coordinatorObject(bindings).epoch();
const entries = async (name: string) => {
  const { json } = await call(token, "GET", "/audit?kinds=admin");
  const rows = json.items as { entry: { detail: { name?: string } } }[];
  return rows.filter(({ entry }) => entry.detail.name === name).length;
};

test("a change that the coordinator did not hear of is 503 saved, and its key completes it", async () => {
  const before = await epoch();
  const request = { body: { name: "saved" }, headers: { "idempotency-key": "saved-1" } };
  for (let attempt = 1; attempt <= 2; attempt++) {
    const { status, json } = await call(token, "POST", "/groups", { ...request, through: away });
    expect([status, json.code]).toEqual([503, "unavailable"]);
    expect(json.detail).toMatch(/saved.*same Idempotency-Key/);
  }
  expect(await env.DB.prepare("SELECT count(*) AS n FROM groups WHERE name = 'saved'").first("n")).toBe(1);
  expect(await epoch()).toBe(before);

  const done = await call(token, "POST", "/groups", request);
  expect([done.status, done.json.name]).toEqual([201, "saved"]);
  expect(await epoch()).toBe(before + 1);
  const again = await call(token, "POST", "/groups", request);
  expect([again.status, again.json]).toEqual([201, done.json]);
  expect(await epoch()).toBe(before + 1);
  expect(await entries("saved")).toBe(1);
});

test("a change that nobody repeats is completed in the background", async () => {
  const before = await epoch();
  let isAway = true;
  const flaky = withCoordinator({
    publish: () =>
      isAway ? Promise.reject(new Error("unreachable")) : coordinatorObject(bindings).publish(),
  });
  const failed = await call(token, "POST", "/groups", { body: { name: "alone" }, through: flaky });
  expect(failed.status).toBe(503);
  expect(failed.json.detail).toContain("do not repeat");
  isAway = false;
  await waitOnExecutionContext(failed.ctx);
  expect(await epoch()).toBe(before + 1);
  expect(await entries("alone")).toBe(1);
});

test("an answer says how many session objects do not know of the change yet", async () => {
  const [near, far] = [owner("seg_told/weur/0"), owner("seg_told/enam/0")];
  await near.rpc.create(named("told"));
  await far.rpc.create(named("untold"));
  const request = { body: { name: "told" }, headers: { "idempotency-key": "told-1" } };
  const show = await hideFromCoordinator(far.name);
  const first = await call(token, "POST", "/groups", request);
  await show();
  expect([first.status, first.pending]).toEqual([201, "1"]);
  expect((await call(token, "POST", "/groups", request)).pending).toBe("1");
  expect((await call(token, "POST", "/groups", { body: { name: "all" } })).pending).toBeNull();
});
