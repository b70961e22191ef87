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

test("a provider that is switched off ends all its people's sessions by one order", async () => {
  await env.DB.batch([
    env.DB.prepare(
      "INSERT INTO identity_providers (id, name, issuer, client_id, created_at, updated_at) VALUES ('idp_many', 'many', 'https://idp.example', 'me', 1, 1)",
    ),
    ...Array.from({ length: 30 }, (_, n) => [
      env.DB.prepare("INSERT INTO users (id, email, created_at, updated_at) VALUES (?, ?, 1, 1)").bind(
        `usr_many${n}`,
        `many${n}@corp.com`,
      ),
      env.DB.prepare(
        "INSERT INTO identities (id, user_id, provider_id, subject, created_at, updated_at) VALUES (?, ?, 'idp_many', ?, 1, 1)",
      ).bind(`idn_many${n}`, `usr_many${n}`, `subject ${n}`),
    ]).flat(),
  ]);
  const orders: unknown[] = [];
  const through = withCoordinator({
    endEverywhere: async (...order) => {
      orders.push(order);
      return { ended: [], pending: [] };
    },
  });
  const change = { body: { enabled: false }, headers: { "if-match": '"1"' }, through };
  expect(await call(token, "PATCH", "/identity-providers/many", change)).toMatchObject({ status: 200 });
  expect(orders).toEqual([[null, { by: "everyOf", id: "idp_many" }, "provider_disabled"]]);
});
