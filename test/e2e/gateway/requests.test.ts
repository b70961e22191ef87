import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Attacker, attack, signIn } from "../../support/attack.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { rawRequest } from "../../support/raw.ts";

/** Preflights (S-46), and several session cookies in one request (S-23). */

const SPA = "https://spa.example.com";

let system: System;
let alice: Attacker;
let again: Attacker;
let bob: Attacker;
beforeAll(async () => {
  system = await startSystem({ withoutDashboard: true, appSettings: { allowedOrigins: [SPA] } });
  [alice, again, bob] = [await signIn(system), await signIn(system), await signIn(system, "bob")];
});
afterAll(() => system.stop());
beforeEach(() => system.upstream.reset());

const host = () => `app.localhost:${system.port}`;
const send = (lines: readonly string[], method = "GET", target = "/", body = "") =>
  attack(system, rawRequest(target, host(), lines, method) + body);

describe("S-46 preflights", () => {
  const ASKS = ["Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: x-a, content-type"];
  it("of an allowed origin are answered by us, for that origin only, and reach nobody", async () => {
    const response = await send([`Origin: ${SPA}`, ...ASKS], "OPTIONS", "/admin");
    expect(response).toMatchObject({ status: 204, hits: 0, body: "" });
    expect(response.header("access-control-allow-origin")).toBe(SPA);
    expect(response.header("access-control-allow-credentials")).toBe("true");
    expect(response.header("access-control-allow-methods")).toBe("PUT");
    expect(response.header("access-control-allow-headers")).toBe("x-a, content-type");
    expect(response.header("vary")).toContain("Origin");
    expect(response.header("x-rustronaut-response")).toBe("preflight");
  });
  it("open nothing: the real request is decided, with a cookie or without", async () => {
    await send([`Origin: ${SPA}`, ...ASKS], "OPTIONS", "/admin");
    const denied = await send([alice.cookie, `Origin: ${SPA}`, "Content-Length: 0"], "PUT", "/admin");
    expect(denied).toMatchObject({ status: 403, hits: 0 });
    expect(denied.header("access-control-allow-origin")).toBe(SPA);
    const nobody = await send([`Origin: ${SPA}`, "Content-Length: 0"], "PUT", "/");
    expect(nobody).toMatchObject({ status: 401, hits: 0 });
    expect(nobody.header("access-control-allow-origin")).toBe(SPA);
  });
  it("with a body are the same, and the body becomes no request", async () => {
    const body = `GET /smuggled HTTP/1.1\r\nHost: ${host()}\r\n${alice.cookie}\r\n\r\n`;
    const lines = [`Origin: ${SPA}`, ...ASKS, `Content-Length: ${body.length}`];
    expect(await send(lines, "OPTIONS", "/", body)).toMatchObject({ status: 204, hits: 0 });
  });
  it.each(["https://evil.example", "null", `${SPA}.evil.example`, `${SPA}:8443`, "http://spa.example.com"])(
    "of %s are refused, without a word about origins",
    async (origin) => {
      const response = await send([`Origin: ${origin}`, ...ASKS], "OPTIONS");
      expect(response).toMatchObject({ status: 403, hits: 0 });
      expect(response.head).not.toMatch(/^access-control-/im);
    },
  );
  it.each([
    ["without an Origin", ["Access-Control-Request-Method: PUT"]],
    ["without a method", [`Origin: ${SPA}`]],
    ["with a method that is none", [`Origin: ${SPA}`, "Access-Control-Request-Method: P UT"]],
  ])("%s are none, and judged as OPTIONS", async (_, lines) => {
    expect(await send(lines, "OPTIONS")).toMatchObject({ status: 401, hits: 0 });
    expect(await send([alice.cookie, ...lines], "OPTIONS", "/admin")).toMatchObject({ status: 403, hits: 0 });
    expect(await send([alice.cookie, ...lines], "OPTIONS")).toMatchObject({ status: 200, hits: 1 });
  });
});

describe("CORS as an app sets it", () => {
  const set = async (settings: object) => {
    const { etag } = await system.admin.call("apps.get", { params: { app: "app" } });
    await system.admin.call("apps.update", {
      params: { app: "app" },
      body: { settings },
      ifMatch: etag ?? "",
    });
    // Who shows a session is judged by the newest settings, and after it everybody whom this isolate serves.
    await alice.send("/");
    system.upstream.reset();
  };
  const preflight = (lines: readonly string[] = [], origin = SPA) =>
    send([`Origin: ${origin}`, "Access-Control-Request-Method: PUT", ...lines], "OPTIONS", "/cors");
  it("preflights reach the app without a sign-in where it says so, bare, and are recorded", async () => {
    await set({ corsPreflights: "app" });
    const spoofed = [alice.cookie, "Authorization: Bearer mine", "X-Rustronaut-Jwt-Assertion: forged"];
    const passed = await preflight([...spoofed, "Content-Length: 0"]);
    expect(passed).toMatchObject({ status: 200, hits: 1 });
    expect(system.upstream.seen[0]).toMatchObject({
      method: "OPTIONS",
      headers: { origin: SPA, "access-control-request-method": "PUT" },
    });
    for (const name of ["cookie", "authorization", "x-rustronaut-jwt-assertion"]) {
      expect(system.upstream.seen[0]?.headers).not.toHaveProperty(name);
    }
    expect(await preflight([], "https://evil.example")).toMatchObject({ status: 403, hits: 0 });
    const decided = async () => {
      const { data } = await system.admin.call("decisions.list", { query: { path: "/cors" } });
      return data.items.map(({ decision, reason }) => `${decision} ${reason}`);
    };
    await expect.poll(decided).toEqual(["allow preflight"]);
    // Nobody has signed in, so they count as requests of their network.
    await set({ callerRequestsPerMinute: 2 });
    const further = [await preflight(), await preflight(), await preflight()];
    expect(further.map(({ status, hits }) => [status, hits])).toEqual([
      [200, 1],
      [200, 1],
      [429, 0],
    ]);
    await set({ corsPreflights: "gateway", callerRequestsPerMinute: 0 });
    expect(await preflight()).toMatchObject({ status: 204, hits: 0 });
  });
  it("the gateway says what may be read of the app's answers where it says so", async () => {
    await set({ corsAnswers: "gateway", corsExposedHeaders: ["X-Upstream"] });
    const answer = await send([alice.cookie, `Origin: ${SPA}`]);
    expect(answer.header("access-control-allow-origin")).toBe(SPA);
    expect(answer.header("access-control-expose-headers")).toBe("x-upstream");
    const foreign = await send([alice.cookie, "Origin: https://evil.example"]);
    expect(foreign.head).not.toMatch(/^access-control-/im);
    expect(foreign.header("vary")).toBe("Origin");
    await set({ corsAnswers: "app", corsExposedHeaders: [] });
  });
  it("no wildcard and no unfinished origin can be allowed", async () => {
    for (const origin of ["*", "null", "https://*.example.com", "https://spa.example.com/"]) {
      await expect(set({ allowedOrigins: [origin] })).rejects.toMatchObject({ status: 422 });
    }
  });
});

describe("S-23 several session cookies in one request", () => {
  const cookieOf = ({ visitor }: Attacker) => visitor.cookies(system.appOrigin).get("__Host-rn_s") ?? "";
  const cookies = (...values: string[]) =>
    send([`Cookie: ${values.map((value) => `__Host-rn_s=${value}`).join("; ")}`, "Sec-Fetch-Mode: cors"]);

  it("two that are valid are nobody's, whosever and in whatever order: one of them was planted", async () => {
    for (const [first, second] of [
      [alice, bob],
      [bob, alice],
      [alice, again],
    ] as const) {
      expect(await cookies(cookieOf(first), cookieOf(second))).toMatchObject({ status: 401, hits: 0 });
    }
  });
  it("one that is valid counts beside others that are not, in whatever order", async () => {
    const dead = `${cookieOf(alice).slice(0, -43)}${"A".repeat(43)}`;
    for (const values of [
      [cookieOf(alice), dead],
      [dead, cookieOf(alice)],
      ["planted", cookieOf(alice)],
      [cookieOf(alice), cookieOf(alice)],
    ]) {
      expect(await cookies(...values)).toMatchObject({ status: 200, hits: 1 });
    }
  });
  it("a valid one behind more strangers than are looked at is not found, and they are told", async () => {
    const planted = Array.from({ length: 10 }, (_, i) => `planted${i}`);
    expect(await cookies(...planted, cookieOf(alice))).toMatchObject({ status: 431, hits: 0 });
  });
  it("in two Cookie headers they count as in one", async () => {
    const [a, b] = [cookieOf(alice), cookieOf(bob)];
    const lines = [`Cookie: __Host-rn_s=${a}`, `Cookie: __Host-rn_s=${b}`, "Sec-Fetch-Mode: cors"];
    expect((await send(lines)).hits).toBe(0);
  });
});

describe("G5 a second resource", () => {
  const move = (destination: string, more: readonly string[] = []) =>
    send([alice.cookie, `Destination: ${destination}`, "Content-Length: 0", ...more], "MOVE", "/public/a");

  it("is judged like the first one, and reaches the application by the application's host", async () => {
    const judged = await move(`http://${host()}/%61dmin/b`);
    expect(judged).toMatchObject({ status: 403, hits: 0 });
    const moved = await move(`http://${host()}/public/./b`, ["Overwrite: T"]);
    expect(moved).toMatchObject({ status: 200, hits: 1 });
    const { headers } = system.upstream.seen.at(-1) ?? {};
    expect(headers).toMatchObject({ destination: `${system.upstream.origin}/public/b`, overwrite: "T" });
  });
  it("of another server is refused", async () => {
    const foreign = await move("http://elsewhere.example/b");
    expect(foreign).toMatchObject({ status: 403, hits: 0 });
    expect(foreign.header("x-rustronaut-response")).toBe("foreign_resource");
  });
});
