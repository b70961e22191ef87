import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type System, startSystem } from "../../support/harness.ts";
import { call, fromDashboard, hubCookie } from "./api.ts";

let system: System;
let cookie: string;
beforeAll(async () => {
  system = await startSystem({ withoutDashboard: true });
  cookie = await hubCookie(system);
});
afterAll(() => system.stop());

let count = 0;
async function write(headers: Record<string, string>, body: unknown = { name: `group-${++count}` }) {
  const { status, code } = await call(system, "POST", "/groups", body, { cookie, ...headers });
  return { status, code };
}
const own = () => fromDashboard(system);
const without = (name: string) => Object.fromEntries(Object.entries(own()).filter(([key]) => key !== name));

describe("a write with an administrator's cookie", () => {
  it("is served when the dashboard makes it, in browsers old and new", async () => {
    expect((await write(own())).status).toBe(201);
    expect((await write(without("sec-fetch-site"))).status).toBe(201);
  });
  it.each([
    ["no Origin", () => without("origin")],
    ["neither Origin nor Sec-Fetch-Site", () => ({ "x-rustronaut-csrf": "1" })],
    ["the Origin of another site", () => ({ ...own(), origin: "https://evil.example" })],
    ["the Origin of an app", () => ({ ...own(), origin: system.appOrigin })],
    ["the Origin null", () => ({ ...own(), origin: "null" })],
    ["an Origin that begins like ours", () => ({ ...own(), origin: `${system.hubOrigin}.evil.example` })],
    ["Sec-Fetch-Site: cross-site", () => ({ ...own(), "sec-fetch-site": "cross-site" })],
    ["Sec-Fetch-Site: same-site", () => ({ ...own(), "sec-fetch-site": "same-site" })],
    ["Sec-Fetch-Site: none", () => ({ ...own(), "sec-fetch-site": "none" })],
    ["no X-Rustronaut-Csrf", () => without("x-rustronaut-csrf")],
  ])("is refused with %s", async (_what, headers) => {
    expect(await write(headers())).toEqual({ status: 403, code: "csrf_rejected" });
  });
  it.each([
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
    "application/json+x",
    "",
  ])("is refused as %j", async (type) => {
    const answer = await write({ ...own(), "content-type": type }, '{"name":"form"}');
    expect(answer).toEqual({ status: 415, code: "unsupported_media_type" });
  });
  it("is refused for every other method and for what only checks, too", async () => {
    const lines = { cookie, "if-match": '"1"' };
    for (const [method, path] of [
      ["PATCH", "/network"],
      ["DELETE", "/groups/engineering"],
      ["PUT", "/groups/engineering/members/group/sales"],
      ["POST", "/policies/validate"],
    ] as const) {
      const { status, code } = await call(system, method, path, {}, lines);
      expect([status, code]).toEqual([403, "csrf_rejected"]);
    }
  });
  it("created only what was meant", async () => {
    const { json } = await call(system, "GET", "/groups");
    expect(json.items).toHaveLength(4);
  });
});

it("a bad token beside a good cookie is refused, reading or writing", async () => {
  for (const method of ["GET", "POST"]) {
    const body = method === "POST" ? { name: "both" } : undefined;
    const headers = { cookie, ...own(), authorization: "Bearer rnapi_bad" };
    expect((await call(system, method, "/groups", body, headers)).status).toBe(401);
  }
});
