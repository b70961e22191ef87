import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type System, startSystem } from "../../support/harness.ts";
import { type OpenStream, openDownload } from "../../support/streams.ts";
import { call, change, hubCookie } from "./api.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem({ withoutDashboard: true });
  for (const email of ["bob@example.com", "second@example.com"]) {
    await system.admin.call("users.create", { body: { email, role: "owner" } });
  }
});
afterAll(() => system.stop());

const PATHS = ["/api/v1/audit/stream", "/api/v1/decisions/stream"];
const open = (credential: string | Record<string, string>): Promise<OpenStream[]> => {
  const { host } = new URL(system.hubOrigin);
  return Promise.all(PATHS.map((path) => openDownload(system.port, host, credential, path)));
};

/** Far below the 60 s after which a stream ends by itself, far above the second that is promised. */
const SOON_MS = 5_000;
async function areCut(streams: readonly OpenStream[], startedAt: number): Promise<void> {
  for (const { cut } of streams) expect((await cut).atMs - startedAt).toBeLessThan(SOON_MS);
}
async function goOn(streams: readonly OpenStream[]): Promise<void> {
  const pending = Symbol("pending");
  for (const { cut } of streams) {
    expect(await Promise.race([cut, new Promise((resolve) => setImmediate(resolve, pending))])).toBe(pending);
  }
}

describe("an administrator who follows the logs is cut off when", () => {
  const patchBob = (body: object) => () => change(system, "PATCH", "/users/bob@example.com", body);
  const triggers: [string, () => Promise<unknown>, object | null][] = [
    [
      "the session is killed",
      () => call(system, "POST", "/sessions/kill", { by: "user", user: "bob@example.com" }),
      null,
    ],
    [
      "all sessions of the hub are killed",
      () => call(system, "POST", "/sessions/kill", { by: "app", app: "hub" }),
      null,
    ],
    ["the user is disabled", patchBob({ status: "disabled" }), { status: "active" }],
    ["the role is taken", patchBob({ role: null }), { role: "owner" }],
  ];
  it.each(triggers)("%s", async (_when, trigger, restored) => {
    const cookie = await hubCookie(system, "bob");
    const streams = await open({ cookie, accept: "text/event-stream" });
    const startedAt = performance.now();
    await trigger();
    await areCut(streams, startedAt);
    expect((await call(system, "GET", "/apps", undefined, { cookie })).status).toBeGreaterThanOrEqual(401);
    if (restored) await patchBob(restored)();
  });

  it("somebody else's session is killed: not", async () => {
    const alice = await open(await hubCookie(system, "alice"));
    const bob = await open(await hubCookie(system, "bob"));
    const startedAt = performance.now();
    await call(system, "POST", "/sessions/kill", { by: "user", user: "bob@example.com" });
    await areCut(bob, startedAt);
    await goOn(alice);
    for (const stream of alice) stream.close();
  });
});

describe("a program that follows the logs", () => {
  const create = async (name: string) =>
    (await system.admin.call("apiTokens.create", { body: { name, role: "auditor" } })).data;
  const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
  it("is cut off when its token is deleted, others and other changes leave it alone", async () => {
    const [gone, stays] = [await create("gone"), await create("stays")];
    const [cutOff, left] = [await open(bearer(gone.secret)), await open(bearer(stays.secret))];
    await call(system, "POST", "/groups", { name: "a-change" });
    await goOn([...cutOff, ...left]);
    const startedAt = performance.now();
    await call(system, "DELETE", `/api-tokens/${gone.apiToken.id}`, undefined, { "if-match": '"1"' });
    await areCut(cutOff, startedAt);
    await goOn(left);
    for (const stream of left) stream.close();
  });
});
