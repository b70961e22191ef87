import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Attacker, attack, signIn } from "../../support/attack.ts";
import { type System, startSystem } from "../../support/harness.ts";

let system: System;
let alice: Attacker;
beforeAll(async () => {
  system = await startSystem();
  alice = await signIn(system);
});
afterAll(() => system.stop());

describe("S-10 spellings of the host", () => {
  it("upper case is the same app", async () => {
    const { status, hits } = await alice.send("/admin", [], "GET", `APP.localhost:${system.port}`);
    expect([status, hits]).toEqual([403, 0]);
  });
  it.each(["app.localhost.", "app.localhost:8443", "127.0.0.1", "[::1]"])(
    "%s is this app or nobody's",
    async (host) => {
      const { status, hits } = await alice.send("/admin", [], "GET", host);
      expect([400, 403, 421]).toContain(status);
      expect(hits).toBe(0);
    },
  );
});

describe("S-11 unknown hosts", () => {
  it.each(["unknown.localhost", "app.localhost.example.com", "xapp.localhost"])("%s", async (name) => {
    const { status, hits } = await alice.send("/", [], "GET", `${name}:${system.port}`);
    expect([status, hits]).toEqual([421, 0]);
  });
});

describe("S-12 two opinions about the host", () => {
  it("two Host headers", async () => {
    const { status, hits } = await alice.send("/", [`Host: other.localhost:${system.port}`]);
    expect(hits).toBe(0);
    expect(status).toBeGreaterThanOrEqual(400);
  });
  it("an absolute target of another host is not served as this one", async () => {
    const { status, hits } = await alice.send(`http://other.localhost:${system.port}/admin`);
    expect(hits).toBe(0);
    expect(status).toBeGreaterThanOrEqual(300);
  });
});

/** Hosts that no URL can hold are refused by the front of the run-time, before any Worker runs. */
describe("S-13 hostile hosts", () => {
  it.each([
    'app.localhost"',
    "app.localhost,evil",
    "app.localhost evil",
    "app.localhost/evil",
    "a@app.localhost",
  ])("%s", async (host) => {
    const response = await attack(
      system,
      `GET / HTTP/1.1\r\nHost: ${host}\r\n${alice.cookie}\r\nConnection: close\r\n\r\n`,
    );
    expect(response.hits).toBe(0);
    expect(response.status).toBeGreaterThanOrEqual(400);
  });
});
