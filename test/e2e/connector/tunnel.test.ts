import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { applyNetwork } from "../../../scripts/local/admin.ts";
import { connectorKey, startConnector, type TestConnector } from "../../support/connector.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { until } from "../../support/mesh.ts";
import { startModelAgent } from "../../support/model-agent.ts";
import { fileBytes, type PrivateApp, startPrivateApp } from "../../support/private-app.ts";
import { initTrust } from "../../support/trust.ts";
import { openDoor } from "../agent/door.ts";
import { webSocketTests } from "./websocket-tests.ts";

/** A private app behind two real agents, which need no root and open no port. */

let system: System;
let app: PrivateApp;
let key = "";
/** The heavy one takes everything while it is there. */
let heavy: TestConnector;
let light: TestConnector;

beforeAll(async () => {
  app = await startPrivateApp();
  system = await startSystem({
    withoutDashboard: true,
    policies: [{ name: "all", source: "permit (principal, action, resource);" }],
  });
  await initTrust(system.admin);
  const settings = { anonymous: true, upstreamTimeoutMs: 5_000 };
  const place = { segment: "main", through: ["tag:office"], settings };
  await applyNetwork(system.admin, {
    version: 1,
    apps: [
      { name: "wiki", host: "wiki.localhost", upstreams: [`http://127.0.0.1:${app.port}`], ...place },
      {
        name: "named",
        host: "named.localhost",
        upstreams: [`http://127.0.0.1:${app.port}`],
        ...place,
        settings: { ...settings, upstreamHost: "public", pathStrip: "/n" },
      },
      ...["away", "meshed"].map((name) => ({
        ...{ name, host: `${name}.localhost`, upstreams: [`http://127.0.0.1:${app.port}`] },
        ...{ ...place, through: [`node:${name}`] },
      })),
      { name: "closed", host: "closed.localhost", upstreams: ["http://127.0.0.1:9"], ...place },
      {
        name: "nobody",
        host: "nobody.localhost",
        upstreams: ["http://127.0.0.1:9"],
        ...place,
        through: ["tag:x"],
      },
    ],
  });
  key = await connectorKey(system.admin, ["office"]);
  [heavy, light] = await Promise.all([connector("heavy", 100), connector("light", 1)]);
});
afterAll(async () => {
  for (const agent of [heavy, light]) await agent.end();
  app.close();
  await system.stop();
});

const connector = (name: string, weight: number) =>
  startConnector(system.hubOrigin, key, {
    name,
    dial: `127.0.0.1:${app.port}`,
    apps: ["wiki", "named", "closed"],
    more: ["--weight", String(weight)],
  });

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

function ask(
  path: string,
  {
    method = "GET",
    host = "wiki",
    headers = {},
    body,
  }: {
    readonly method?: string;
    readonly host?: string;
    readonly headers?: Record<string, string>;
    readonly body?: Buffer;
  } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: "127.0.0.1",
        port: system.port,
        path,
        method,
        headers: { ...headers, host: `${host}.localhost:${system.port}` },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** How many streams are open, as the hub knows it. */
async function streams(): Promise<number> {
  const { data } = await system.admin.call("connectors.list", { query: {} });
  return data.items.reduce((sum, one) => sum + one.streams, 0);
}

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const MIB = 1024 * 1024;

describe("requests through an agent", () => {
  it("arrive with their query, and the answer comes back with all of its headers", async () => {
    const { status, headers, body } = await ask("/page?a=1&b=%20");
    expect([status, body.toString()]).toEqual([200, "saw /page?a=1&b=%20"]);
    expect(headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    expect(app.seen.at(-1)?.headers.host).toBe(`127.0.0.1:${app.port}`);
  });

  it("ask for the host that the app wants, and for the path that it knows", async () => {
    const { status, body } = await ask("/n/page?a=1", { host: "named" });
    expect([status, body.toString()]).toEqual([200, "saw /page?a=1"]);
    expect(app.seen.at(-1)?.headers).toMatchObject({
      host: `named.localhost:${system.port}`,
      "x-forwarded-prefix": "/n",
    });
  });

  it("download and upload large bodies byte for byte", async () => {
    const file = fileBytes(0, 12 * MIB + 17);
    const { headers, body } = await ask(`/file/${file.length}`);
    expect(headers["content-length"]).toBe(String(file.length));
    expect(sha256(body)).toBe(sha256(file));
    const expected = { bytes: file.length, sha256: sha256(file) };
    const sized = await ask("/upload", {
      method: "POST",
      headers: { "content-length": String(file.length) },
      body: file,
    });
    expect(JSON.parse(sized.body.toString())).toEqual(expected);
    const chunked = await ask("/upload", {
      method: "PUT",
      headers: { "transfer-encoding": "chunked" },
      body: file,
    });
    expect(JSON.parse(chunked.body.toString())).toEqual(expected);
  });

  it("take HEAD, ranges, and a POST without a body", async () => {
    const head = await ask("/file/70000", { method: "HEAD" });
    expect([head.status, head.headers["content-length"], head.body.length]).toEqual([200, "70000", 0]);
    const part = await ask("/file/70000", { headers: { range: "bytes=10-19" } });
    expect([part.status, part.headers["content-range"]]).toEqual([206, "bytes 10-19/70000"]);
    expect(part.body.equals(fileBytes(10, 20))).toBe(true);
    const post = await ask("/upload", { method: "POST" });
    expect(JSON.parse(post.body.toString())).toMatchObject({ bytes: 0 });
  });

  it("get an answer that comes before their body was read", async () => {
    // The connection is closed in the middle of the upload, so the next request must not take it.
    const upload = { method: "POST", headers: { connection: "close" }, body: fileBytes(0, 2 * MIB) };
    const { status, body } = await ask("/early", upload).catch((error: NodeJS.ErrnoException) => ({
      status: error.code,
      body: "",
    }));
    // Whether the client still reads the answer when its upload is cut off is up to the client.
    expect([413, "EPIPE", "ECONNRESET"]).toContain(status);
    if (status === 413) expect(String(body)).toBe("big");
    expect((await ask("/after")).status).toBe(200);
  });

  it("carry events as they come, and end at the application when the client leaves", async () => {
    const outgoing = request({
      ...{ host: "127.0.0.1", port: system.port, path: "/events/1" },
      headers: { host: `wiki.localhost:${system.port}` },
    }).end();
    let text = "";
    outgoing.on("response", (response) =>
      response
        .on("data", (chunk: Buffer) => {
          text += chunk.toString();
        })
        .on("error", () => {}),
    );
    outgoing.on("error", () => {});
    await expect.poll(() => text).toContain("data: 3");
    outgoing.destroy();
    await expect.poll(() => app.open.has("/events/1")).toBe(false);
  });

  it("end at the application when the client leaves before there is an answer", async () => {
    const outgoing = request({
      ...{ host: "127.0.0.1", port: system.port, path: "/silent/1" },
      headers: { host: `wiki.localhost:${system.port}` },
    }).end();
    outgoing.on("error", () => {});
    await expect.poll(() => app.open.has("/silent/1")).toBe(true);
    outgoing.socket?.resetAndDestroy();
    await expect.poll(() => app.open.has("/silent/1")).toBe(false);
  });

  it("are all served when 200 come at once, and none waits for the largest", async () => {
    const sizes = Array.from({ length: 200 }, (_, i) => (i === 0 ? 24 * MIB : 20_000 + i));
    const order: number[] = [];
    const answers = await Promise.all(
      sizes.map(async (size, i) => {
        const { body } = await ask(`/file/${size}`);
        order.push(i);
        return body.equals(fileBytes(0, size));
      }),
    );
    expect(answers.filter((isWhole) => !isWhole)).toEqual([]);
    expect(order.at(-1)).toBe(0);
  });
});

webSocketTests(() => ({ system, app, heavy, streams }));

describe("what an agent refuses", () => {
  it("is a host and port that its list does not name, and the application hears nothing", async () => {
    const { status, headers } = await ask("/", { host: "closed" });
    expect([status, headers["x-rustronaut-response"]]).toEqual([502, "upstream_misconfigured"]);
    expect(heavy.log()).toMatch(/may not dial 127\.0\.0\.1:9/);
  });

  it("an app that no agent serves is unreachable, and says so", async () => {
    const { status, headers, body } = await ask("/", { host: "nobody" });
    expect([status, headers["x-rustronaut-response"]]).toEqual([502, "upstream_unreachable"]);
    expect(body.toString()).toContain("None of its agents is connected");
  });
});

describe("an agent that dies", () => {
  it("in the middle of a download: it goes on at the other one, and no byte is wrong", async () => {
    const size = 8 * MIB;
    const gate = app.pauseAt(3 * MIB);
    const before = app.seen.length;
    const downloaded = ask(`/file/${size}`);
    await gate.paused;
    await heavy.end();
    gate.go();
    const { status, headers, body } = await downloaded;
    expect([status, headers["content-length"]]).toEqual([200, String(size)]);
    expect(sha256(body)).toBe(sha256(fileBytes(0, size)));
    const ranges = app.seen.slice(before).map((request) => request.headers["if-range"]);
    expect(ranges).toEqual([undefined, '"file"']);
    heavy = await connector("next", 100);
  });

  it("that is told to stop: what runs ends in peace, and what is new goes to the other one", async () => {
    const gate = app.pauseAt(MIB);
    const download = ask(`/file/${2 * MIB}`);
    await gate.paused;
    const ended = heavy.end("SIGTERM");
    await until("it drains", () => heavy.log().includes("takes no new requests"), 10, 20);
    expect((await ask("/page")).status).toBe(200);
    gate.go();
    expect((await download).body.length).toBe(2 * MIB);
    await ended;
    heavy = await connector("last", 100);
  });
});

describe("an agent", () => {
  const page = (host: string) => ask("/page", { host }).then(({ status }) => status);

  it("that loses its hub says so and comes back by itself, also when the hub is away at its start", async () => {
    const door = await openDoor(system.port);
    const stateDirectory = mkdtempSync(join(tmpdir(), "rustronaut-away-"));
    onTestFinished(() => {
      door.stop();
      rmSync(stateDirectory, { recursive: true, force: true });
    });
    const start = (apps: string[]) =>
      startConnector(system.hubOrigin, key, {
        ...{ name: "away", dial: `127.0.0.1:${app.port}`, apps, stateDirectory },
        env: { HTTP_PROXY: door.url, NO_PROXY: "" },
      });
    const first = await start(["away"]);
    expect(await page("away")).toBe(200);
    door.isShut = true;
    await expect.poll(() => first.log()).toContain("The tunnel of away is closed");
    await expect.poll(() => page("away")).toBe(502);
    door.isShut = false;
    await expect.poll(() => page("away"), { timeout: 20_000 }).toBe(200);
    await first.end();

    door.isShut = true;
    const second = await start([]);
    onTestFinished(() => second.end());
    await expect.poll(() => second.log(), { timeout: 20_000 }).toMatch(/hub/i);
    expect(second.log()).not.toContain("is open");
    door.isShut = false;
    await expect.poll(() => page("away"), { timeout: 30_000 }).toBe(200);
  });

  it("of the mesh dials for a private app, too", async () => {
    const agent = startModelAgent(system.hubOrigin, await connectorKey(system.admin, []), [
      ...["--hostname", "meshed", "--dial", `127.0.0.1:${app.port}`],
    ]);
    onTestFinished(agent.end);
    await expect.poll(() => agent.log(), { timeout: 30_000 }).toContain("The tunnel of meshed is open");
    expect(await page("meshed")).toBe(200);
    await agent.end();
    await expect.poll(() => page("meshed")).toBe(502);
  });
});
