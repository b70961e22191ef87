import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Attacker, attack, signIn } from "../../support/attack.ts";
import { type System, startSystem } from "../../support/harness.ts";

/** What is judged is what is served. `/admin` is forbidden to everyone by policy, everything else is open to Alice. */

let system: System;
let alice: Attacker;
beforeAll(async () => {
  system = await startSystem();
  alice = await signIn(system);
});
afterAll(() => system.stop());

const lastUrl = () => system.upstream.seen.at(-1)?.url;

async function isJudgedAsAdmin(target: string) {
  const { status, hits } = await alice.send(target);
  expect({ target, status, hits }).toEqual({ target, status: 403, hits: 0 });
}

async function isMalformed(target: string) {
  const { status, hits } = await alice.send(target);
  expect({ target, status, hits }).toEqual({ target, status: 400, hits: 0 });
}

describe("S-01 dot segments", () => {
  it.each(["/public/%2e%2e/admin", "/public/.%2E/admin", "/public\\..\\admin", "/public/../admin"])(
    "%s",
    isJudgedAsAdmin,
  );
});

describe("S-02 encoded slashes", () => {
  it.each(["/public/..%2fadmin", "/public/..%2Fadmin", "/a%5cb", "/a%5Cb"])("%s", isMalformed);
});

describe("S-03 double encoding and malformed escapes", () => {
  it.each(["/public/%252e%252e/admin", "/a%00", "/a%0a", "/a%0d", "/%c0%ae", "/a%", "/a%zz"])(
    "%s",
    isMalformed,
  );
});

describe("S-04 matrix parameters", () => {
  it.each(["/public/..;/admin", "/admin;x=1", "/admin/.;/", "/admin;/x"])("%s", async (target) => {
    const { status, hits } = await alice.send(target);
    expect([400, 403]).toContain(status);
    expect(hits).toBe(0);
  });
  it("serves harmless ones", async () => {
    const { status, hits } = await alice.send("/page;v=1");
    expect([status, hits]).toEqual([200, 1]);
  });
});

describe("S-05 other spellings of the same path", () => {
  it.each(["//admin", "/./admin", "/admin/.", "/%61dmin", "/%61%64min/x"])("%s", async (target) => {
    const { status, hits } = await alice.send(target);
    expect([400, 403]).toContain(status);
    expect(hits).toBe(0);
  });
});

describe("S-06 query and fragment take no part", () => {
  it("a query does not open a path", () => isJudgedAsAdmin("/admin?x=/public"));
  it("a query does not close one", async () => {
    const { status } = await alice.send("/public?x=/admin");
    expect(status).toBe(200);
    expect(lastUrl()).toBe("/public?x=/admin");
  });
  it("an encoded hash is part of the path", async () => {
    const { status, hits } = await alice.send("/public%23/../admin");
    expect([400, 403]).toContain(status);
    expect(hits).toBe(0);
  });
});

describe("S-07 patterns are anchored", () => {
  it("/x/admin is not /admin", async () => {
    const { status, hits } = await alice.send("/x/admin");
    expect([status, hits]).toEqual([200, 1]);
  });
});

describe("S-08 no path is open by itself", () => {
  it.each(["/.well-known/acme-challenge/x", "/robots.txt", "/favicon.ico", "/healthz"])(
    "%s",
    async (target) => {
      const { status, hits } = await alice.send(target);
      expect([status, hits]).toEqual([200, 1]);
      const anonymous = await attack(
        system,
        `GET ${target} HTTP/1.1\r\nHost: app.localhost:${system.port}\r\nConnection: close\r\n\r\n`,
      );
      expect(anonymous.status).not.toBe(200);
      expect(anonymous.hits).toBe(0);
    },
  );
});

describe("S-09 the reserved space", () => {
  it.each([
    "/.rustronaut/unknown",
    "/x/%2e%2e/.rustronaut/callback",
    "/.rustronaut/../.rustronaut/x",
    "/.Rustronaut/x",
  ])("%s never reaches the application", async (target) => {
    const { hits } = await alice.send(target);
    expect(hits).toBe(0);
  });
  it("leaving it by dot segments is judged where it ends", () => isJudgedAsAdmin("/.rustronaut/../admin"));
});

describe("S-10 the address of a parked form that was sent, opened again", () => {
  it.each(["//evil.example/x", "/\\evil.example/x", "/a/..//evil.example", "/%2e%2e//evil.example/x"])(
    "%s leads to no other host",
    async (target) => {
      const answer = await alice.send(`${target}?rustronaut-continue=${"A".repeat(43)}`);
      const leadsTo = new URL(answer.header("location") ?? "", system.appOrigin);
      expect([answer.status, leadsTo.origin, answer.hits]).toEqual([303, system.appOrigin, 0]);
    },
  );
});

describe("judged = forwarded", () => {
  it.each([
    ["/a/b?c=d", "/a/b?c=d"],
    ["/a/./b", "/a/b"],
    ["/a/x/../b", "/a/b"],
    ["/caf%C3%A9", "/caf%C3%A9"],
  ])("%s is served as %s", async (target, served) => {
    const { status } = await alice.send(target);
    expect(status).toBe(200);
    expect(lastUrl()).toBe(served);
  });
});
