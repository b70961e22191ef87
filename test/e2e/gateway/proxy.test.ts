import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localRequest } from "../../../scripts/local/http.ts";
import { ApiError } from "../../../shared/api/client.ts";
import { type Attacker, attack, signIn } from "../../support/attack.ts";
import { type System, startSystem } from "../../support/harness.ts";

let system: System;
let alice: Attacker;
beforeAll(async () => {
  system = await startSystem();
  alice = await signIn(system);
});
afterAll(() => system.stop());

const host = () => `app.localhost:${system.port}`;

describe("S-41 framing", () => {
  it.each([
    ["CL and TE", "Content-Length: 6\r\nTransfer-Encoding: chunked", "0\r\n\r\nX"],
    ["two CL", "Content-Length: 1\r\nContent-Length: 2", "ab"],
    ["TE twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n"],
    ["obs-fold", "X-A: b\r\n c: d\r\nContent-Length: 0", ""],
    ["NUL in a header", "X-A: b\0c\r\nContent-Length: 0", ""],
  ])("%s reaches the application at most once and never as a second request", async (_name, lines, body) => {
    system.upstream.reset();
    const smuggled = `${body}GET /smuggled HTTP/1.1\r\nHost: ${host()}\r\n\r\n`;
    await attack(
      system,
      `POST /first HTTP/1.1\r\nHost: ${host()}\r\n${alice.cookie}\r\n${lines}\r\nConnection: close\r\n\r\n${smuggled}`,
    );
    const urls = system.upstream.seen.map(({ url }) => url);
    expect(urls.filter((url) => url === "/smuggled")).toEqual([]);
    expect(urls.length).toBeLessThanOrEqual(1);
  });
});

describe("S-42 upstream addresses", () => {
  const forbidden = [
    "http://127.1",
    "http://0x7f.1",
    "http://2130706433",
    "http://[::ffff:127.0.0.1]",
    "http://１２７.0.0.1",
    "http://169.254.169.254",
    "http://[fd00::1]",
    "http://100.64.0.1",
    "http://198.18.0.1",
    "http://[64:ff9b::7f00:1]",
    "http://0.0.0.0",
    "http://10.0.0.1",
    "http://metadata.google.internal",
    "http://localhost:1",
  ];
  it.each(forbidden)("%s is refused when it is saved", async (upstream) => {
    const create = system.admin.call("apps.create", {
      body: { name: "ssrf", title: "SSRF", host: "ssrf.localhost", segment: "main", upstreams: [upstream] },
    });
    await expect(create).rejects.toSatisfy(
      (error: ApiError) => error instanceof ApiError && error.status === 422,
    );
  });
  it("our own hosts are refused", async () => {
    const create = system.admin.call("apps.create", {
      body: {
        name: "self",
        title: "Self",
        host: "self.localhost",
        segment: "main",
        upstreams: [system.hubOrigin],
      },
    });
    await expect(create).rejects.toSatisfy((error: ApiError) => error.status === 422);
  });
  it("is refused again when it is connected to, whatever the registry says", async () => {
    const db = await system.platform.miniflare.getD1Database("DB");
    await db
      .prepare(
        "UPDATE upstreams SET url = 'http://127.0.0.1:1' WHERE app_id = (SELECT id FROM apps WHERE name = 'other')",
      )
      .run();
    await system.admin.call("segments.create", { body: { name: "epoch-bump" } });
    const visitor = await signIn(system).then(() => alice.visitor);
    const { response } = await visitor.visit(`${system.otherOrigin}/`, "alice");
    expect(response.status).toBe(502);
  });
});

describe("S-43 redirects of the application", () => {
  it("are passed on, never followed", async () => {
    const { status, header, hits } = await alice.send("/redirect-metadata");
    expect([status, hits]).toEqual([302, 1]);
    expect(header("location")).toBe("http://169.254.169.254/latest/meta-data/");
  });
});

describe("S-44 headers of the application", () => {
  it("can't touch our cookies, our reserved space or other hosts", async () => {
    const { head, status } = await alice.send("/hostile-headers");
    expect(status).toBe(200);
    expect(head).not.toMatch(/__Host-rn_s/);
    expect(head).not.toMatch(/Domain=localhost/i);
    expect(head).not.toMatch(/clear-site-data/i);
    expect(head).not.toMatch(/^x-rustronaut-response: forged/im);
    expect(head).toMatch(/own=1/);
  });
});

describe("S-46 methods", () => {
  it.each(["TRACE", "CONNECT", "PROPFIND2"])(
    "%s does not reach the application without being judged",
    async (method) => {
      const { status, hits } = await attack(
        system,
        `${method} /admin HTTP/1.1\r\nHost: ${host()}\r\n${alice.cookie}\r\nConnection: close\r\n\r\n`,
      );
      expect(hits).toBe(0);
      expect(status).not.toBe(200);
    },
  );
  it("a method override is stripped", async () => {
    await alice.send("/", ["X-HTTP-Method-Override: DELETE", "X-Method-Override: DELETE"], "POST");
    expect(JSON.stringify(system.upstream.seen.at(-1)?.rawHeaders)).not.toMatch(/DELETE/);
  });
  it("a preflight does not open the real request", async () => {
    const preflight = await attack(
      system,
      `OPTIONS /admin HTTP/1.1\r\nHost: ${host()}\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\nConnection: close\r\n\r\n`,
    );
    expect(preflight.hits).toBe(0);
  });
});

describe("S-48 every kind of request takes the same path", () => {
  it.each([
    ["grpc", ["Content-Type: application/grpc"], "POST"],
    ["grpc+proto", ["Content-Type: application/grpc+proto"], "POST"],
    ["grpc-web, upper case", ["Content-Type: APPLICATION/GRPC-WEB"], "POST"],
    ["event stream", ["Accept: text/event-stream"], "GET"],
    ["unknown upgrade", ["Upgrade: foo", "Connection: upgrade"], "GET"],
    ["range", ["Range: bytes=0-3"], "GET"],
    ["HEAD", [], "HEAD"],
  ] as const)("%s to a forbidden path never reaches the application", async (_name, lines, method) => {
    const { hits } = await alice.send("/admin", lines, method);
    expect(hits).toBe(0);
  });
  it("HTTP/1.0", async () => {
    const { hits, status } = await attack(
      system,
      `GET /admin HTTP/1.0\r\nHost: ${host()}\r\n${alice.cookie}\r\n\r\n`,
    );
    expect(hits).toBe(0);
    expect(status).toBe(403);
  });
  it("ranges and HEAD are passed through", async () => {
    const ranged = await alice.send("/ranged", ["Range: bytes=0-3"]);
    expect([ranged.status, ranged.header("content-range")]).toEqual([206, "bytes 0-3/10"]);
    const head = await alice.send("/page", [], "HEAD");
    expect([head.status, head.body]).toEqual([200, ""]);
  });
});

describe("what other callers than browsers see (reference 2.6)", () => {
  const asCaller = (headers: Record<string, string>, path = "/") =>
    localRequest(`${system.appOrigin}${path}`, { headers });
  it("fetch without a session: 401 JSON with a login URL", async () => {
    const { status, headers, text } = await asCaller({
      "sec-fetch-mode": "cors",
      accept: "application/json",
    });
    expect(status).toBe(401);
    expect(headers["www-authenticate"]).toBeTruthy();
    expect(JSON.parse(text).code).toBe("unauthenticated");
  });
  it("XMLHttpRequest: 401", async () => {
    expect((await asCaller({ "x-requested-with": "XMLHttpRequest" })).status).toBe(401);
  });
  it("a denied fetch gets JSON with a decision id that the administrator can look up", async () => {
    const { status, text } = await asCaller(
      {
        "sec-fetch-mode": "cors",
        accept: "application/json",
        cookie: alice.visitor.cookieHeader(system.appOrigin),
      },
      "/admin",
    );
    expect(status).toBe(403);
    const { decision_id: decision } = JSON.parse(text);
    const { data } = await system.admin.call("decisions.get", { params: { decision } });
    expect(data.determining).toEqual(["app#2"]);
    expect(data.decision).toBe("deny");
  });
  it("gRPC without a session: status 16", async () => {
    const { headers } = await asCaller({ "content-type": "application/grpc" });
    expect(headers["grpc-status"]).toBe("16");
  });
  it("everything of ours says no-store and why", async () => {
    for (const path of ["/", "/admin", "/.rustronaut/nothing"]) {
      const { headers } = await asCaller({ "sec-fetch-mode": "cors" }, path);
      expect(headers["cache-control"]).toContain("no-store");
      expect(headers["x-rustronaut-response"]).toBeTruthy();
    }
  });
});
