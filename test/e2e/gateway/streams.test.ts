import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attack, signIn } from "../../support/attack.ts";
import { answerTo, askFor, personAt } from "../../support/grants.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { rawRequest } from "../../support/raw.ts";
import { endsOf, openDownload, openEach, openSocket, openUpload, streamsOf } from "../../support/streams.ts";
import { deviceSessionTests } from "./device-session-tests.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem();
  // Alice is the owner; the last one could not be disabled.
  await system.admin.call("users.create", { body: { email: "second@example.com", role: "owner" } });
});
afterAll(() => system.stop());

const host = () => `app.localhost:${system.port}`;

const openAll = (cookie: string) => openEach(system, host(), cookie);

const userId = async (email: string) =>
  (await system.admin.call("users.get", { params: { user: email } })).data.id;

async function update(
  id: "users.update" | "apps.update" | "policies.update",
  params: Record<string, string>,
  body: object,
) {
  const read = id.replace("update", "get") as "users.get";
  const { etag } = await system.admin.call(read, { params: params as { user: string } });
  await system.admin.call(id as "users.update", {
    params: params as { user: string },
    body: body as { name?: string },
    ifMatch: etag ?? "",
  });
}

describe("S-37 every trigger cuts every stream, and only those concerned", () => {
  const kill = async (): Promise<unknown> =>
    system.admin.call("sessions.killMany", { body: { by: "user", user: await userId("alice@example.com") } });
  const setStatus = (status: string) => update("users.update", { user: "alice@example.com" }, { status });
  const setPolicy = (enabled: boolean) => update("policies.update", { policy: "app" }, { enabled });
  const setRisk = (score: number) =>
    system.admin.call("risk.set", { params: { user: "alice@example.com" }, body: { score } });
  const setApp = async (settings: object, risk = 0) => {
    await setRisk(risk);
    await update("apps.update", { app: "app" }, { settings });
  };
  const triggers: [string, number, () => Promise<unknown>, () => Promise<unknown>][] = [
    ["an administrator's kill", 4401, kill, async () => {}],
    ["the user disabled", 4403, () => setStatus("disabled"), () => setStatus("active")],
    ["a policy changed", 4403, () => setPolicy(false), () => setPolicy(true)],
    ["risk above what is allowed", 4403, () => setRisk(95), () => setRisk(0)],
    [
      "an app that allows less risk",
      4403,
      () => setApp({ allowedRisk: 0 }, 10),
      () => setApp({ allowedRisk: 90 }),
    ],
  ];
  it.each(triggers)("%s", async (_name, code, trigger, restore) => {
    const alice = await signIn(system);
    const streams = await openAll(alice.visitor.cookieHeader(system.appOrigin));
    await trigger();
    expect(await endsOf(streams)).toEqual({ socket: code, events: null, download: null });
    await expect.poll(() => system.upstream.sockets.size).toBe(0);
    await expect.poll(() => system.upstream.open.size).toBe(0);
    await restore();
  });

  it("risk that asks for a new sign-in holds them, and they end with the session or go on when it falls", async () => {
    const alice = await signIn(system);
    const cookie = alice.visitor.cookieHeader(system.appOrigin);
    const socket = await openSocket(system.port, host(), cookie);
    const holds = () => streamsOf(system, "alice@example.com", "session.held");
    const before = (await holds()).length;
    const sendHeld = async (text: string, times: number) => {
      await setRisk(75);
      await expect.poll(async () => (await holds()).length).toBe(before + times);
      socket.send(text);
    };
    await sendHeld("first", 1);
    expect(socket.heard).toEqual(["ping"]);
    await setRisk(0);
    await expect.poll(() => socket.heard).toEqual(["ping", "first"]);
    await sendHeld("second", 2);
    await kill();
    expect((await socket.cut).code).toBe(4401);
    expect(socket.heard).toEqual(["ping", "first"]);
    await expect.poll(() => system.upstream.sockets.size).toBe(0);
    await setRisk(0);
  });

  it("an upload is aborted towards the application too", async () => {
    const alice = await signIn(system);
    const upload = openUpload(system.port, host(), alice.visitor.cookieHeader(system.appOrigin), "/upload");
    await expect.poll(() => system.upstream.open.has("/upload")).toBe(true);
    await system.admin.call("sessions.killMany", {
      body: { by: "user", user: await userId("alice@example.com") },
    });
    await upload.cut;
    await expect.poll(() => system.upstream.open.has("/upload")).toBe(false);
  });

  it("somebody else's streams go on", async () => {
    const alice = await signIn(system);
    const bob = await signIn(system, "bob");
    const his = await openSocket(system.port, host(), bob.visitor.cookieHeader(system.appOrigin));
    const hers = await openSocket(system.port, host(), alice.visitor.cookieHeader(system.appOrigin));
    await system.admin.call("sessions.killMany", {
      body: { by: "user", user: await userId("alice@example.com") },
    });
    expect((await hers.cut).code).toBe(4401);
    expect(system.upstream.sockets.size).toBe(1);
    his.close();
  });

  deviceSessionTests(() => system);

  it("grant expired, and only by time: nobody has to do anything", async () => {
    const { data } = await system.admin.call("apps.get", { params: { app: "other" } });
    const settings = { grantAskers: ["group:sales"], grantApprovers: ["group:engineering"] };
    await update("apps.update", { app: "other" }, { settings: { ...data.settings, ...settings } });
    const bob = await personAt(system.otherOrigin, "bob");
    const alice = await personAt(system.otherOrigin, "alice");
    const id = await askFor(system, bob, "other", { seconds: "5" });
    await answerTo(system, alice, id, "approve");
    await bob.visitor.visit(`${system.otherOrigin}/`, "bob");
    const cookie = bob.visitor.cookieHeader(system.otherOrigin);
    const other = `other.localhost:${system.port}`;
    const socket = await openSocket(system.port, other, cookie);
    const events = await openDownload(system.port, other, cookie, "/events");
    expect(await endsOf({ socket, events })).toEqual({ socket: 4403, events: null });
    const { until } = (await system.admin.call("grants.get", { params: { grant: id } })).data;
    const receipts = async () =>
      (await system.admin.call("sessions.receipts", { query: { user: "bob@example.com" } })).data.items;
    await expect
      .poll(async () => (await receipts())[0])
      .toMatchObject({ reason: "grant_ended", triggeredAt: until });
    const { status, hits } = await attack(system, rawRequest("/", other, [`Cookie: ${cookie}`]));
    expect([status, hits]).toEqual([403, 0]);
  });

  it("risk that allows only reading: an upload is cut, frames from the client go nowhere, and all comes back", async () => {
    const alice = await signIn(system);
    const cookie = alice.visitor.cookieHeader(system.appOrigin);
    const socket = await openSocket(system.port, host(), cookie);
    const events = await openDownload(system.port, host(), cookie, "/events");
    const upload = openUpload(system.port, host(), cookie, "/upload");
    await expect.poll(() => system.upstream.open.has("/upload")).toBe(true);
    await setRisk(60);
    await upload.cut;
    socket.send("while it may only read");
    const post = await alice.send("/", ["Sec-Fetch-Mode: cors", "Content-Length: 0"], "POST");
    expect([post.status, post.hits, post.header("x-rustronaut-response")]).toEqual([403, 0, "read_only"]);
    expect((await alice.send("/", ["Sec-Fetch-Mode: cors"])).status).toBe(200);
    await setRisk(0);
    expect((await alice.send("/", ["Content-Length: 0"], "POST")).status).toBe(200);
    await expect
      .poll(() => {
        socket.send("again");
        return socket.heard.includes("again");
      })
      .toBe(true);
    expect(socket.heard).not.toContain("while it may only read");
    events.close();
    socket.close();
  });

  it("each cut leaves a receipt: the trigger, each stream's end, and what passed between", async () => {
    const since = Date.now();
    const alice = await signIn(system);
    const streams = await openAll(alice.visitor.cookieHeader(system.appOrigin));
    const sessions = await system.admin.call("sessions.list", { query: { user: "alice@example.com" } });
    const [own] = sessions.data.items.filter(({ kind }) => kind === "app");
    expect(own).toMatchObject({ risk: 0, grade: "allow" });
    await setRisk(95);
    await endsOf(streams);
    const receipts = async () =>
      (await system.admin.call("sessions.receipts", { query: { session: own?.id ?? "" } })).data.items;
    await expect.poll(async () => (await receipts())[0]?.streams.length).toBe(3);
    const [receipt] = await receipts();
    expect(receipt).toMatchObject({
      email: "alice@example.com",
      appName: "app",
      reason: "risk_above_allowed",
      streams: expect.arrayContaining(
        ["websocket", "events", "download"].map((stream) => expect.objectContaining({ stream })),
      ),
    });
    expect(receipt?.triggeredAt).toBeGreaterThanOrEqual(since);
    expect(receipt?.cutAt).toBeGreaterThanOrEqual(receipt?.triggeredAt ?? 0);
    await setRisk(0);
  });

  it("a watched session's requests are recorded with their size; recorded ones with headers that keep secrets", async () => {
    const alice = await signIn(system);
    const watched = async () => {
      const found = await system.admin.call("audit.list", { query: { reason: "session.watched_request" } });
      return found.data.items.map(({ entry }) => entry.detail as Record<string, unknown>);
    };
    await alice.send("/plain", ["Sec-Fetch-Mode: cors"]);
    await setRisk(35);
    await alice.send("/seen?token=secret", ["Sec-Fetch-Mode: cors", "X-Mine: secret"]);
    await expect.poll(async () => (await watched())[0]).toMatchObject({ path: "/seen", status: 200 });
    const [first] = await watched();
    expect(first?.bytesDown).toBeGreaterThan(0);
    expect(first).not.toHaveProperty("requestHeaders");
    await update("apps.update", { app: "app" }, { settings: { monitoring: "recorded" } });
    await alice.send("/recorded", ["Sec-Fetch-Mode: cors", "X-Mine: secret"]);
    await expect.poll(async () => (await watched())[0]?.path).toBe("/recorded");
    const [recorded] = await watched();
    expect(recorded?.requestHeaders).toMatchObject({ "sec-fetch-mode": "cors", "x-mine": "(6 characters)" });
    expect(JSON.stringify(await watched())).not.toContain("secret");
    expect((await watched()).map(({ path }) => path)).not.toContain("/plain");
    await update("apps.update", { app: "app" }, { settings: { monitoring: "normal" } });
    await setRisk(0);
  });

  it("a paused session asks scripts and pages for a new sign-in, and a cut one never comes back by itself", async () => {
    const alice = await signIn(system);
    await setRisk(75);
    const script = await alice.send("/", ["Sec-Fetch-Mode: cors"]);
    expect([script.status, script.hits]).toEqual([401, 0]);
    await setRisk(95);
    const cut = await alice.send("/", ["Sec-Fetch-Mode: navigate", "Accept: text/html"]);
    expect([cut.status, cut.hits]).toEqual([403, 0]);
    await setRisk(0);
    expect((await alice.send("/", ["Sec-Fetch-Mode: cors"])).status).toBe(401);
  });
});

describe("S-38 a kill that meets a restart", () => {
  it("the session stays dead, the next request is refused", async () => {
    const alice = await signIn(system);
    const cookie = alice.visitor.cookieHeader(system.appOrigin);
    await system.admin.call("sessions.killMany", {
      body: { by: "user", user: await userId("alice@example.com") },
    });
    const { status, hits } = await alice.send("/", ["Sec-Fetch-Mode: cors"]);
    expect([status, hits]).toEqual([401, 0]);
    await expect(openSocket(system.port, host(), cookie)).rejects.toThrow("401");
  });
});

describe("S-39 WebSockets of other origins", () => {
  it.each(["https://evil.example", "null", "http://other.localhost", "https://app.localhost"])(
    "%s is refused",
    async (origin) => {
      const alice = await signIn(system);
      const cookie = alice.visitor.cookieHeader(system.appOrigin);
      await expect(openSocket(system.port, host(), cookie, "/socket", origin)).rejects.toThrow("403");
      expect(system.upstream.hits()).toBe(0);
    },
  );
  it("a missing Origin beside a cookie is refused", async () => {
    const alice = await signIn(system);
    const { status, hits } = await alice.send("/socket", [
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]);
    expect([status, hits]).toEqual([403, 0]);
  });
  it("an upgrade without a session is 401, never a redirect", async () => {
    await expect(openSocket(system.port, host(), "none=1")).rejects.toThrow("401");
  });
});

describe("S-40 upgrades that are none", () => {
  it.each(["h2c", "foo"])("Upgrade: %s makes no tunnel", async (protocol) => {
    const alice = await signIn(system);
    const { status } = await alice.send("/", [`Upgrade: ${protocol}`]);
    expect(status).not.toBe(101);
  });
});

it("S-37: no stream that was cut is logged as a fault of ours", () => {
  expect(system.log.filter((line) => /uncaught/i.test(line))).toEqual([]);
});
