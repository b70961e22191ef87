import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { applyNetwork } from "../../../scripts/local/admin.ts";
import { signIn } from "../../support/attack.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { SHARED_DATA, where } from "../../support/needs.ts";
import { Visitor } from "../../support/visitor.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem();
  const document = { version: 1 as const, segments: [{ name: "main" }] };
  await applyNetwork(system.admin, {
    ...document,
    apps: [
      {
        name: "open",
        host: "open.localhost",
        segment: "main",
        upstreams: [system.upstream.origin],
        settings: { anonymous: true, encodedSlashes: true },
      },
    ],
    policies: [
      {
        name: "open",
        source: `permit (principal, action, resource == App::"open") when { context.request.path like "/public/*" };
permit (principal in Group::"engineering", action, resource == App::"open");`,
      },
    ],
  });
});
afterAll(() => system.stop());

/** Walks a sign-in until the next URL matches, and returns that URL without requesting it. */
async function walkUntil(visitor: Visitor, start: string, pattern: RegExp, user = "alice"): Promise<string> {
  let at = start;
  for (let i = 0; i < 20; i++) {
    if (i > 0 && pattern.test(at)) return at;
    const response = await visitor.get(at);
    const button = new RegExp(`href="(/interaction/[^"]+/${user})"`).exec(response.text)?.[1];
    const next = typeof response.headers.location === "string" ? response.headers.location : button;
    if (!next)
      throw new Error(
        `${pattern} was not reached: ${at} answered ${response.status} ${response.text.slice(0, 300)}`,
      );
    at = new URL(next, at).href;
  }
  throw new Error(`${pattern} was not reached`);
}

const APP_CALLBACK = /app\.localhost:\d+\/\.rustronaut\/callback/;
const PROVIDER_CALLBACK = /auth\.localhost:\d+\/\.rustronaut\/callback/;

describe("signing in", () => {
  it("ends on the page that was asked for, within three redirects of ours", async () => {
    const visitor = new Visitor();
    const { response, url, hops } = await visitor.visit(`${system.appOrigin}/deep/page?x=1`, "alice");
    expect(response.status).toBe(200);
    expect(url).toBe(`${system.appOrigin}/deep/page?x=1`);
    expect(hops.length).toBeLessThan(14);
  });
  it("a second app needs no second sign-in at the provider", async () => {
    const { visitor } = await signIn(system);
    const { response, hops } = await visitor.visit(`${system.otherOrigin}/`, "alice");
    expect(response.status).toBe(200);
    expect(hops.some((hop) => hop.startsWith(system.issuer))).toBe(false);
  });
  it("a user whom no policy permits is told so, with a decision id", async () => {
    const { response } = await new Visitor().visit(`${system.otherOrigin}/`, "bob");
    expect(response.status).toBe(403);
    expect(response.text).toMatch(/dec_[0-9a-z]{26}/);
  });
});

it("G10: ten tabs that a browser restores at once all sign in", async () => {
  const { visitor } = await signIn(system);
  visitor.cookies(system.appOrigin).clear();
  visitor.cookies(system.authOrigin).clear();
  const pages = Array.from({ length: 10 }, (_, i) => `${system.appOrigin}/tab/${i}`);
  const ends = await Promise.all(pages.map((page) => visitor.visit(page, "alice")));
  expect(ends.map(({ url, response }) => [url, response.status])).toEqual(pages.map((page) => [page, 200]));
});

describe("an app that is open in part", () => {
  const open = () => system.appOrigin.replace("app.", "open.");
  const script = { accept: "application/json", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" };

  it("G4: leads a navigation that Anonymous may not make to the sign-in, and back", async () => {
    const visitor = new Visitor();
    expect((await visitor.get(`${open()}/public/page`)).status).toBe(200);
    const { url, response } = await visitor.visit(`${open()}/private/a%2Fb?x=1`, "alice");
    expect([url, response.status]).toEqual([`${open()}/private/a%2Fb?x=1`, 200]);
    const bob = await new Visitor().visit(`${open()}/private`, "bob");
    expect(bob.response.status).toBe(403);
  });
  it("G4: tells a script where the sign-in is, which begins there whatever Anonymous may see", async () => {
    const answer = await new Visitor().get(`${open()}/private`, script);
    expect([answer.status, answer.headers["x-rustronaut-response"]]).toEqual([401, "unauthenticated"]);
    const { login_url: loginUrl } = JSON.parse(answer.text) as { login_url: string };
    const begun = await new Visitor().get(loginUrl);
    expect([begun.status, begun.headers["x-rustronaut-response"]]).toEqual([302, "sign_in"]);
    expect(begun.headers.location).toContain(system.authOrigin);
  });
  it("G4: a WebSocket and a form that Anonymous may not send get 401", async () => {
    const form = await new Visitor().get(`${open()}/private`, {}, "POST", "a=1");
    expect(form.status).toBe(401);
    const socket = await new Visitor().get(`${open()}/private`, { ...script, "sec-fetch-mode": "websocket" });
    expect(socket.status).toBe(401);
  });
});

describe("G13 who sees the answer", () => {
  const app = () => system.appOrigin;
  it("G13: a WebView's navigation is led to the sign-in", async () => {
    const answer = await new Visitor().get(`${app()}/`, { "x-requested-with": "com.example.app" });
    expect([answer.status, answer.headers["x-rustronaut-response"]]).toEqual([302, "sign_in"]);
  });
  it("G13: the sender of a form gets a page that leads to the sign-in in another tab", async () => {
    system.upstream.reset();
    const answer = await new Visitor().get(`${app()}/save`, {}, "POST", "text=long");
    expect([answer.status, answer.headers["content-type"]]).toEqual([401, "text/html; charset=utf-8"]);
    expect(answer.text).toContain("sends the form again");
    expect(answer.text).toContain(`href="${app()}/.rustronaut/sign-in" target="_blank"`);
    expect(system.upstream.hits()).toBe(0);
  });
  it("G13: a frame gets a page that can be seen in it, and begins no sign-in", async () => {
    const answer = await new Visitor().get(`${app()}/`, { "sec-fetch-dest": "iframe" });
    expect([answer.status, answer.headers["content-type"]]).toEqual([401, "text/html; charset=utf-8"]);
    expect(answer.headers["x-frame-options"]).toBeUndefined();
    expect(answer.headers["set-cookie"]).toBeUndefined();
  });
  it("S-A5: no step of the sign-in happens in a frame", async () => {
    const { visitor } = await signIn(system);
    const framed = { "sec-fetch-dest": "iframe" };
    for (const url of [
      `${system.authOrigin}/`,
      `${system.authOrigin}/.rustronaut/start?a=x`,
      `${system.authOrigin}/.rustronaut/callback?state=x`,
      `${app()}/.rustronaut/sign-in`,
      `${app()}/.rustronaut/callback?a=x&code=y`,
    ]) {
      const answer = await visitor.get(url, framed);
      expect([url, answer.status, answer.headers["x-rustronaut-response"]]).toEqual([
        url,
        403,
        "csrf_rejected",
      ]);
    }
  });
});

it("S-A5: a service worker may not watch over the whole host, unless the app's setting lets it", async () => {
  const { visitor } = await signIn(system);
  const worker = {
    "service-worker": "script",
    "sec-fetch-dest": "serviceworker",
    "sec-fetch-mode": "same-origin",
  };
  const ask = (path: string) => visitor.get(system.appOrigin + path, worker);
  const refused = await ask("/sw.js");
  expect([refused.status, refused.headers["x-rustronaut-response"]]).toEqual([403, "service_worker_refused"]);
  expect((await ask("/part/sw.js")).status).toBe(200);
  const set = async (rootServiceWorker: boolean) => {
    const { etag } = await system.admin.call("apps.get", { params: { app: "app" } });
    const body = { settings: { rootServiceWorker } };
    await system.admin.call("apps.update", { params: { app: "app" }, body, ifMatch: etag ?? "" });
  };
  await set(true);
  expect((await ask("/sw.js")).status).toBe(200);
  await set(false);
});

describe("G8 where a sign-in ends", () => {
  it.each([
    "/login?next=https://client.example/cb",
    "/wiki/Category:A?next=//cdn.example",
    "/@user/1..2..",
    "/a//b",
    `/${"a".repeat(5_000)}`,
  ])("G8: at %s, as it was asked for", async (path) => {
    const visitor = new Visitor();
    await visitor.visit(`${system.authOrigin}/`, "alice");
    const begin = await visitor.raw(`${system.appOrigin}`, path);
    const code = await visitor.get(String(begin.headers.location));
    const done = await visitor.get(String(code.headers.location));
    expect(done.headers.location).toBe(path);
  });
  it("G8: Try again leads to the same page", async () => {
    const { visitor } = await signIn(system);
    const denied = await visitor.get(`${system.appOrigin}/admin/Category:X?y=%2F`);
    expect(denied.status).toBe(403);
    expect(denied.text).toContain(`href="${system.appOrigin}/admin/Category:X?y=%2F">Try again`);
  });
});

describe("G11 cookies of the app", () => {
  const junk = Array.from({ length: 6 }, (_, i) => `c${i}=${"x".repeat(4_000)}`).join("; ");
  it("G11: 24 kB of them hide no session", async () => {
    const { visitor } = await signIn(system);
    const cookie = `${junk}; ${visitor.cookieHeader(system.appOrigin)}; d=1`;
    const answer = await visitor.get(`${system.appOrigin}/`, { cookie });
    // The application's own server (Node.js) takes 16 kB of headers: what it says comes through.
    expect([answer.status, answer.headers["x-rustronaut-response"]]).toEqual([431, undefined]);
  });
  it("S-A10: nor do they break a sign-in", async () => {
    const visitor = new Visitor();
    for (const pair of junk.split("; ")) {
      const [name = "", value = ""] = pair.split("=");
      visitor.cookies(system.appOrigin).set(name, value);
      visitor.cookies(system.authOrigin).set(name, value);
    }
    const begin = await visitor.visit(`${system.appOrigin}/deep`, "alice");
    expect(begin.url).toBe(`${system.appOrigin}/deep`);
  });
  it("G11: too many of ours are told with the reason, to a person and to a script", async () => {
    const cookie = Array.from({ length: 9 }, (_, i) => `__Host-rn_s=x${i}`).join("; ");
    for (const origin of [system.appOrigin, system.authOrigin, system.hubOrigin]) {
      const answer = await new Visitor().get(`${origin}/`, { cookie });
      expect([answer.status, answer.headers["x-rustronaut-response"]]).toEqual([431, "headers_too_large"]);
      expect(answer.text).toContain("Delete the cookies");
    }
  });
});

describe("S-19 return targets", () => {
  const own = ["/\\evil", "/%09/evil", "/ /evil", "https:evil", "//evil", "/./\\evil", "javascript:alert(1)"];
  where("data").it("the redirect corpus never leaves the app", async () => {
    const lines = [
      ...own,
      ...readFileSync(join(SHARED_DATA, "redirect-corpus/openredirects.txt"), "utf8")
        .split("\n")
        .filter(Boolean),
    ];
    expect(lines.length).toBeGreaterThan(100);
    const visitor = new Visitor();
    for (const [at, line] of lines.entries()) {
      const target = `${system.appOrigin}/?rd=${encodeURIComponent(line)}`;
      // One network may begin only so many sign-ins at a time.
      const response = await visitor.get(target, { "cf-connecting-ip": `203.0.113.${at % 250}` });
      expect(response.status, line).not.toBe(429);
      const location = response.headers.location;
      if (typeof location === "string")
        expect([system.authOrigin, system.appOrigin]).toContain(new URL(location, target).origin);
    }
  });
});

describe("S-20 callbacks", () => {
  it("two tabs finish in reverse order, both signed in", async () => {
    const visitor = new Visitor();
    const first = await walkUntil(visitor, `${system.appOrigin}/one`, APP_CALLBACK);
    const second = await walkUntil(visitor, `${system.appOrigin}/two`, APP_CALLBACK);
    expect((await visitor.visit(second, "alice")).url).toBe(`${system.appOrigin}/two`);
    expect((await visitor.visit(first, "alice")).url).toBe(`${system.appOrigin}/one`);
  });
  it.each(["", "?state=", "?state=foreign&code=x", "?code=x", "?error=access_denied"])(
    "the provider's callback with %s is refused",
    async (query) => {
      const response = await new Visitor().get(`${system.authOrigin}/.rustronaut/callback${query}`);
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.status).toBeLessThan(500);
      expect(response.headers["set-cookie"] ?? "").not.toMatch(/__Host-rn_g=[^;]{20}/);
    },
  );
  it("G9: a replayed provider callback of a browser that is signed in goes on to the app", async () => {
    const visitor = new Visitor();
    const callback = await walkUntil(visitor, `${system.appOrigin}/`, PROVIDER_CALLBACK);
    await visitor.get(callback);
    const { url, response } = await visitor.visit(callback, "alice");
    expect([url, response.status]).toEqual([`${system.appOrigin}/`, 200]);
  });
});

describe("S-21 login CSRF", () => {
  it("an attacker's finished provider callback signs nobody else in", async () => {
    const attacker = new Visitor();
    const callback = await walkUntil(attacker, `${system.appOrigin}/`, PROVIDER_CALLBACK, "bob");
    const victim = new Visitor();
    const response = await victim.get(callback);
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(victim.cookies(system.authOrigin).has("__Host-rn_g")).toBe(false);
  });
  it("an attacker's finished app callback signs nobody else in", async () => {
    const attacker = new Visitor();
    const callback = await walkUntil(attacker, `${system.appOrigin}/`, APP_CALLBACK, "bob");
    const victim = new Visitor();
    const response = await victim.get(callback);
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(victim.cookies(system.appOrigin).has("__Host-rn_s")).toBe(false);
  });
});

describe("S-22 hand-off codes", () => {
  it("a replay is refused and ends the session that the code made", async () => {
    const visitor = new Visitor();
    const callback = await walkUntil(visitor, `${system.appOrigin}/`, APP_CALLBACK);
    const cookies = visitor.cookieHeader(system.appOrigin);
    expect((await visitor.visit(callback, "alice")).response.status).toBe(200);
    const thief = new Visitor();
    const replay = await thief.get(callback, { cookie: cookies });
    expect(replay.status).toBeGreaterThanOrEqual(400);
    const after = await visitor.get(`${system.appOrigin}/`);
    expect(after.status).not.toBe(200);
  });
  it("is worth nothing on another app's host", async () => {
    const visitor = new Visitor();
    const callback = await walkUntil(visitor, `${system.appOrigin}/`, APP_CALLBACK);
    const foreign = callback.replace("app.localhost", "other.localhost");
    const response = await visitor.get(foreign, { cookie: visitor.cookieHeader(system.appOrigin) });
    expect(response.status).toBeGreaterThanOrEqual(400);
  });
});

describe("S-23 fixation", () => {
  it("a cookie from before the sign-in is replaced, and dead", async () => {
    const visitor = new Visitor();
    visitor.cookies(system.appOrigin).set("__Host-rn_s", "planted");
    await visitor.visit(`${system.appOrigin}/`, "alice");
    const value = visitor.cookies(system.appOrigin).get("__Host-rn_s");
    expect(value).not.toBe("planted");
    const old = await new Visitor().get(`${system.appOrigin}/`, { cookie: "__Host-rn_s=planted" });
    expect(old.status).not.toBe(200);
  });
});

describe("S-24 foreign and hostile cookies", () => {
  it("a cookie of one app opens no other", async () => {
    const { visitor } = await signIn(system);
    const value = visitor.cookies(system.appOrigin).get("__Host-rn_s");
    system.upstream.reset();
    const response = await new Visitor().get(`${system.otherOrigin}/`, { cookie: `__Host-rn_s=${value}` });
    expect(response.status).not.toBe(200);
    expect(system.upstream.hits()).toBe(0);
  });
  it.each([
    ["truncated", "__Host-rn_s=abc"],
    ["8 KB", `__Host-rn_s=${"a".repeat(8_192)}`],
    ["200 cookies", Array.from({ length: 200 }, (_, i) => `__Host-rn_s=x${i}`).join("; ")],
    ["a made-up owner", `__Host-rn_s=seg_00000000000000000000000000.weur.3.${"A".repeat(43)}`],
    ["a hostile owner", `__Host-rn_s=../../x.weur.3.${"A".repeat(43)}`],
  ])("%s is no session and no crash", async (_name, cookie) => {
    system.upstream.reset();
    const response = await new Visitor().get(`${system.appOrigin}/`, {
      cookie,
      "sec-fetch-mode": "cors",
      accept: "application/json",
    });
    expect([401, 431]).toContain(response.status);
    expect(system.upstream.hits()).toBe(0);
  });
});

describe("signing out", () => {
  it("of one device ends its app sessions at once", async () => {
    const { visitor } = await signIn(system);
    expect((await visitor.get(`${system.appOrigin}/`)).status).toBe(200);
    const { data } = await system.admin.call("users.get", { params: { user: "alice@example.com" } });
    await system.admin.call("sessions.killMany", { body: { by: "user", user: data.id } });
    const after = await visitor.get(`${system.appOrigin}/`, { "sec-fetch-mode": "cors" });
    expect(after.status).toBe(401);
  });
});
