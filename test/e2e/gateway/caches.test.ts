import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localRequest } from "../../../scripts/local/http.ts";
import { type Attacker, signIn } from "../../support/attack.ts";
import { type System, startSystem } from "../../support/harness.ts";

let system: System;
let alice: Attacker;
let bob: Attacker;
beforeAll(async () => {
  system = await startSystem({
    policies: [
      {
        name: "app",
        source: `permit (principal, action, resource == App::"app") when { principal in Group::"engineering" || principal in Group::"sales" };
forbid (principal in Group::"sales", action, resource == App::"app") when { context.request.path like "/reports*" };`,
      },
    ],
  });
  alice = await signIn(system);
  bob = await signIn(system, "bob");
});
afterAll(() => system.stop());

const ASSET = ["Sec-Fetch-Dest: image", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Site: same-origin"];

describe("S-31 and S-34: nothing cached for one serves another", () => {
  it("a lease of Alice's opens nothing for Bob, and one path's opens no other", async () => {
    expect((await alice.send("/reports/a.png", ASSET)).status).toBe(200);
    expect(await bob.send("/reports/a.png", ASSET)).toMatchObject({ status: 403, hits: 0 });
    expect((await bob.send("/a.png", ASSET)).status).toBe(200);
    expect(await bob.send("/reports/a.png", ASSET)).toMatchObject({ status: 403, hits: 0 });
  });
  it("a lease for reading is none for writing", async () => {
    expect((await bob.send("/a.png", ASSET)).status).toBe(200);
    expect(await bob.send("/reports/a.png", ASSET, "POST")).toMatchObject({ status: 403, hits: 0 });
  });
  it("parallel requests of two users each get their own identity", async () => {
    const before = system.upstream.seen.length;
    await Promise.all([
      alice.send("/who", ASSET),
      bob.send("/who", ASSET),
      alice.send("/who", ASSET),
      bob.send("/who", ASSET),
    ]);
    const emails = system.upstream.seen.slice(before).map(({ headers }) => {
      const [, payload = ""] = String(headers["x-rustronaut-jwt-assertion"]).split(".");
      return JSON.parse(Buffer.from(payload, "base64url").toString("utf8")).email;
    });
    expect(emails.sort()).toEqual([
      "alice@example.com",
      "alice@example.com",
      "bob@example.com",
      "bob@example.com",
    ]);
  });
});

describe("S-32 the guard runs before every route of ours", () => {
  it.each([
    "/api/v1/me%0a",
    "/api/v1/me%0d",
    "/api/v1/%e2%80%a8me",
    "/api/v1\\me",
    "/api/v1/%2e%2e/v1/me",
    "/api//v1/me",
  ])("%s without credentials answers nothing", async (path) => {
    const { status, text } = await localRequest(`${system.hubOrigin}${path}`);
    expect(status).not.toBe(200);
    expect(text).not.toContain("actor");
  });
});

describe("S-36 endpoints about the user", () => {
  it("hold no token of the identity provider, nor our session's secret", async () => {
    const { visitor } = alice;
    const response = await visitor.get(`${system.appOrigin}/.rustronaut/user`, {
      accept: "application/json",
    });
    expect(response.status).toBe(200);
    expect(response.text).toContain("alice@example.com");
    const secret = visitor.cookies(system.appOrigin).get("__Host-rn_s")?.split(".").at(-1) ?? "none";
    expect(response.text).not.toContain(secret);
    expect(response.text).not.toMatch(/id_token|access_token|refresh_token/);
  });
  it.each(["/metrics", "/debug/pprof", "/.rustronaut/metrics", "/.rustronaut/debug"])(
    "%s shows nothing of ours",
    async (path) => {
      for (const origin of [system.appOrigin, system.authOrigin, system.hubOrigin]) {
        const { status } = await localRequest(`${origin}${path}`, { headers: { "sec-fetch-mode": "cors" } });
        expect(status).toBeGreaterThanOrEqual(400);
      }
    },
  );
});
