import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LocalResponse } from "../../../scripts/local/http.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { Visitor } from "../../support/visitor.ts";
import { severalHostsTests } from "./hosts-tests.ts";

let system: System;

beforeAll(async () => {
  system = await startSystem();
});
afterAll(async () => {
  await system.stop();
});

const reason = ({ headers }: LocalResponse) => headers["x-rustronaut-response"];
const locationOf = ({ headers }: LocalResponse) => String(headers.location);

/** Signs in at the auth host, so that an app's hand-off needs no provider any more. */
async function signedInAtAuth(user = "alice"): Promise<Visitor> {
  const visitor = new Visitor();
  await visitor.visit(`${system.authOrigin}/`, user);
  return visitor;
}

/** Opens the app and follows to the link that carries the one-time code, without following it. */
async function codeUrl(visitor: Visitor, path = "/", origin = system.appOrigin): Promise<string> {
  const begin = await visitor.get(origin + path);
  expect(begin.status).toBe(302);
  return locationOf(await visitor.get(locationOf(begin)));
}

const isSignedIn = async (visitor: Visitor, origin = system.appOrigin) =>
  (await visitor.get(`${origin}/`)).status === 200;

describe("hand-off to the app's host", () => {
  test("ends where the person wanted to go, with a session and without the attempt's cookie", async () => {
    const visitor = new Visitor();
    const { url, response } = await visitor.visit(`${system.appOrigin}/docs?q=a%20b`, "alice");
    expect(url).toBe(`${system.appOrigin}/docs?q=a%20b`);
    expect(response.status).toBe(200);
    expect([...visitor.cookies(system.appOrigin).keys()]).toEqual(["__Host-rn_s"]);
  });

  test("sets cookies that only this host gets, and no script", async () => {
    const visitor = await signedInAtAuth();
    const answer = await visitor.get(await codeUrl(visitor));
    const cookie = [answer.headers["set-cookie"] ?? []]
      .flat()
      .find((line) => line.startsWith("__Host-rn_s="));
    expect(cookie).toMatch(/; Path=\/; Secure; HttpOnly; SameSite=Lax$/);
    expect(cookie).not.toContain("Domain");
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(answer.headers["referrer-policy"]).toBe("no-referrer");
  });

  test("S-19: never leaves the app's host after a start at /\\evil.example", async () => {
    const visitor = await signedInAtAuth();
    const begin = await visitor.get(`${system.appOrigin}/\\evil.example`);
    const answer = await visitor.get(locationOf(await visitor.get(locationOf(begin))));
    expect(new URL(locationOf(answer), system.appOrigin).origin).toBe(system.appOrigin);
    expect(locationOf(answer)).not.toMatch(/^\/[/\\]/);
  });

  test.each([
    ["/%2f%2fevil.example", 400],
    ["/a;b/..%2f", 400],
    ["/.rustronaut/sign-out", 200],
  ])("S-19: begins no sign-in at %s", async (path, status) => {
    const begin = await (await signedInAtAuth()).get(system.appOrigin + path);
    expect([begin.status, begin.headers.location]).toEqual([status, undefined]);
  });

  test("S-20: lets several tabs finish in any order", async () => {
    const visitor = await signedInAtAuth();
    const urls = [await codeUrl(visitor, "/1"), await codeUrl(visitor, "/2"), await codeUrl(visitor, "/3")];
    for (const url of urls.reverse()) expect(reason(await visitor.get(url))).toBe("signed_in");
    expect(await isSignedIn(visitor)).toBe(true);
  });

  test("S-21: an attacker's link does not sign the victim in as the attacker", async () => {
    const attacker = await signedInAtAuth("bob");
    const victim = new Visitor();
    const url = await codeUrl(attacker);
    expect(reason(await victim.get(url))).toBe("login_attempt_invalid");
    expect(victim.cookies(system.appOrigin).size).toBe(0);
    // S-A5: the code was shown, so it is spent: also for whoever could see it there.
    expect(reason(await attacker.get(url))).toBe("login_attempt_invalid");
  });

  test("S-A5: a code that reached the wrong browser does not sign the attacker in as the victim", async () => {
    const [attacker, victim] = [new Visitor(), await signedInAtAuth()];
    const begun = locationOf(await attacker.get(`${system.appOrigin}/`));
    const code = locationOf(await victim.get(begun));
    expect(reason(await victim.get(code))).toBe("login_attempt_invalid");
    expect(reason(await attacker.get(code))).toBe("login_attempt_invalid");
    expect(await isSignedIn(attacker)).toBe(false);
  });

  test.each([
    ["a script of another site", { "sec-fetch-site": "cross-site" }],
    ["a script of an app beside us", { "sec-fetch-site": "same-site" }],
    ["another browser than the one that began it", { "user-agent": "Another" }],
    ["another network", { "cf-connecting-ip": "192.0.2.7" }],
  ])("S-A5: a sign-in that %s brings here asks first, and gives no code", async (_who, headers) => {
    const [attacker, victim] = [new Visitor(), await signedInAtAuth()];
    const begun = locationOf(await attacker.get(`${system.appOrigin}/`));
    const asked = await victim.get(begun, headers);
    expect([asked.status, reason(asked)]).toEqual([200, "confirm_sign_in"]);
    expect(asked.text).toContain("Continue to <bdi>app");
    expect(asked.headers["cross-origin-opener-policy"]).toBe("same-origin");
    const go = /href="([^"]+&amp;go=[^"]+)"/.exec(asked.text)?.[1]?.replaceAll("&amp;", "&") ?? "";
    // The link is good in this browser alone: an attacker can't make one for the victim.
    const other = await (await signedInAtAuth()).get(system.authOrigin + go, headers);
    expect(reason(other)).toBe("confirm_sign_in");
    expect(reason(await victim.get(system.authOrigin + go, headers))).toBe("handoff");
  });

  test("S-A5: who is not signed in yet is asked after the sign-in", async () => {
    const [attacker, victim] = [new Visitor(), new Visitor()];
    const begun = locationOf(await attacker.get(`${system.appOrigin}/`));
    const toProvider = await victim.get(begun, { "sec-fetch-site": "cross-site" });
    const { response } = await victim.visit(locationOf(toProvider), "alice");
    expect(reason(response)).toBe("confirm_sign_in");
  });

  test("S-A5: redirects of ours are out of sight of the window that opened them", async () => {
    const begun = await new Visitor().get(`${system.appOrigin}/`);
    expect(begun.headers["cross-origin-opener-policy"]).toBe("same-origin");
  });

  test("G9: a code shown once more by the browser that it signed in leads where it did", async () => {
    const visitor = await signedInAtAuth();
    const url = await codeUrl(visitor, "/deep?x=1");
    await visitor.get(url);
    const again = await visitor.get(url);
    expect([again.status, locationOf(again)]).toEqual([303, "/deep?x=1"]);
    expect(await isSignedIn(visitor)).toBe(true);
  });

  test("G9: eight tabs of a browser that keeps five attempts all end where they began", async () => {
    const visitor = await signedInAtAuth();
    const pages = Array.from({ length: 8 }, (_, i) => `${system.appOrigin}/tab/${i}`);
    const starts: string[] = [];
    for (const page of pages) starts.push(locationOf(await visitor.get(page)));
    const codes: string[] = [];
    for (const start of starts) codes.push(locationOf(await visitor.get(start)));
    const ends: string[] = [];
    for (const code of codes) ends.push((await visitor.visit(code, "alice")).response.text);
    expect(ends).toHaveLength(8);
    for (const code of codes) expect((await visitor.visit(code, "alice")).response.status).toBe(200);
    expect(await isSignedIn(visitor)).toBe(true);
  });

  test("G9: a browser that keeps no cookies gets a page, not a circle", async () => {
    const visitor = await signedInAtAuth();
    const url = await codeUrl(visitor);
    visitor.cookies(system.appOrigin).clear();
    const answer = await visitor.get(url);
    expect([answer.status, reason(answer)]).toEqual([400, "login_attempt_invalid"]);
  });

  test("G9: Back to a finished start at the auth host leads to the app", async () => {
    const visitor = await signedInAtAuth();
    const begin = locationOf(await visitor.get(`${system.appOrigin}/deep`));
    await visitor.visit(begin, "alice");
    const again = await visitor.get(begin);
    expect([again.status, locationOf(again)]).toEqual([303, `${system.appOrigin}/deep`]);
  });

  test("S-20, S-22: another attempt's cookie, another code and another host are refused, and spend what was shown", async () => {
    const visitor = await signedInAtAuth();
    const [one, two] = [new URL(await codeUrl(visitor, "/1")), new URL(await codeUrl(visitor, "/2"))];
    const mixed = new URL(one);
    mixed.searchParams.set("code", two.searchParams.get("code") ?? "");
    expect(reason(await visitor.get(mixed.href))).toBe("login_attempt_invalid");
    const cookie = visitor.cookieHeader(system.appOrigin);
    const elsewhere = one.href.replace(system.appOrigin, system.otherOrigin);
    expect(reason(await visitor.get(elsewhere, { cookie }))).toBe("login_attempt_invalid");
    for (const broken of ["", "?a=", "?code=x", `?a=${one.searchParams.get("a")}`]) {
      const answer = await visitor.get(`${system.appOrigin}/.rustronaut/callback${broken}`);
      expect([answer.status, reason(answer)]).toEqual([400, "login_attempt_invalid"]);
    }
    expect(reason(await visitor.get(two.href))).toBe("signed_in");
    expect(await isSignedIn(visitor)).toBe(true);
  });

  test("S-22: a replayed code is refused and ends the session that it made", async () => {
    const visitor = await signedInAtAuth();
    const url = await codeUrl(visitor);
    await visitor.get(url);
    expect(await isSignedIn(visitor)).toBe(true);
    expect(reason(await new Visitor().get(url))).toBe("login_attempt_invalid");
    expect(await isSignedIn(visitor)).toBe(false);
  });

  test("S-22: a code is worth nothing after the sign-out everywhere", async () => {
    const visitor = await signedInAtAuth();
    const url = await codeUrl(visitor);
    await signOut(visitor, system.authOrigin, "everywhere");
    expect(reason(await visitor.get(url))).toBe("login_attempt_invalid");
    expect(await isSignedIn(visitor)).toBe(false);
  });

  test("S-23, S-24: planted and foreign cookies are not taken over", async () => {
    const visitor = await signedInAtAuth();
    const planted = `seg_0123456789abcdefghjkmnpqrs.weur.1.${"A".repeat(43)}`;
    visitor.cookies(system.appOrigin).set("__Host-rn_s", planted);
    await visitor.get(await codeUrl(visitor));
    const own = visitor.cookies(system.appOrigin).get("__Host-rn_s") ?? "";
    expect(own).not.toBe(planted);
    expect(await isSignedIn(visitor)).toBe(true);
    const other = new Visitor();
    other.cookies(system.otherOrigin).set("__Host-rn_s", own);
    expect(await isSignedIn(other, system.otherOrigin)).toBe(false);
  });

  test("a person whom no policy lets in gets no code, but a page with a decision", async () => {
    const visitor = await signedInAtAuth("bob");
    const begin = await visitor.get(`${system.otherOrigin}/`);
    const denied = await visitor.get(locationOf(begin));
    expect([denied.status, reason(denied)]).toEqual([403, "denied_by_policy"]);
    expect(denied.text).toMatch(/dec_[0-9a-z]{26}/);
    expect(denied.text).toContain("switch=1");
  });
});

/** Signs out by the page that the host shows. */
async function signOut(visitor: Visitor, origin: string, scope: string): Promise<LocalResponse> {
  const url = `${origin}/.rustronaut/sign-out`;
  const csrf = /name="csrf" value="([^"]+)"/.exec((await visitor.get(url)).text)?.[1] ?? "";
  const headers = { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" };
  return visitor.get(url, headers, "POST", `csrf=${csrf}&scope=${scope}`);
}

describe("sign-out", () => {
  async function signedInEverywhere(): Promise<Visitor> {
    const visitor = await signedInAtAuth();
    await visitor.visit(`${system.appOrigin}/`, "alice");
    await visitor.visit(`${system.otherOrigin}/`, "alice");
    return visitor;
  }
  const state = async (visitor: Visitor) => [
    await isSignedIn(visitor, system.appOrigin),
    await isSignedIn(visitor, system.otherOrigin),
    reason(await visitor.get(`${system.authOrigin}/`)) === "launcher",
  ];

  test("of one app leaves the others", async () => {
    const visitor = await signedInEverywhere();
    expect(await state(visitor)).toEqual([true, true, true]);
    expect(reason(await signOut(visitor, system.appOrigin, "app"))).toBe("signed_out");
    expect(await state(visitor)).toEqual([false, true, true]);
  });

  test("of one device leaves other devices", async () => {
    const [visitor, elsewhere] = [await signedInEverywhere(), await signedInEverywhere()];
    await signOut(visitor, system.appOrigin, "device");
    expect(await state(visitor)).toEqual([false, false, false]);
    expect(await state(elsewhere)).toEqual([true, true, true]);
  });

  test("everywhere ends all", async () => {
    const [visitor, elsewhere] = [await signedInEverywhere(), await signedInEverywhere()];
    await signOut(visitor, system.authOrigin, "everywhere");
    expect(await state(visitor)).toEqual([false, false, false]);
    expect(await state(elsewhere)).toEqual([false, false, false]);
  });

  test("can't be forced by another site", async () => {
    const visitor = await signedInEverywhere();
    const url = `${system.appOrigin}/.rustronaut/sign-out`;
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const forced = { ...form, "sec-fetch-site": "cross-site", origin: "https://evil.example" };
    expect(reason(await visitor.get(url, forced, "POST", "scope=everywhere"))).toBe("csrf_rejected");
    expect(reason(await visitor.get(url))).toBe("confirm_sign_out");
    expect(await state(visitor)).toEqual([true, true, true]);
  });
});

test("administrators sign in to the hub, others are told why not", async () => {
  const begin = `${system.hubOrigin}/`;
  const bob = await new Visitor().visit(begin, "bob");
  expect(bob.response.status).toBe(403);
  const alice = new Visitor();
  await alice.visit(begin, "alice");
  expect(alice.cookies(system.hubOrigin).has("__Host-rn_s")).toBe(true);
});

severalHostsTests(() => system);
