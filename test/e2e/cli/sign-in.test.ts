import { stat } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localRequest } from "../../../scripts/local/http.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { Visitor } from "../../support/visitor.ts";
import { deviceTests } from "./device-tests.ts";
import { Shell } from "./process.ts";
import { FORM, fieldOf, reasonOf, statusAs, stepsOf, verifier } from "./sign-in-steps.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem({ withoutDashboard: true });
});
afterAll(() => system.stop());

const { answer, browserOf, signedIn, authorizeUrl, agreed, me } = stepsOf(() => system);

describe("U21: `rustronaut login` by the browser", () => {
  it("signs in as the person, keeps the token private, and says for how long", async () => {
    const shell = await Shell.open();
    shell.browser = browserOf("alice");
    const ended = await shell.run(["login", system.hubOrigin]);
    expect(ended).toMatchObject({
      code: 0,
      out: `Signed in to ${system.hubOrigin} as alice@example.com (owner), for at most 7 days.\n`,
    });
    expect((await stat(shell.path("rustronaut/config.json"))).mode & 0o777).toBe(0o600);
    const who = JSON.parse((await shell.run(["--json", "whoami"])).out);
    expect(who).toMatchObject({
      role: "owner",
      user: { email: "alice@example.com" },
      via: "rustronaut on build-7",
    });
  });

  it("tells a page that sends something to the port nothing, and waits on", async () => {
    const shell = await Shell.open();
    const seen: (number | undefined)[] = [];
    shell.browser = async (url) => {
      const port = new URL(url).searchParams.get("redirect_uri") ?? "";
      for (const query of ["?code=stolen&state=another-state-of-24-characters&iss=x", "?error=access_denied"])
        seen.push((await localRequest(port + query)).status);
      const state = new URL(url).searchParams.get("state");
      seen.push(await statusAs("evil.example", `${port}?state=${state}`));
      return browserOf("alice")(url);
    };
    expect(await shell.run(["login", system.hubOrigin])).toMatchObject({ code: 0 });
    expect(seen).toEqual([400, 400, 400]);
  });

  it("ends at once when the person says no", async () => {
    const shell = await Shell.open();
    shell.browser = browserOf("alice", "no");
    const ended = await shell.run(["login", system.hubOrigin]);
    expect(ended).toMatchObject({ code: 4, err: expect.stringContaining("refused in the browser") });
    expect((await shell.run(["whoami"])).code).toBe(4);
  });

  it("shows what is asked, and gives a code only for a click on that page", async () => {
    const visitor = new Visitor();
    const { response } = await visitor.visit(authorizeUrl(verifier()), "alice");
    expect([response.status, reasonOf(response)]).toEqual([200, "confirm_command_line"]);
    for (const word of ["build-7", "alice@example.com", "everything", "127.0.0.1"])
      expect(response.text).toContain(word);
    expect(response.headers).toMatchObject({ "x-frame-options": "DENY" });
    expect(response.headers["content-security-policy"]).toContain("frame-ancestors 'none'");

    const other = await new Visitor().visit(authorizeUrl(verifier()), "alice");
    for (const [why, more] of [
      ["a form of another site", { headers: { "sec-fetch-site": "cross-site" } }],
      ["no proof", { fields: { csrf: "" } }],
      ["the proof of another attempt", { fields: { csrf: fieldOf(other.response.text, "csrf") } }],
      ["another attempt with this proof", { fields: { a: fieldOf(other.response.text, "a") } }],
    ] as const) {
      const refused = await answer(visitor, response.text, "yes", more);
      expect([refused.status, refused.headers.refresh], why).toEqual([403, undefined]);
    }
    const framed = await visitor.get(authorizeUrl(verifier()), { "sec-fetch-dest": "iframe" });
    expect([framed.status, framed.headers.location]).toEqual([403, undefined]);
  });

  it.each([
    ["https://evil.example/callback"],
    ["http://127.0.0.1.evil.example:80/callback"],
    ["http://localhost:8000/callback"],
    ["http://127.0.0.1:8000/callback?x=1"],
    ["http://evil@127.0.0.1:8000/callback"],
    ["http://127.0.0.1:8000/callback/../x"],
    ["http://127.0.0.1:99999/callback"],
    ["http://[::2]:8000/callback"],
    [""],
  ])("sends no answer to %s", async (redirect_uri) => {
    const page = await new Visitor().get(authorizeUrl(verifier(), { redirect_uri }));
    expect([page.status, page.headers.location, page.headers.refresh]).toEqual([400, undefined, undefined]);
  });

  it("says in its answer whose it is (RFC 9207), and opens nothing without the verifier", async () => {
    const { next, redeem } = await agreed();
    expect(Object.fromEntries(next.searchParams)).toMatchObject({
      iss: system.hubOrigin,
      state: "a-state-of-24-characters",
    });
    expect((await redeem({ code_verifier: verifier() })).json.error).toBe("invalid_grant");
    // Whoever showed it had it: it is spent.
    expect((await redeem()).json.error).toBe("invalid_grant");
    const another = await agreed();
    const elsewhere = { redirect_uri: "http://127.0.0.1:46000/callback" };
    expect((await another.redeem(elsewhere)).json.error).toBe("invalid_grant");
  });

  it("closes what a code opened when the code is shown again", async () => {
    const { redeem } = await agreed();
    const { json } = await redeem();
    expect((await me(json.access_token)).status).toBe(200);
    expect((await redeem()).json.error).toBe("invalid_grant");
    expect((await me(json.access_token)).status).toBe(401);
  });

  it("takes its token as a bearer only, and no cookie as its token", async () => {
    const { redeem } = await agreed();
    const token = (await redeem()).json.access_token ?? "";
    const cookie = token.replace("rncli_", "");
    for (const [url, name] of [
      [`${system.hubOrigin}/api/v1/me`, "__Host-rn_s"],
      [`${system.appOrigin}/`, "__Host-rn_s"],
    ])
      expect((await localRequest(url ?? "", { headers: { cookie: `${name}=${cookie}` } })).status).toBe(401);
    const launcher = await localRequest(`${system.authOrigin}/`, {
      headers: { cookie: `__Host-rn_g=${cookie}` },
    });
    expect(launcher.text).not.toContain("alice@example.com");

    const alice = new Visitor();
    await alice.visit(`${system.hubOrigin}/.rustronaut/sign-in`, "alice");
    const hubCookie = alice.cookies(system.hubOrigin).get("__Host-rn_s");
    expect(hubCookie).toBeDefined();
    expect((await me(`rncli_${hubCookie}`)).status).toBe(401);
  });
});

deviceTests(() => system);

describe("U21: the token of a command line", () => {
  const bob = async () =>
    (await system.admin.call("users.get", { params: { user: "bob@example.com" } })).data;
  const change = async (body: { role?: "admin" | null; status?: "active" | "disabled" }) => {
    const { etag } = await system.admin.call("users.get", { params: { user: "bob@example.com" } });
    await system.admin.call("users.update", {
      params: { user: "bob@example.com" },
      body,
      ifMatch: etag ?? "",
    });
  };

  it("may do what its person may do now, and nothing once they are disabled", async () => {
    const shell = await signedIn("bob");
    const refused = await shell.run(["apps", "list"]);
    expect(refused).toMatchObject({ code: 4, err: expect.stringContaining("not an administrator") });
    const who = await shell.run(["whoami"]);
    expect(who, "who somebody is can be asked without a role").toMatchObject({ code: 0 });
    expect(who.out).toMatch(/^you are +bob@example.com/m);
    expect(who.out).toMatch(/^your role +none/m);
    await change({ role: "admin" });
    expect((await shell.run(["apps", "list"])).code).toBe(0);
    await change({ role: null });
    expect((await shell.run(["apps", "list"])).code).toBe(4);
    await change({ status: "disabled" });
    const ended = await shell.run(["apps", "list"]);
    expect(ended).toMatchObject({ code: 4, err: expect.stringContaining("rustronaut login") });
    await change({ status: "active" });
    expect((await shell.run(["whoami"])).code, "it does not come back to life").toBe(4);
  });

  it("is a session: listed by what holds it, ended by an administrator, by a logout, and everywhere", async () => {
    const admin = await signedIn("alice");
    const carol = await signedIn("bob");
    const list = async () =>
      (await system.admin.call("sessions.list", { query: { user: "bob@example.com", app: "command-line" } }))
        .data.items;
    const [session] = await list();
    expect(session).toMatchObject({ userAgent: "rustronaut on build-7", appName: "command-line" });
    expect((await admin.run(["sessions", "kill", session?.id ?? ""])).code).toBe(0);
    expect((await carol.run(["whoami"])).err).toContain("not signed in any more");

    const second = await signedIn("bob");
    const out = await second.run(["logout"]);
    expect(out.out).toBe(`Signed out of ${system.hubOrigin}.\n`);
    expect(await list()).toEqual([]);

    const third = await signedIn("bob");
    const visitor = new Visitor();
    await visitor.visit(`${system.authOrigin}/`, "bob");
    const asked = await visitor.get(`${system.authOrigin}/.rustronaut/sign-out`);
    const csrf = fieldOf(asked.text, "csrf");
    await visitor.get(
      `${system.authOrigin}/.rustronaut/sign-out`,
      { ...FORM, "sec-fetch-site": "same-origin" },
      "POST",
      new URLSearchParams({ csrf, scope: "everywhere" }).toString(),
    );
    expect((await third.run(["whoami"])).err).toContain("not signed in any more");
    expect((await bob()).status).toBe("active");
  });

  it("lives no longer than the sign-in that it came from", async () => {
    const limit = async (signInAbsoluteSeconds: number) => {
      const { etag, data } = await system.admin.call("network.get");
      await system.admin.call("network.update", { body: { signInAbsoluteSeconds }, ifMatch: etag ?? "" });
      return data.signInAbsoluteSeconds;
    };
    const usual = await limit(3_600);
    const visitor = new Visitor();
    await visitor.visit(`${system.authOrigin}/`, "bob");
    await limit(usual);
    const { json } = await (await agreed("bob", visitor)).redeem();
    expect(Number(json.expires_in)).toBeLessThanOrEqual(3_600);
  });

  it("names the person and the machine in the log, and in the history of what it changed", async () => {
    const shell = await signedIn("alice");
    expect((await shell.run(["groups", "create", "made-by-cli"])).code).toBe(0);
    const log = await shell.run(["audit", "list", "--kinds", "admin", "--limit", "1"]);
    expect(log.out).toContain("alice@example.com, by rustronaut on build-7");
    const tail = await shell.run(["audit", "tail", "--kinds", "admin,session", "--limit", "5"]);
    expect(tail.out).toContain("alice@example.com, by rustronaut on build-7 group.create made-by-cli grp_");
    expect(tail.out).toContain("alice@example.com session.start");
    expect((await shell.run(["tokens", "create", "of-alice", "--role", "auditor"])).code).toBe(0);
    expect((await shell.run(["tokens", "list"])).out).toMatch(/of-alice +auditor +alice@example.com/);
    const history = await shell.run(["history", "group", "made-by-cli"]);
    expect(history.out).toContain("alice@example.com, by rustronaut on build-7");
  });
});
