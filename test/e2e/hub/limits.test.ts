import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Endpoint } from "../../../shared/api/endpoint.ts";
import { ENDPOINT_LIST } from "../../../shared/api/endpoints.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { bySeed, drawn, SEED } from "../../support/sample.ts";
import { type Answered, call } from "./api.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem({ withoutDashboard: true });
});
afterAll(() => system.stop());

/** Refused in words, by a code that is stable; whatever is sent, nothing breaks. */
function expectRefusal({ status, code, headers }: Answered, ...codes: string[]): void {
  expect(codes).toContain(code);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  expect(headers["content-type"]).toBe("application/problem+json");
}

const pathOf = ({ path }: Endpoint) =>
  path
    .replace("/api/v1", "")
    .replace("{policy}", "app")
    .replace("{group}", "engineering")
    .replace(/\{\w+\}/g, "nothing");
const encoded = (text: string | Buffer) => Buffer.from(text).toString("base64url");

describe("forged cursors", () => {
  const LISTS = ENDPOINT_LIST.filter(
    (endpoint: Endpoint) =>
      endpoint.query?.safeParse({ cursor: "eA" }).success && endpoint.response !== "stream",
  );
  const CURSORS = [
    ...["x", "\0", "' OR 1=1 --", "-1", "1e400", "NaN", "9".repeat(300), "\u{10ffff}", "usr_", "0x1f"].map(
      encoded,
    ),
    encoded(Buffer.from([0xff, 0xfe, 0x80])),
    ...["", "=", "*", "A", "e30=", "%00", "x".repeat(401), "é"],
  ];
  it("are tried on every list", () => expect(LISTS.length).toBeGreaterThanOrEqual(12));
  it.each(LISTS.map((endpoint) => [endpoint.id, endpoint] as const))("%s", async (_id, endpoint) => {
    for (const cursor of CURSORS) {
      const answer = await call(system, "GET", `${pathOf(endpoint)}?cursor=${encodeURIComponent(cursor)}`);
      if (answer.status !== 200) expectRefusal(answer, "invalid_input", "malformed_request", "not_found");
    }
  });
  it.each(["/policies/app/versions", "/audit", "/decisions"])("%s takes numbers only", async (path) => {
    for (const text of ["x", "-1", "1e3", "NaN", "", " 1", "9".repeat(30)]) {
      expectRefusal(await call(system, "GET", `${path}?cursor=${encoded(text)}`), "invalid_input");
    }
  });
});

describe("API tokens that expired", () => {
  it("prove nothing, and none is born expired", async () => {
    const body = { name: "short", role: "owner", expiresAt: Date.now() + 3_600_000 };
    const { json } = await call(system, "POST", "/api-tokens", body);
    const headers = { authorization: `Bearer ${json.secret}` };
    expect((await call(system, "GET", "/me", undefined, headers)).status).toBe(200);
    const db = await system.platform.miniflare.getD1Database("DB");
    await db
      .prepare("UPDATE api_tokens SET expires_at = ? WHERE id = ?")
      .bind(Date.now(), json.apiToken.id)
      .run();
    expectRefusal(await call(system, "GET", "/me", undefined, headers), "invalid_credentials");
    expectRefusal(await call(system, "POST", "/groups", { name: "x" }, headers), "invalid_credentials");
    for (const expiresAt of [0, Date.now() - 1, -1, 1.5, 9e15, "soon"]) {
      expectRefusal(await call(system, "POST", "/api-tokens", { ...body, expiresAt }), "invalid_input");
    }
  });
});

describe("bodies", () => {
  const WITH_BODY = ENDPOINT_LIST.filter((endpoint: Endpoint) => endpoint.body && endpoint.role !== "public");
  const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);
  const BODIES: [string, string][] = [
    ["deep lists", `{"name":${nested("[", "]", 500_000)}}`],
    ["deep objects", `{"name":${nested('{"a":', "", 150_000)}1${"}".repeat(150_000)}}`],
    ["a deep list in place of the object", nested("[", "]", 500_000)],
    ["a million characters", JSON.stringify({ name: "x".repeat(1_000_000) })],
    ["half a million escapes", `{"name":"${"\\n".repeat(500_000)}"}`],
    ["many members", `{${Array.from({ length: 60_000 }, (_, at) => `"k${at}":1`).join(",")}}`],
    ["many items", `{"name":[${"1,".repeat(500_000)}1]}`],
    ["white space", `{"name":${" ".repeat(1_000_000)}[]}`],
    ["null", "null"],
  ];
  /** A body takes the same way at each endpoint until the schema, so a run tries a third of them at each, all in all. */
  const triedAt = (at: number) => BODIES.filter((_, n) => (n + at + SEED) % drawn(3, 1) === 0);
  it.each(WITH_BODY.map((endpoint, at) => [endpoint.id, endpoint, triedAt(at)] as const))(
    `hostile ones, %s, by ${bySeed}`,
    async (_id, endpoint, bodies) => {
      for (const [, body] of bodies) {
        const answer = await call(system, endpoint.method, pathOf(endpoint), body, { "if-match": '"1"' });
        expectRefusal(answer, "invalid_input", "malformed_request");
      }
    },
  );
  it("are refused above 1 MiB, whatever length they state", async () => {
    const body = JSON.stringify({ name: "x".repeat(1_048_576) });
    expectRefusal(await call(system, "POST", "/groups", body), "body_too_large");
    expectRefusal(
      await call(system, "POST", "/groups", body, { "transfer-encoding": "chunked" }),
      "body_too_large",
    );
  });
});

describe("policies", () => {
  const publish = (source: string, name = "hostile") => call(system, "POST", "/policies", { name, source });
  const permit = (condition: string) => `permit (principal, action, resource) when { ${condition} };`;
  const nested = (open: string, inner: string, close: string, depth: number) =>
    permit(open.repeat(depth) + inner + close.repeat(depth));
  const path = "context.request.path";

  it.each([
    ["parentheses", nested("(", "true", ")", 30_000)],
    ["negations", nested("!", "true", "", 60_000)],
    ["minus signs", nested("-", "1", " == 1", 1).replace("-1", `${"-".repeat(60_000)}1`)],
    ["sets", nested("[", "1", "]", 30_000)],
    ["records", nested("{a: ", "1", "}", 10_000)],
    ["conditions", nested("if true then ", "true", " else false", 2_500)],
    ["an open parenthesis each", permit("(".repeat(60_000))],
  ])("of %s, nested too deep, are refused in words", async (_what, source) => {
    expectRefusal(await publish(source), "policy_invalid", "invalid_input");
    expect((await publish(permit("true"), `after-${_what}`)).status).toBe(201);
  });
  it.each([
    [
      "or",
      permit(
        Array.from({ length: 2_500 }, (_, at) => `${path} == "/${at}"`)
          .join(" || ")
          .slice(0, 64_000),
      ),
    ],
    ["and", permit(Array.from({ length: 2_000 }, (_, at) => `${path} != "/${at}"`).join(" && "))],
    ["plus", permit(`1 ${"+ 1 ".repeat(15_000)} > 0`)],
    ["members", permit(`${path}${".a".repeat(30_000)} == 1`)],
  ])("long chains of %s are published or refused in words", async (name, source) => {
    const answer = await publish(source, `chain-${name}`);
    if (answer.status !== 201) expectRefusal(answer, "policy_invalid", "invalid_input");
    expect((await call(system, "POST", "/policies/validate", { source: permit("true") })).status).toBe(200);
  });
});
