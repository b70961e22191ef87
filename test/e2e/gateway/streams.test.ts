import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DeviceCheck, digestOf, parseDeviceCheck } from "../../../shared/node/config/device-check.ts";
import { attack, signIn } from "../../support/attack.ts";
import {
  challengeOf,
  enrolDevice,
  formOf,
  hubOf,
  openOn,
  proofOf,
  reportPosture,
  showProof,
} from "../../support/device.ts";
import { answerTo, askFor, personAt } from "../../support/grants.ts";
import { type System, startSystem } from "../../support/harness.ts";
import type { TestHub, TestNode } from "../../support/node-client.ts";
import { rawRequest } from "../../support/raw.ts";
import { type OpenStream, openDownload, openSocket, openUpload, streamsOf } from "../../support/streams.ts";
import { Visitor } from "../../support/visitor.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem();
  // Alice is the owner; the last one could not be disabled.
  await system.admin.call("users.create", { body: { email: "second@example.com", role: "owner" } });
});
afterAll(() => system.stop());

const host = () => `app.localhost:${system.port}`;

async function openAll(
  cookie: string,
): Promise<{ socket: OpenStream; events: OpenStream; download: OpenStream }> {
  return {
    socket: await openSocket(system.port, host(), cookie),
    events: await openDownload(system.port, host(), cookie, "/events"),
    download: await openDownload(system.port, host(), cookie, "/download"),
  };
}

const ended = async (streams: Record<string, OpenStream>) =>
  Object.fromEntries(
    await Promise.all(Object.entries(streams).map(async ([name, { cut }]) => [name, (await cut).code])),
  );

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
    expect(await ended(streams)).toEqual({ socket: code, events: null, download: null });
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

  describe("of a session that rests on a device", () => {
    const NEEDED = `context has device && context.device.claims.diskEncrypted && context.device.claims.age < 300
      && context.device.claims.checks.contains("edr:present")`;
    const CHECK = "edr = process edrd";
    const answering = (result: string) => ({
      checks: [{ name: "edr", of: digestOf(parseDeviceCheck(CHECK) as DeviceCheck), result }],
    });
    async function setChecks(deviceChecks: string[]) {
      const { etag } = await system.admin.call("segments.get", { params: { segment: "main" } });
      await system.admin.call("segments.update", {
        params: { segment: "main" },
        body: { deviceChecks },
        ifMatch: etag ?? "",
      });
    }
    async function openedOnDevice() {
      const node = await enrolDevice(system, hub);
      await reportPosture(node, answering("present"));
      const visitor = new Visitor();
      const opened = await openOn(node, system, visitor, `${system.appOrigin}/`, "alice");
      expect(opened.status, opened.text).toBe(200);
      return { node, visitor, streams: await openAll(visitor.cookieHeader(system.appOrigin)) };
    }
    let hub: TestHub;
    let policy: { readonly id: string };
    beforeAll(async () => {
      hub = await hubOf(system);
      await setChecks([CHECK]);
      const source = `forbid (principal, action, resource == App::"app") unless { ${NEEDED} };`;
      policy = (await system.admin.call("policies.create", { body: { name: "device", source } })).data;
    });
    afterAll(async () => {
      const { etag } = await system.admin.call("policies.get", { params: { policy: policy.id } });
      await system.admin.call("policies.delete", { params: { policy: policy.id }, ifMatch: etag ?? "" });
    });
    const change = async (node: TestNode, body: object) => {
      const { etag } = await system.admin.call("nodes.get", { params: { node: node.id } });
      await system.admin.call("nodes.update", { params: { node: node.id }, body, ifMatch: etag ?? "" });
    };
    const causes: [string, (node: TestNode) => Promise<unknown>][] = [
      ["the device out of compliance", (node) => reportPosture(node, { diskEncrypted: false })],
      ["what can't be found out any more", (node) => reportPosture(node, { diskEncrypted: null })],
      ["posture that grew too old", (node) => reportPosture(node, {}, 298_500)],
      ["a check that finds nothing any more", (node) => reportPosture(node, answering("absent"))],
      ["a check that is not answered any more", (node) => reportPosture(node, { checks: [] })],
      ["the device revoked", (node) => system.admin.call("nodes.revoke", { params: { node: node.id } })],
      ["the device given to somebody else", (node) => change(node, { user: "second@example.com" })],
    ];
    it("a check that was changed, until the machine has answered it", async () => {
      const { node, streams } = await openedOnDevice();
      await setChecks(["edr = file /usr/bin/other"]);
      expect(await ended(streams)).toEqual({ socket: 4403, events: null, download: null });
      const { data } = await system.admin.call("nodes.get", { params: { node: node.id } });
      expect(data.live?.checks).toEqual([{ check: "edr = file /usr/bin/other", result: null }]);
      await setChecks([CHECK]);
    });

    it("no proof but a fresh one of the person's own device counts", async () => {
      const visitor = new Visitor();
      const page = await visitor.visit(`${system.appOrigin}/`, "alice");
      const form = formOf(page.response.text);
      if (!form) throw new Error(`no page asks for a proof: ${page.response.text}`);
      const [own, foreign] = [
        await enrolDevice(system, hub),
        await enrolDevice(system, hub, "second@example.com"),
      ];
      const put = await enrolDevice(system, hub);
      await system.admin.call("nodes.revoke", { params: { node: put.id } });
      const { challenge } = form;
      const at = system.authOrigin;
      const elsewhere = new Visitor();
      const other = formOf((await elsewhere.visit(`${system.appOrigin}/`, "alice")).response.text);
      const show = async (
        proof: object,
        fields: Partial<typeof form> = {},
        headers: Record<string, string> = {},
      ) => {
        const shown = { a: form.a, csrf: form.csrf, ...fields, proof: JSON.stringify(proof) };
        const { status, headers: answered } = await showProof(system, visitor, shown, headers);
        return [status, answered["x-rustronaut-response"]];
      };
      const refused = [403, "device_proof_refused"];
      const good = await proofOf(own, challenge, at);
      expect(await show(await proofOf(own, challenge, "https://auth.example.com"))).toEqual(refused);
      expect(await show(await proofOf(own, challenge, at, foreign.signing))).toEqual(refused);
      expect(await show(await proofOf(own, other?.challenge ?? "", at))).toEqual(refused);
      expect(await show(await proofOf(own, "x".repeat(60), at))).toEqual(refused);
      expect(await show({ ...good, more: 1 })).toEqual(refused);
      expect(await show(good, { csrf: other?.csrf ?? "" })).toEqual([403, "csrf_rejected"]);
      expect(await show(good, {}, { "sec-fetch-site": "same-site" })).toEqual([403, "csrf_rejected"]);
      expect(await show(good)).toEqual([200, "device_proven"]);
      expect(await show(good)).toEqual(refused);
      for (const [node, challenge] of [
        [foreign, await challengeOf(system, visitor)],
        [put, await challengeOf(system, visitor)],
      ] as const) {
        const { a, csrf } = challenge;
        expect(await show(await proofOf(node, challenge.challenge, at), { a, csrf })).toEqual(refused);
      }
      const sessions = await system.admin.call("audit.list", { query: { limit: 200 } });
      const reasons = sessions.data.items.flatMap(({ entry }) =>
        entry.kind !== "decision" && entry.action === "session.device_refused"
          ? [(entry.detail as { reason?: string }).reason]
          : [],
      );
      expect(reasons.reverse().slice(-8)).toEqual([
        "signature_invalid",
        "signature_invalid",
        "challenge_expired",
        "challenge_expired",
        "malformed",
        "replayed",
        "other_owner",
        "not_approved",
      ]);
    });

    it.each(causes)("%s", async (_name, cause) => {
      const { node, visitor, streams } = await openedOnDevice();
      await cause(node);
      expect(await ended(streams)).toEqual({ socket: 4403, events: null, download: null });
      const again = await visitor.get(`${system.appOrigin}/`, { "sec-fetch-mode": "cors" });
      expect(again.status).toBe(403);
    });

    it("the facts of a system that manages devices, stated and taken back", async () => {
      const node = await enrolDevice(system, hub);
      await reportPosture(node, answering("present"));
      const state = (facts: string[]) =>
        system.admin.call("nodes.state", {
          params: { node: node.id },
          body: { by: "intune", facts },
        });
      await state(["compliant"]);
      const { etag } = await system.admin.call("policies.get", { params: { policy: policy.id } });
      const stated = `${NEEDED} && context.device.stated.contains("intune:compliant")`;
      const source = `forbid (principal, action, resource == App::"app") unless { ${stated} };`;
      await system.admin.call("policies.publish", {
        params: { policy: policy.id },
        body: { source },
        ifMatch: etag ?? "",
      });
      const visitor = new Visitor();
      const opened = await openOn(node, system, visitor, `${system.appOrigin}/`, "alice");
      expect(opened.status, opened.text).toBe(200);
      const streams = await openAll(visitor.cookieHeader(system.appOrigin));
      const { data } = await state([]);
      expect(data.stated).toEqual([]);
      expect(await ended(streams)).toEqual({ socket: 4403, events: null, download: null });
    });
  });

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
    expect(await ended({ socket, events })).toEqual({ socket: 4403, events: null });
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
    await ended(streams);
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
