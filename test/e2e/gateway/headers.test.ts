import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localRequest } from "../../../scripts/local/http.ts";
import { type Attacker, attack, signIn } from "../../support/attack.ts";
import { type System, startSystem } from "../../support/harness.ts";
import type { SeenRequest } from "../../support/upstream.ts";

let system: System;
let alice: Attacker;
beforeAll(async () => {
  system = await startSystem();
  alice = await signIn(system);
});
afterAll(() => system.stop());

const seen = (): SeenRequest =>
  system.upstream.seen.at(-1) ?? { method: "", url: "", headers: {}, rawHeaders: [], body: "" };
const names = () =>
  seen()
    .rawHeaders.filter((_, i) => i % 2 === 0)
    .map((name) => name.toLowerCase());

describe("S-14 identity headers of the client", () => {
  it.each([
    "X-Rustronaut-User: root",
    "X_Rustronaut_Jwt_Assertion: forged",
    "x-RUSTRONAUT-jwt-assertion: forged",
    "Cf-Access-Jwt-Assertion: forged",
    "Cf-Access-Authenticated-User-Email: root@example.com",
    "X-Pomerium-Jwt-Assertion: forged",
    "x-pomerium-claim-email: root",
    "Remote-User: root",
    "Remote_User: root",
    "Remote-Groups: admins",
    "X-Forwarded-User: root",
    "X-Forwarded-Email: root",
    "X-Auth-Request-User: root",
    "X-Goog-IAP-JWT-Assertion: forged",
    "X-Goog-Authenticated-User-Email: root",
    "Tailscale-User-Login: root",
    "X-NetBird-User: root",
    "Impersonate-User: root",
  ])("%s does not reach the application", async (line) => {
    const { status, hits } = await alice.send("/", [line]);
    expect([status, hits]).toEqual([200, 1]);
    expect(JSON.stringify(seen().rawHeaders)).not.toMatch(/root|forged|admins/);
  });
  it("only one assertion arrives, ours", async () => {
    await alice.send("/", ["X-Rustronaut-Jwt-Assertion: a", "x-rustronaut-jwt-assertion: b"]);
    expect(names().filter((name) => name.replaceAll("_", "-") === "x-rustronaut-jwt-assertion")).toHaveLength(
      1,
    );
    expect(decodeJwt(String(seen().headers["x-rustronaut-jwt-assertion"])).email).toBe("alice@example.com");
  });
});

describe("S-15 hop-by-hop lists", () => {
  it.each([
    "x-rustronaut-jwt-assertion, cookie, x-forwarded-for",
    "X-RUSTRONAUT-JWT-ASSERTION",
    "close, X-Forwarded-For,x-forwarded-host",
    "keep-alive, x-rustronaut-via",
  ])("Connection: %s takes away nothing of ours", async (list) => {
    // The last line of the helper is `Connection: close`, so this is one of two, which are one list.
    expect(await alice.send("/", [`Connection: ${list}`])).toMatchObject({ status: 200, hits: 1 });
    const sent = names();
    for (const ours of [
      "x-rustronaut-jwt-assertion",
      "x-rustronaut-via",
      "x-forwarded-for",
      "x-forwarded-host",
      "x-forwarded-proto",
      "forwarded",
    ]) {
      expect(sent).toContain(ours);
    }
  });
  it("the client's own header that it names does not arrive", async () => {
    await alice.send("/", ["Connection: x-only-here", "X-Only-Here: 1", "X-Everywhere: 1"]);
    expect(names()).toContain("x-everywhere");
    expect(names()).not.toContain("x-only-here");
  });
});

describe("S-16 forwarding headers are rebuilt", () => {
  it.each([
    "X-Forwarded-For: 6.6.6.6",
    "X-Forwarded-Host: evil.example",
    "X-Forwarded-Proto: gopher",
    "X-Forwarded-Port: 666",
    "X-Forwarded-Uri: /evil",
    "X-Forwarded-Prefix: /evil",
    "X-Forwarded-Method: EVIL",
    "Forwarded: for=6.6.6.6",
    "X-Original-URL: /evil",
    "X-Rewrite-URL: /evil",
    "X-Real-IP: 6.6.6.6",
    "True-Client-IP: 6.6.6.6",
  ])("%s", async (line) => {
    await alice.send("/", [line]);
    expect(JSON.stringify(seen().rawHeaders)).not.toMatch(/6\.6\.6\.6|evil|gopher|666/i);
  });
});

describe("S-17 no caller is exempt by its User-Agent", () => {
  it.each(["GoogleHC/1.0", "kube-probe/1.30"])("%s", async (agent) => {
    const response = await attack(
      system,
      `GET / HTTP/1.1\r\nHost: app.localhost:${system.port}\r\nUser-Agent: ${agent}\r\nConnection: close\r\n\r\n`,
    );
    expect(response.hits).toBe(0);
    expect(response.status).not.toBe(200);
  });
});

describe("the assertion", () => {
  it("verifies against the published keys, and is bound to method, URL and app", async () => {
    await alice.send("/page?x=1");
    const token = String(seen().headers["x-rustronaut-jwt-assertion"]);
    const jwks = await localRequest(`${system.appOrigin}/.well-known/rustronaut/jwks.json`);
    expect(jwks.status).toBe(200);
    expect(jwks.text).not.toContain('"d"');
    const { payload } = await jwtVerify(token, createLocalJWKSet(JSON.parse(jwks.text)), {
      algorithms: ["ES256"],
      issuer: system.authOrigin,
      typ: "rustronaut-assertion+jwt",
    });
    expect(payload).toMatchObject({ email: "alice@example.com", htm: "GET", groups: ["engineering"] });
    expect(String(payload.htu)).toContain("/page");
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(60);
    expect(decodeProtectedHeader(token).kid).toBeTruthy();
    expect(typeof payload.aud).toBe("string");
  });
  it("S-35 names another audience for another app, and opens nothing of ours", async () => {
    await alice.send("/");
    const token = String(seen().headers["x-rustronaut-jwt-assertion"]);
    const hub = await localRequest(`${system.hubOrigin}/api/v1/me`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(hub.status).toBe(401);
    const aud = decodeJwt(token).aud;
    const other = await signIn(system, "alice", system.otherOrigin);
    await other.send("/");
    expect(decodeJwt(String(seen().headers["x-rustronaut-jwt-assertion"])).aud).not.toBe(aud);
  });
});

describe("our cookies stay ours", () => {
  it("the application sees its own cookies only", async () => {
    const host = `app.localhost:${system.port}`;
    const { status } = await attack(
      system,
      `GET / HTTP/1.1\r\nHost: ${host}\r\n${alice.cookie}; theme=dark\r\nConnection: close\r\n\r\n`,
    );
    expect(status).toBe(200);
    expect(seen().headers.cookie).toBe("theme=dark");
  });
});
