import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { LocalResponse } from "../../../scripts/local/http.ts";
import { CHROMIUM, openBrowser } from "../../support/browser.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { where } from "../../support/needs.ts";
import { openDownload, openSocket, openUpload, streamsOf } from "../../support/streams.ts";
import { Visitor } from "../../support/visitor.ts";
import { FORM, passkeysInBrowserTests, passkeyTests } from "./passkeys-tests.ts";

/** A step-up at a real provider: what is asked of it, what of its answer counts, and the work that waits meanwhile. */

const POLICIES = `permit (principal is User, action, resource == App::"app");
@verify("second_factor within 10m")
permit (principal is User, action == Action::"write", resource == App::"app") when { context.request.path like "/pay*" };
@acr("urn:demo:second-factor")
permit (principal is User, action, resource == App::"app") when { context.request.path like "/gold*" };
@acr("urn:demo:platinum")
permit (principal is User, action, resource == App::"app") when { context.request.path == "/platinum" };
permit (principal is User, action, resource == App::"other");`;

let system: System;
beforeAll(async () => {
  system = await startSystem({ withoutDashboard: true, policies: [{ name: "all", source: POLICIES }] });
});
afterAll(() => system.stop());
beforeEach(() => system.upstream.reset());

async function signedIn(user = "alice"): Promise<Visitor> {
  const visitor = new Visitor();
  await visitor.visit(`${system.appOrigin}/`, user);
  system.upstream.reset();
  return visitor;
}

/** Sends a form, as a browser does. */
const post = (visitor: Visitor, path: string, body: string, headers: Record<string, string> = {}) =>
  visitor.get(
    system.appOrigin + path,
    { ...FORM, origin: system.appOrigin, "content-length": String(Buffer.byteLength(body)), ...headers },
    "POST",
    body,
  );

const linkOf = ({ text }: LocalResponse): string =>
  (/<a class="button" href="([^"]+)"/.exec(text)?.[1] ?? "").replaceAll("&amp;", "&");
const actionOf = ({ text }: LocalResponse): string =>
  (/<form method="post" action="([^"]+)"/.exec(text)?.[1] ?? "").replaceAll("&amp;", "&");

const arrived = () =>
  system.upstream.seen.filter(({ method }) => method === "POST").map(({ url, body }) => ({ url, body }));
const given = () => ({ system, post, arrived });

describe("a form that a policy asks a second factor for", () => {
  it("waits for the step-up, and arrives exactly once", async () => {
    const alice = await signedIn();
    const cookie = alice.cookieHeader(system.appOrigin);
    const waiting = await post(alice, "/pay?to=bob", "amount=7");
    expect(waiting.status).toBe(401);
    expect(waiting.headers["x-rustronaut-response"]).toBe("second_factor_required");
    expect(waiting.text).toContain("a second factor");
    expect(arrived()).toEqual([]);

    const { response: page, hops } = await alice.visit(linkOf(waiting), "alice/otp");
    expect(hops.find((hop) => hop.startsWith(system.issuer))).toMatch(/[?&]prompt=login&/);
    expect(hops.find((hop) => hop.startsWith(system.issuer))).toContain("max_age=0");
    expect(page.text).toContain("/pay");
    // The cookie of before, which somebody may have stolen, gains nothing.
    expect(alice.cookieHeader(system.appOrigin)).not.toBe(cookie);
    const action = actionOf(page);
    const thief = new Visitor();
    for (const one of cookie.split("; ")) {
      const [name = "", value = ""] = one.split("=");
      thief.cookies(system.appOrigin).set(name, value);
    }
    expect((await post(thief, action, "")).status).toBe(410);
    expect(arrived()).toEqual([]);

    const answers = await Promise.all([post(alice, action, ""), post(alice, action, "")]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 410]);
    expect((await post(alice, action, "")).headers["x-rustronaut-response"]).toBe("parked_request_gone");
    expect(arrived()).toEqual([{ url: "/pay?to=bob", body: "amount=7" }]);
    // The address of the answer, opened again, sends nothing.
    const again = await alice.get(system.appOrigin + action);
    expect([again.status, again.headers.location]).toEqual([303, "/pay?to=bob"]);
    expect(arrived().length).toBe(1);
  });
});

describe("a context that a policy asks for", () => {
  it("is asked of the provider, and must be in its answer", async () => {
    const alice = await signedIn();
    const first = await alice.visit(`${system.appOrigin}/gold`, "alice/otp");
    const asked = new URL(first.hops.find((hop) => hop.startsWith(`${system.issuer}/auth`)) ?? "");
    expect(asked.searchParams.get("acr_values")).toBe("urn:demo:second-factor");
    expect([first.url, first.response.status]).toEqual([`${system.appOrigin}/gold`, 200]);

    // A provider that signs the person in with less.
    const bob = await signedIn("bob");
    const second = await bob.visit(`${system.appOrigin}/gold`, "bob");
    expect(second.response.status).toBe(403);
    expect(second.response.text).toContain("did not say that you did it in this way");
    expect(system.upstream.seen.filter(({ url }) => url === "/gold")).toEqual([]);
  });

  it("of a provider whose word does not count is no second factor", async () => {
    const { data } = await system.admin.call("identityProviders.get", { params: { provider: "main" } });
    const set = (believesMethods: boolean, version: number) =>
      system.admin.call("identityProviders.update", {
        params: { provider: "main" },
        body: { believesMethods },
        ifMatch: `"${version}"`,
      });
    await set(false, data.version);
    onTestFinished(async () => void (await set(true, data.version + 1)));
    const alice = await signedIn("alice/otp");
    const { response } = await alice.visit(`${system.appOrigin}/gold`, "alice/otp");
    expect(response.status).toBe(403);
    expect(response.text).toContain("can't show this");
    const who = await alice.get(`${system.appOrigin}/.rustronaut/user`);
    expect(JSON.parse(who.text)).toMatchObject({ amr: [] });
  });

  it("is said to scripts with the address that asks for it", async () => {
    const alice = await signedIn();
    const script = { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty", accept: "application/json" };
    const refused = await post(alice, "/pay", "amount=1", script);
    const { code, login_url: loginUrl } = JSON.parse(refused.text);
    expect([refused.status, code]).toEqual([401, "second_factor_required"]);
    expect(arrived()).toEqual([]);
    await alice.visit(loginUrl, "alice/otp");
    expect((await post(alice, "/pay", "amount=1", script)).status).toBe(200);
    expect(arrived()).toEqual([{ url: "/pay", body: "amount=1" }]);
  });
});

describe("open connections of a session that is paused", () => {
  it("pass nothing in either direction until the step-up, and then all of it, once", async () => {
    const host = new URL(system.appOrigin).host;
    const alice = await signedIn();
    const cookie = alice.cookieHeader(system.appOrigin);
    const fence = (await signedIn("bob")).cookieHeader(system.appOrigin);
    const socket = await openSocket(system.port, host, cookie);
    const [application] = system.upstream.sockets;
    const arrivals: string[] = [];
    application?.on("message", (data) => arrivals.push(String(data)));
    const [events, download, upload] = await Promise.all([
      openDownload(system.port, host, cookie, "/events"),
      openDownload(system.port, host, cookie, "/download"),
      openUpload(system.port, host, cookie, "/upload"),
    ]);
    await expect.poll(() => system.upstream.open.size).toBe(3);
    const source = `@verify("second_factor") permit (principal is User, action, resource == App::"app") when {
      principal.email == "alice@example.com" && ["/socket", "/events", "/download", "/upload"].contains(context.request.path) };`;
    const { data: policy } = await system.admin.call("policies.create", { body: { name: "live", source } });
    onTestFinished(async () => {
      const params = { policy: policy.id };
      const { etag } = await system.admin.call("policies.get", { params });
      await system.admin.call("policies.delete", { params, ifMatch: etag ?? "" });
    });
    const noted = (action: string) => streamsOf(system, "alice@example.com", action);
    const all = ["download", "events", "upload", "websocket"];
    await expect.poll(() => noted("session.held"), { timeout: 5_000 }).toEqual(all);

    const before = [events.received(), download.received()];
    const uploaded = system.upstream.received.get("/upload");
    socket.send("one");
    socket.send("two");
    application?.send("from the application");
    // Somebody else's connections work meanwhile.
    const others = await openDownload(system.port, host, fence, "/events?others");
    const echo = await openSocket(system.port, host, fence);
    await expect.poll(() => others.received()).toBeGreaterThan(50);
    expect(echo.heard).toEqual(["ping"]);
    expect([events.received(), download.received()]).toEqual(before);
    expect(system.upstream.received.get("/upload")).toBe(uploaded);
    expect([arrivals, socket.heard]).toEqual([[], ["ping"]]);

    await alice.visit(`${system.appOrigin}/.rustronaut/sign-in?fresh=1&verify=second_factor`, "alice/otp");
    await expect.poll(() => socket.heard).toEqual(["ping", "from the application", "one", "two"]);
    expect(arrivals).toEqual(["one", "two"]);
    await expect.poll(() => noted("session.resumed"), { timeout: 5_000 }).toEqual(all);
    await expect.poll(() => events.received()).toBeGreaterThan(before[0] ?? 0);
    await expect.poll(() => download.received()).toBeGreaterThan(before[1] ?? 0);
    await expect.poll(() => system.upstream.received.get("/upload")).toBeGreaterThan(uploaded ?? 0);
    for (const stream of [socket, events, download, upload, others, echo]) stream.close();
    await expect.poll(() => system.upstream.sockets.size + system.upstream.open.size).toBe(0);
  });
});

describe("a connection that somebody opened with a stolen cookie", () => {
  it("ends when the person shows anew who they are, and the person's own goes on", async () => {
    const host = new URL(system.appOrigin).host;
    const alice = await signedIn();
    const cookie = alice.cookieHeader(system.appOrigin);
    const own = await openSocket(system.port, host, cookie);
    const thief = { "user-agent": "Thief/1.0" };
    const stolen = await openSocket(system.port, host, cookie, "/socket", system.appOrigin, thief);
    await alice.visit(`${system.appOrigin}/.rustronaut/sign-in?fresh=1&verify=second_factor`, "alice/otp");
    expect(alice.cookieHeader(system.appOrigin)).not.toBe(cookie);
    expect((await stolen.cut).code).toBe(4401);
    own.send("still mine");
    await expect.poll(() => own.heard).toEqual(["ping", "still mine"]);
    own.close();
  });
});

describe("a form that waits", () => {
  it("is nobody else's, keeps the facts of its page, and is refused whole where it is too large", async () => {
    const [alice, bob] = [await signedIn(), await signedIn("bob")];
    const foreign = { origin: system.otherOrigin, "sec-fetch-site": "same-site" };
    const waiting = await post(alice, "/pay", "amount=9", foreign);
    const { response: page } = await alice.visit(linkOf(waiting), "alice/otp");
    // A form of another origin goes on by a person's hand only.
    expect(page.text).toContain(system.otherOrigin);
    expect(page.text).not.toContain("data-submit");
    const action = actionOf(page);
    expect((await post(bob, action, "")).status).toBe(410);
    expect((await post(alice, action, "", { "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect(arrived()).toEqual([]);
    expect((await post(alice, action, "")).status).toBe(200);
    const sent = system.upstream.seen.find(({ method }) => method === "POST");
    expect(sent?.headers).toMatchObject(foreign);

    const late = await signedIn();
    const cross = await post(late, "/pay", "amount=9", { "sec-fetch-site": "cross-site" });
    expect(cross.text).not.toContain("is kept");
    const large = await post(late, "/pay", "x".repeat(1024 * 1024 + 1));
    expect([large.status, large.text.includes("larger than 1024 KiB")]).toEqual([401, true]);
    for (let i = 0; i < 4; i++) expect((await post(late, "/pay", "a=1")).text).toContain("is kept");
    expect((await post(late, "/pay", "a=1")).text).toContain("4 forms wait for your sign-in already");
    expect(arrived()).toEqual([]);
    expect(system.log.join("\n")).not.toContain("amount=9");
  });
});

passkeyTests(given);

where("chromium").describe(`a form that waits, in ${CHROMIUM}`, () => {
  it("goes on in one of two tabs that send it at the same moment, and arrives once", async () => {
    const { context, close } = await openBrowser();
    onTestFinished(close);
    const page = await context.newPage();
    await page.goto(`${system.appOrigin}/`);
    await page.locator("#alice").click();
    await page.waitForURL(`${system.appOrigin}/`);
    system.upstream.reset();
    // Both tabs have sent it before either is let through.
    const sent: (() => Promise<void>)[] = [];
    await context.route(/rustronaut-continue=/, (route) => void sent.push(() => route.continue()));
    const answered: number[] = [];
    context.on("response", (response) => {
      if (response.url().includes("rustronaut-continue=")) answered.push(response.status());
    });
    await page.evaluate(() => {
      const form = document.body.appendChild(document.createElement("form"));
      form.method = "post";
      form.action = "/pay?to=dave";
      const field = form.appendChild(document.createElement("input"));
      field.name = "amount";
      field.value = "6";
      form.submit();
    });
    const continued = page.waitForRequest((request) => request.url().includes("/.rustronaut/continue?"));
    await page.getByRole("link", { name: "Go on" }).click();
    // The click would else wait for the navigation that is held.
    await page.locator("#alice-otp").click({ noWaitAfter: true });
    const other = await context.newPage();
    await other.goto((await continued).url(), { waitUntil: "commit" });
    await expect.poll(() => sent.length).toBe(2);
    expect(arrived()).toEqual([]);
    await Promise.all(sent.map((send) => send()));
    await expect.poll(() => answered.toSorted()).toEqual([200, 410]);
    expect(arrived()).toEqual([{ url: "/pay?to=dave", body: "amount=6" }]);
  });
});

passkeysInBrowserTests(given);
