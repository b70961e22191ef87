import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { applyNetwork } from "../../../scripts/local/admin.ts";
import { type Attacker, attack, signIn } from "../../support/attack.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { rawRequest, sendRaw } from "../../support/raw.ts";
import { type OpenStream, openDownload, openSocket } from "../../support/streams.ts";

/** More of S-37 and S-38: what else ends an open stream, each on an app of its own. */

const APPS = [
  "disabled",
  "deleted",
  "moved",
  "grouped",
  "timed",
  "short",
  "left",
  "many",
  "evicted",
  "leased",
  "small",
];

let system: System;
beforeAll(async () => {
  system = await startSystem({
    withoutDashboard: true,
    policies: [
      { name: "people", source: `permit (principal in Group::"engineering", action, resource);` },
      { name: "all", source: `permit (principal, action, resource == App::"open");` },
      { name: "anyone", source: `permit (principal, action, resource == App::"closing");` },
    ],
  });
  const segment = "main";
  const upstreams = [system.upstream.origin];
  await applyNetwork(system.admin, {
    version: 1,
    apps: [
      ...APPS.map((name) => ({ name, host: `${name}.localhost`, segment, upstreams })),
      ...["open", "closing"].map((name) => ({
        name,
        host: `${name}.localhost`,
        segment,
        upstreams,
        settings: { anonymous: true },
      })),
    ],
  });
});
afterAll(() => system.stop());
beforeEach(() => system.upstream.reset());

const hostOf = (app: string) => `${app}.localhost:${system.port}`;

interface Guest {
  readonly attacker: Attacker;
  readonly cookie: string;
  readonly streams: Readonly<Record<"socket" | "events" | "download", OpenStream>>;
}

/** Someone with a socket, an event stream and a download of an app open. */
async function guestOf(app: string, user = "alice"): Promise<Guest> {
  const origin = `http://${hostOf(app)}`;
  const attacker = await signIn(system, user, origin);
  const cookie = attacker.visitor.cookieHeader(origin);
  const [socket, events, download] = await Promise.all([
    openSocket(system.port, hostOf(app), cookie),
    openDownload(system.port, hostOf(app), cookie, "/events"),
    openDownload(system.port, hostOf(app), cookie, "/download"),
  ]);
  return { attacker, cookie, streams: { socket, events, download } };
}

/** All three have ended, on both sides. @returns The close code of the socket. */
async function ended({ streams }: Guest): Promise<number | null> {
  const [{ code }] = await Promise.all([streams.socket.cut, streams.events.cut, streams.download.cut]);
  await expect.poll(() => system.upstream.sockets.size + system.upstream.open.size).toBe(0);
  return code;
}

const versionOf = async (app: string) =>
  (await system.admin.call("apps.get", { params: { app } })).etag ?? "";

async function updateApp(app: string, body: object): Promise<void> {
  await system.admin.call("apps.update", { params: { app }, body, ifMatch: await versionOf(app) });
}

/** Ends this one session. */
async function signOut({ attacker }: Guest, app: string): Promise<void> {
  const origin = `http://${hostOf(app)}`;
  const headers = {
    origin,
    "content-type": "application/x-www-form-urlencoded",
    "sec-fetch-site": "same-origin",
  };
  const path = "/.rustronaut/sign-out";
  const { status } = await attacker.visitor.get(`${origin}${path}`, headers, "POST", "scope=app");
  expect(status).toBe(200);
}

/** An administrator ends all sessions of Alice. */
async function killAlice(): Promise<void> {
  const { data: user } = await system.admin.call("users.get", { params: { user: "alice@example.com" } });
  await system.admin.call("sessions.killMany", { body: { by: "user", user: user.id } });
}

const API = { lines: ["Sec-Fetch-Mode: cors"] };

describe("S-37 the app", () => {
  it("disabled: its streams end, and its host is nobody's", async () => {
    const guest = await guestOf("disabled");
    await updateApp("disabled", { enabled: false });
    expect([4401, 4403]).toContain(await ended(guest));
    expect(await guest.attacker.send("/", API.lines)).toMatchObject({ status: 421, hits: 0 });
  });
  it("deleted: its streams end, and its host is nobody's", async () => {
    const guest = await guestOf("deleted");
    await system.admin.call("apps.delete", {
      params: { app: "deleted" },
      ifMatch: await versionOf("deleted"),
    });
    expect([4401, 4403]).toContain(await ended(guest));
    expect(await guest.attacker.send("/", API.lines)).toMatchObject({ status: 421, hits: 0 });
  });
});

describe("S-37 the person", () => {
  it("taken out of a group: their streams end", async () => {
    await system.admin.call("groups.create", { body: { name: "guests" } });
    const params = { group: "guests", kind: "user", member: "bob@example.com" };
    const origin = `http://${hostOf("grouped")}`;
    // Known to the registry from the first sign-in on, even a refused one.
    await signIn(system, "bob", origin).catch(() => undefined);
    await system.admin.call("policies.create", {
      body: {
        name: "guests",
        source: `permit (principal in Group::"guests", action, resource == App::"grouped");`,
      },
    });
    await system.admin.call("groups.addMember", { params });
    const guest = await guestOf("grouped", "bob");
    await system.admin.call("groups.removeMember", { params });
    expect(await ended(guest)).toBe(4403);
    expect(await guest.attacker.send("/", API.lines)).toMatchObject({ status: 403, hits: 0 });
  });
  it("signed out of the app: its streams end", async () => {
    const guest = await guestOf("left");
    await signOut(guest, "left");
    expect(await ended(guest)).toBe(4401);
    expect(await guest.attacker.send("/", API.lines)).toMatchObject({ status: 401, hits: 0 });
  });
});

describe("S-37 a request of the session that comes from elsewhere", () => {
  it("by another browser, where the app allows no such risk: the streams of before end", async () => {
    await updateApp("moved", { settings: { allowedRisk: 30 } });
    const guest = await guestOf("moved");
    const other = ["User-Agent: Another/1.0", ...API.lines];
    // What requests show is looked at once a second at most.
    await expect.poll(async () => (await guest.attacker.send("/", other)).status).toBe(403);
    expect(await ended(guest)).toBe(4403);
  });
});

describe("S-37 time alone", () => {
  it("a policy that no longer permits ends streams without anybody's doing", async () => {
    const until = new Date(Date.now() + 3_000).toISOString();
    await system.admin.call("policies.create", {
      body: {
        name: "until",
        source: `forbid (principal, action, resource == App::"timed") when { context.time.now > datetime("${until}") };`,
      },
    });
    expect(await ended(await guestOf("timed"))).toBe(4403);
  });
  it("the absolute lifetime ends streams however busy they are", async () => {
    await updateApp("short", { settings: { absoluteSeconds: 3 } });
    const guest = await guestOf("short");
    expect(await ended(guest)).toBe(4401);
    expect(await guest.attacker.send("/", API.lines)).toMatchObject({ status: 401, hits: 0 });
  });
});

describe("S-37 callers without a session", () => {
  it("a stream of an anonymous caller is decided anew when policies change", async () => {
    const stream = await openDownload(system.port, hostOf("open"), {}, "/events");
    const { etag } = await system.admin.call("policies.get", { params: { policy: "all" } });
    await system.admin.call("policies.update", {
      params: { policy: "all" },
      body: { enabled: false },
      ifMatch: etag ?? "",
    });
    await stream.cut;
    await expect.poll(() => system.upstream.open.size).toBe(0);
    const after = await attack(system, rawRequest("/", hostOf("open"), API.lines));
    expect(after).toMatchObject({ status: 401, hits: 0 });
  });
});

describe("S-37 an app that no longer lets callers in without a session", () => {
  const ask = () => attack(system, rawRequest("/", hostOf("closing"), API.lines));
  it("ends the streams of those that came without one, though the policies would permit them", async () => {
    const stream = await openDownload(system.port, hostOf("closing"), {}, "/events");
    await updateApp("closing", { settings: { anonymous: false } });
    await stream.cut;
    await expect.poll(() => system.upstream.open.size).toBe(0);
    expect(await ask()).toMatchObject({ status: 401, hits: 0 });
  });
  it("refuses the first who asks an isolate that has not heard of it", async () => {
    await updateApp("closing", { settings: { anonymous: true } });
    await expect.poll(async () => (await ask()).status, { timeout: 3_000 }).toBe(200);
    // As long as an isolate believes an epoch that no session object vouched for.
    await outlast(1_100);
    await updateApp("closing", { settings: { anonymous: false } });
    expect(await ask()).toMatchObject({ status: 401, hits: 0 });
  });
});

describe("S-37 many at once", () => {
  it("one kill cuts all 50 streams of a session, and none of another's", async () => {
    const guest = await guestOf("many");
    const other = await guestOf("many", "alice");
    const more = await Promise.all(
      Array.from({ length: 47 }, (_, i) =>
        i % 2 === 0
          ? openSocket(system.port, hostOf("many"), guest.cookie)
          : openDownload(system.port, hostOf("many"), guest.cookie, `/events?${i}`),
      ),
    );
    await signOut(guest, "many");
    await Promise.all([...Object.values(guest.streams), ...more].map(({ cut }) => cut));
    expect(system.upstream.sockets.size).toBe(1);
    for (const { close } of Object.values(other.streams)) close();
    await expect.poll(() => system.upstream.open.size).toBe(0);
  });
});

describe("S-38 the session's object restarts under open streams", () => {
  const evict = async ({ attacker }: Guest, webSockets: "close" | "hibernate") => {
    const value = attacker.visitor.cookies(`http://${hostOf("evicted")}`).get("__Host-rn_s") ?? "";
    const name = value.slice(0, value.lastIndexOf(".")).replaceAll(".", "/");
    const { miniflare } = system.platform;
    await miniflare.unsafeEvictDurableObject("rustronaut", "SegmentSessions", { name, webSockets });
  };
  it("evicted with its kill lines kept: streams go on, and a kill still ends them", async () => {
    const guest = await guestOf("evicted");
    await evict(guest, "hibernate");
    expect(await guest.attacker.send("/")).toMatchObject({ status: 200, hits: 1 });
    expect(system.upstream.sockets.size).toBe(1);
    await killAlice();
    expect(await ended(guest)).toBe(4401);
  });
  it.each([
    ["at once, so that nobody vouches", 0],
    ["later, so that new ones are opened", 1_100],
  ])("its kill lines lost %s: a kill in between is not missed", async (_, after) => {
    const guest = await guestOf("evicted");
    await outlast(after);
    await evict(guest, "close");
    expect(await guest.attacker.send("/")).toMatchObject({ status: 200, hits: 1 });
    await killAlice();
    expect(await ended(guest)).toBe(4401);
  });
});

/** Waits until something is older than a limit of the design. */
const outlast = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("S-37 an upload", () => {
  it("that is cut before any answer is refused, and the application never gets a whole one", async () => {
    const guest = await guestOf("leased");
    const head = rawRequest(
      "/upload",
      hostOf("leased"),
      [`Cookie: ${guest.cookie}`, "Content-Length: 100000", ...API.lines],
      "POST",
    );
    const answered = sendRaw(system.port, head, 5_000, (socket) => {
      const timer = setInterval(() => socket.write("x"), 20);
      socket.on("close", () => clearInterval(timer));
    });
    await expect.poll(() => system.upstream.open.has("/upload")).toBe(true);
    await killAlice();
    expect(await answered).toMatchObject({ status: 401 });
    expect((await answered).header("x-rustronaut-response")).toBe("session_ended");
    await ended(guest);
    expect(system.upstream.seen.filter(({ method }) => method === "POST")).toEqual([]);
  });
});

describe("S-37 a small answer that takes its time", () => {
  it("looks over to nobody: it ends with the session", async () => {
    const guest = await guestOf("small");
    const request = rawRequest("/download/small", hostOf("small"), [`Cookie: ${guest.cookie}`]);
    const answer = sendRaw(system.port, request, 5_000);
    await expect.poll(() => system.upstream.open.has("/download/small")).toBe(true);
    await killAlice();
    await ended(guest);
    expect((await answer).body.length).toBeLessThan(16_000);
  });
});

describe("a lease (at most a second) outlives a kill for what a page loads by itself, and for nothing else", () => {
  it("everything else is refused at once, and so is the page's own when the lease is over", async () => {
    const { attacker, streams } = await guestOf("leased");
    const send = (method: string, ...lines: string[]) =>
      attacker.send("/a.png", lines, method, hostOf("leased"));
    const asset = ["Sec-Fetch-Dest: image", "Sec-Fetch-Mode: no-cors"];
    expect(await send("GET", ...asset)).toMatchObject({ status: 200, hits: 1 });
    await killAlice();
    expect(await send("POST", ...asset)).toMatchObject({ status: 401, hits: 0 });
    expect(await send("GET", "Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: cors")).toMatchObject({
      status: 401,
      hits: 0,
    });
    const page = await send("GET", "Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate");
    expect(page).toMatchObject({ status: 302, hits: 0 });
    await expect.poll(async () => (await send("GET", ...asset)).status, { timeout: 3_000 }).toBe(401);
    await Promise.all(Object.values(streams).map(({ cut }) => cut));
  });
});
