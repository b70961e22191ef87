import { get } from "node:http";
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { applyNetwork } from "../../../scripts/local/admin.ts";
import { localRequest } from "../../../scripts/local/http.ts";
import type { NetworkDocument } from "../../../shared/api/document.ts";
import { type Attacker, attack, signIn } from "../../support/attack.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { rawRequest } from "../../support/raw.ts";
import { otherReadingsTests } from "./other-readings-tests.ts";

/** What an app's settings let through is judged for everything that it could mean. Everybody may use these apps. */

/** An event stream that is open, and how it goes on. */
function openStream(url: string, cookie: string) {
  return new Promise<{ next(): Promise<void>; isOver(): boolean; over: Promise<void> }>((resolve, reject) => {
    const { hostname, port, pathname } = new URL(url);
    const headers = { host: `${hostname}:${port}`, cookie: cookie.replace(/^Cookie: /, "") };
    get({ host: "127.0.0.1", port, path: pathname, headers }, (response) => {
      let isOver = false;
      const over = new Promise<void>((done) => {
        for (const end of ["end", "error", "close"]) {
          response.on(end, () => {
            isOver = true;
            done();
          });
        }
      });
      const next = () => new Promise<void>((done) => response.once("data", () => done()));
      void next().then(() => resolve({ next, isOver: () => isOver, over }));
    }).on("error", reject);
  });
}

let system: System;
beforeAll(async () => {
  system = await startSystem({
    withoutDashboard: true,
    policies: [
      {
        name: "all",
        source: `permit (principal, action, resource);
forbid (principal, action, resource) when { context.request.path == "/admin" || context.request.path like "/admin/*" };
forbid (principal, action == Action::"delete", resource);`,
      },
    ],
  });
  const app = (name: string, settings: object = {}) => ({
    name,
    host: `${name}.localhost`,
    segment: "main",
    upstreams: [system.upstream.origin],
    settings: { anonymous: true, ...settings },
  });
  await applyNetwork(system.admin, {
    version: 1,
    apps: [
      app("strict"),
      app("slashes", { encodedSlashes: true }),
      app("folding", { caseInsensitivePaths: true }),
      app("overriding", { methodOverride: true }),
      app("members", { anonymous: false, assertionAlgorithm: "EdDSA", leaseMs: 0 }),
      app("ruled", {
        anonymous: false,
        pathStrip: "/wiki",
        pathPrefix: "/app",
        requestHeaders: [
          { action: "set", name: "X-WebAuth-User", value: "{user.email}" },
          { action: "remove", name: "referer" },
        ],
        responseHeaders: [
          { action: "set", name: "x-decision", value: "{request.id}" },
          { action: "remove", name: "x-upstream" },
        ],
      }),
      app("working", { anonymous: false }),
      app("trusting", { clientHeaders: ["X-Auth-User", "x-consumer-*"] }),
    ],
  });
});
afterAll(() => system.stop());
beforeEach(() => system.upstream.reset());

const send = (app: string, target: string, lines: readonly string[] = [], method = "GET") =>
  attack(system, rawRequest(target, `${app}.localhost:${system.port}`, lines, method));

const seen = () => system.upstream.seen[0];

describe("S-A1 headers that say who calls", () => {
  const FORGED = [
    "Cf.Access.Authenticated.User.Email: ceo",
    "X.Rustronaut.Jwt.Assertion: ceo",
    "X.HTTP.Method.Override: ceo",
    "X~Remote^User: ceo",
    "X-WebAuth-User: ceo",
    "Client-IP: ceo",
    "Proxy: ceo",
  ];
  it("do not arrive, however their names are spelt", async () => {
    expect(await send("strict", "/", FORGED)).toMatchObject({ status: 200, hits: 1 });
    expect(JSON.stringify(seen()?.rawHeaders)).not.toContain("ceo");
  });
  it("arrive at an app that takes them from its clients, and none but those", async () => {
    const lines = [...FORGED, "X-Auth-User: swift", "X-Consumer-Id: 7", "X-Auth-Email: ceo"];
    expect(await send("trusting", "/", lines)).toMatchObject({ status: 200, hits: 1 });
    expect(seen()?.headers).toMatchObject({ "x-auth-user": "swift", "x-consumer-id": "7" });
    expect(JSON.stringify(seen()?.rawHeaders)).not.toContain("ceo");
  });
  it.each(["x-rustronaut-jwt-assertion", "X-Forwarded-For", "host", "cf-access-*", "x_auth_user", "*"])(
    "%s can't be opened",
    async (name) => {
      const { etag } = await system.admin.call("apps.get", { params: { app: "strict" } });
      const body = { settings: { clientHeaders: [name] } };
      const update = system.admin.call("apps.update", {
        params: { app: "strict" },
        body,
        ifMatch: etag ?? "",
      });
      await expect(update).rejects.toMatchObject({ status: 422 });
    },
  );
});

describe("headers and paths that an app changes", () => {
  const origin = () => `http://ruled.localhost:${system.port}`;
  it("rules for headers hold against what clients send; paths are the upstream's, and come back as the app's", async () => {
    const alice = await signIn(system, "alice", origin());
    const forged = ["X-WebAuth-User: ceo", "X_WebAuth_User: ceo", "Referer: https://x.example/"];
    const answer = await alice.send("/wiki/page?q=1", [...forged, "Sec-Fetch-Mode: cors"]);
    expect(answer).toMatchObject({ status: 200, hits: 1 });
    expect(seen()).toMatchObject({
      url: "/app/page?q=1",
      headers: { "x-webauth-user": "alice@example.com", "x-forwarded-prefix": "/wiki" },
    });
    expect(seen()?.headers).not.toHaveProperty("referer");
    expect(JSON.stringify(seen()?.rawHeaders)).not.toContain("ceo");
    expect(answer.header("x-decision")).toMatch(/^dec_/);
    expect(answer.header("x-upstream")).toBeUndefined();
    const token = String(seen()?.headers["x-rustronaut-jwt-assertion"]);
    const { htu } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as {
      htu: string;
    };
    expect(htu).toBe(`${origin()}/wiki/page`);
  });
  it("nothing but the app's own paths reaches the upstream, however it is written", async () => {
    const alice = await signIn(system, "alice", origin());
    const cors = ["Sec-Fetch-Mode: cors"];
    for (const target of ["/admin", "/app/page", "/wiki/../admin", "/wiki/%2e%2e/app/x", "/wikia"]) {
      expect(await alice.send(target, cors)).toMatchObject({ status: 404, hits: 0 });
    }
    for (const target of ["/wiki/..;/wiki/admin", "/wiki/..;/x"]) {
      expect(await alice.send(target, cors)).toMatchObject({ status: 400, hits: 0 });
    }
    const start = await alice.send("/");
    expect([start.status, start.header("location")]).toEqual([302, "/wiki/"]);
    const lines = [...cors, "Destination: /wiki/b", "Overwrite: F", "Content-Length: 0"];
    expect(await alice.send("/wiki/a", lines, "COPY")).toMatchObject({ status: 400, hits: 0 });
  });
  it("for an app that the edge dials no other host can be chosen, and no rule writes what is ours", async () => {
    const { etag } = await system.admin.call("apps.get", { params: { app: "ruled" } });
    const set = (settings: object) =>
      system.admin.call("apps.update", { params: { app: "ruled" }, body: { settings }, ifMatch: etag ?? "" });
    const rule = { action: "set", name: "x-forwarded-for", value: "192.0.2.1" };
    for (const settings of [
      { upstreamHost: "public" },
      { requestHeaders: [rule] },
      { pathStrip: "/wiki/" },
    ]) {
      await expect(set(settings)).rejects.toMatchObject({ status: 422 });
    }
  });
});

describe("maintenance and an app's own pages", () => {
  const origin = () => `http://working.localhost:${system.port}`;
  const page = ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Accept: text/html"];
  let bob: Attacker;
  const set = async (settings: object) => {
    const { etag } = await system.admin.call("apps.get", { params: { app: "working" } });
    const target = { params: { app: "working" }, ifMatch: etag ?? "" };
    await system.admin.call("apps.update", { ...target, body: { settings } });
    // A request with a session is judged by the newest settings, and after it whatever this isolate serves.
    await bob.send("/", ["Sec-Fetch-Mode: cors"]);
    system.upstream.reset();
  };
  beforeAll(async () => {
    bob = await signIn(system, "bob", origin());
  });
  it("closes the app to everybody, in their own form, and is recorded", async () => {
    await set({
      maintenance: true,
      maintenanceText: "We move <it>.",
      pages: [{ reason: "maintenance", title: "Moving", text: "See [status](https://status.example/)." }],
    });
    const shown = await bob.send("/here", page);
    expect(shown).toMatchObject({ status: 503, hits: 0 });
    expect(shown.header("retry-after")).toBe("300");
    for (const text of ["Moving", 'href="https://status.example/"', "We move &lt;it&gt;.", "dec_"]) {
      expect(shown.body).toContain(text);
    }
    const data = await bob.send("/data", ["Sec-Fetch-Mode: cors"]);
    expect([data.status, JSON.parse(data.body)]).toMatchObject([503, { code: "maintenance" }]);
    expect(await send("working", "/", page)).toMatchObject({ status: 503, hits: 0 });
    const decided = async () => {
      const listed = await system.admin.call("decisions.list", { query: { path: "/here" } });
      return listed.data.items.map(({ decision, reason }) => `${decision} ${reason}`);
    };
    await expect.poll(decided).toEqual(["deny maintenance"]);
    await set({ maintenance: false });
    expect(await bob.send("/", page)).toMatchObject({ status: 200, hits: 1 });
    await set({ maintenance: true, maintenanceUntil: Date.now() - 1 });
    expect(await bob.send("/", page)).toMatchObject({ status: 200, hits: 1 });
    await set({ maintenance: false, maintenanceUntil: 0 });
  });
  it("cuts open streams where it is to, and leaves them otherwise", async () => {
    const stream = await openStream(`${origin()}/events`, bob.cookie);
    await set({ maintenance: true, maintenanceStreams: "left" });
    await stream.next();
    expect(stream.isOver()).toBe(false);
    await set({ maintenanceStreams: "cut" });
    await stream.over;
    await set({ maintenance: false });
  });
  it("says on the app's own pages who is to be asked, and who is signed out", async () => {
    await set({
      pages: [
        { reason: "denied", title: "Ask the team", text: "You need **staff**.", contact: "team@example.com" },
        { reason: "signed_out", title: "Goodbye", text: "Until soon." },
        { reason: "upstream_down", text: "It sleeps at night." },
      ],
      upstreamTimeoutMs: 30_000,
    });
    const denied = await bob.send("/admin", page);
    expect(denied).toMatchObject({ status: 403, hits: 0 });
    for (const text of ["Ask the team", "<strong>staff</strong>", "team%40example.com", "dec_"]) {
      expect(denied.body).toContain(text);
    }
    const out = await send("working", "/.rustronaut/sign-out", page);
    for (const text of ["Goodbye", "Until soon."]) expect(out.body).toContain(text);
    const twice = [
      { reason: "denied", title: "a" },
      { reason: "denied", title: "b" },
    ];
    await expect(set({ pages: twice })).rejects.toMatchObject({ status: 422 });
  });
});

describe("limits of an app", () => {
  it("one session is told when it may go on, once recorded, and another goes on", async () => {
    await applyNetwork(system.admin, {
      version: 1,
      apps: ["limited", "limited2"].map((name) => ({
        name,
        host: `${name}.localhost`,
        segment: "main",
        upstreams: [system.upstream.origin],
        settings: { callerRequestsPerMinute: 4, denialsPerMinute: 2 },
      })),
    });
    const origin = `http://limited.localhost:${system.port}`;
    // The page after the sign-in is a request, too.
    const [bob, alice] = [await signIn(system, "bob", origin), await signIn(system, "alice", origin)];
    const cors = ["Sec-Fetch-Mode: cors"];
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await alice.send("/many", cors));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429]);
    expect(JSON.parse(answers[4]?.body ?? "")).toMatchObject({ code: "rate_limited" });
    expect(Number(answers[4]?.header("retry-after"))).toBeGreaterThan(0);
    expect(system.upstream.hits()).toBe(3);
    const refusals = async () => {
      const { data } = await system.admin.call("decisions.list", { query: { reason: "rate_limited" } });
      return data.items.length;
    };
    await expect.poll(refusals).toBe(1);
    // Bob is denied, which the limit of denials ends before that of requests.
    const denied = [];
    for (let i = 0; i < 4; i++) denied.push((await bob.send("/admin", cors)).status);
    expect(denied).toEqual([403, 403, 403, 429]);
    // What one app denies a program is no reason for another app to refuse it unheard.
    const { data } = await system.admin.call("serviceTokens.create", { body: { name: "limited" } });
    const asProgram = async (app: string) => {
      const lines = [`Authorization: Bearer ${data.secret}`, ...cors];
      return (await attack(system, rawRequest("/admin", `${app}.localhost:${system.port}`, lines))).status;
    };
    const apps = ["limited", "limited", "limited", "limited", "limited2"];
    const statuses = [];
    for (const app of apps) statuses.push(await asProgram(app));
    expect(statuses).toEqual([403, 403, 403, 429, 403]);
  });
});

describe("G7 the host that an app is asked for", () => {
  it("is its upstream's own; the one that the browser shows comes beside it", async () => {
    await send("strict", "/");
    const { host } = new URL(system.upstream.origin);
    expect(seen()?.headers).toMatchObject({ host, "x-forwarded-host": `strict.localhost:${system.port}` });
    expect(seen()?.headers.forwarded).toContain(`host="strict.localhost:${system.port}"`);
  });
});

describe("G7 what an app or the network says about sessions holds", () => {
  const origin = () => `http://members.localhost:${system.port}`;
  const asset = ["Sec-Fetch-Dest: image", "Sec-Fetch-Mode: no-cors"];
  const setNetwork = (network: NonNullable<NetworkDocument["network"]>) =>
    applyNetwork(system.admin, { version: 1, network });
  it("assertionAlgorithm", async () => {
    const alice = await signIn(system, "alice", origin());
    await alice.send("/");
    const token = String(seen()?.headers["x-rustronaut-jwt-assertion"]);
    expect(decodeProtectedHeader(token).alg).toBe("EdDSA");
    const jwks = await localRequest(`${origin()}/.well-known/rustronaut/jwks.json`);
    await jwtVerify(token, createLocalJWKSet(JSON.parse(jwks.text)), { algorithms: ["EdDSA"] });
  });
  it("leaseMs: without a lease, what a page loads is refused at once too", async () => {
    const alice = await signIn(system, "alice", origin());
    expect(await alice.send("/a.png", asset)).toMatchObject({ status: 200, hits: 1 });
    const { data } = await system.admin.call("users.get", { params: { user: "alice@example.com" } });
    await system.admin.call("sessions.killMany", { body: { by: "user", user: data.id } });
    expect(await alice.send("/a.png", asset)).toMatchObject({ status: 401, hits: 0 });
  });
  it("maxSessionsPerUser: one more sign-in ends the oldest", async () => {
    await setNetwork({ maxSessionsPerUser: 1 });
    const first = await signIn(system, "alice", origin());
    const second = await signIn(system, "alice", origin());
    await setNetwork({ maxSessionsPerUser: 20 });
    expect(await second.send("/", ["Sec-Fetch-Mode: cors"])).toMatchObject({ status: 200, hits: 1 });
    expect(await first.send("/", ["Sec-Fetch-Mode: cors"])).toMatchObject({ status: 401, hits: 0 });
  });
  it.each(["signInIdleSeconds", "signInAbsoluteSeconds"])(
    "%s: the launcher asks for a new sign-in",
    async (name) => {
      await setNetwork({ [name]: 1 });
      const { visitor } = await signIn(system, "alice", origin());
      const launcher = () => localRequest(`${system.authOrigin}/`, { headers: { cookie } });
      const cookie = visitor.cookieHeader(system.authOrigin);
      await expect
        .poll(async () => (await launcher()).text, { timeout: 10_000, interval: 1_500 })
        .not.toContain("alice@");
      await setNetwork({ signInIdleSeconds: 43_200, signInAbsoluteSeconds: 604_800 });
    },
  );
});

otherReadingsTests(() => system, send);
