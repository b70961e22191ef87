import { spawn } from "node:child_process";
import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { applyNetwork } from "../../../scripts/local/admin.ts";
import { type Attacker, signIn } from "../../support/attack.ts";
import { connectorKey, startConnector, type TestConnector } from "../../support/connector.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { until } from "../../support/mesh.ts";
import { fileBytes, type PrivateApp, startPrivateApp } from "../../support/private-app.ts";
import { openDownload, openSocket, openUpload } from "../../support/streams.ts";
import { initTrust } from "../../support/trust.ts";
import { personTests } from "./person-tests.ts";

/**
 * What ends a stream through an agent: the session, the policy, the agent's membership, and the app's own settings.
 * And TCP apps, for programs with a service token and for people.
 */

let system: System;
let app: PrivateApp;
let agent: TestConnector;
let alice: Attacker;
let token = "";

beforeAll(async () => {
  app = await startPrivateApp();
  system = await startSystem({
    withoutDashboard: true,
    policies: [{ name: "all", source: 'permit (principal in Group::"engineering", action, resource);' }],
  });
  await initTrust(system.admin);
  await applyNetwork(system.admin, {
    version: 1,
    apps: [
      {
        ...{ name: "wiki", host: "wiki.localhost", segment: "main", through: ["node:gate"] },
        upstreams: [`http://127.0.0.1:${app.port}`],
      },
      {
        ...{ name: "database", host: "database.localhost", segment: "main", through: ["node:gate"] },
        upstreams: [`tcp://127.0.0.1:${app.tcpPort}`],
      },
    ],
  });
  const created = await system.admin.call("serviceTokens.create", {
    body: { name: "backup", groups: ["engineering"] },
  });
  token = created.data.secret ?? "";
  const key = await connectorKey(system.admin, []);
  agent = await startConnector(system.hubOrigin, key, {
    ...{ name: "gate", dial: `127.0.0.1:${app.port},127.0.0.1:${app.tcpPort}` },
    apps: ["wiki", "database"],
  });
});
afterAll(async () => {
  await agent?.end();
  app.close();
  await system.stop();
});
beforeEach(async () => {
  alice = await signIn(system, "alice", `http://wiki.localhost:${system.port}`);
});

const host = () => `wiki.localhost:${system.port}`;
const cookie = () => alice.visitor.cookieHeader(`http://${host()}`);
/** `rustronaut tcp`, as its user runs it. */
function tcp(serviceToken: string) {
  const words = ["cli/bin.js", "tcp", `http://database.localhost:${system.port}`];
  const child = spawn(process.execPath, words, {
    env: { ...process.env, RUSTRONAUT_SERVICE_TOKEN: serviceToken },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
  }
  const port = until("it listens", () => / is at 127\.0\.0\.1:\d+/.test(said), 20, 50).then(() =>
    Number(/ is at 127\.0\.0\.1:(\d+)/.exec(said)?.[1]),
  );
  return { port, said: () => said, end: () => child.kill("SIGINT") };
}

const streams = async () => [
  await openSocket(system.port, host(), cookie(), "/echo/held"),
  await openDownload(system.port, host(), cookie(), "/events/held"),
  openUpload(system.port, host(), cookie(), "/upload/held"),
];

describe("streams through an agent", () => {
  it("carry the caller's assertion, and the agent's pass stays with the agent", async () => {
    await alice.send("/page");
    const headers = app.seen.find(({ line }) => line === "GET /page")?.headers ?? {};
    expect(headers["x-rustronaut-jwt-assertion"]).toBeDefined();
    expect(JSON.stringify(headers)).not.toContain("rustronaut-pass");
    expect(headers.cookie ?? "").not.toContain("__Host-rn");
  });

  it("S-37: end at the client and at the application when the session ends", async () => {
    const open = await streams();
    await expect.poll(() => app.open.size).toBe(3);
    await system.admin.call("sessions.killMany", { body: { by: "app", app: "wiki" } });
    const cuts = await Promise.all(open.map(({ cut }) => cut));
    expect(cuts[0]?.code).toBe(4401);
    await expect.poll(() => [...app.open]).toEqual([]);
  });

  it("S-37: end when a policy no longer allows them", async () => {
    const open = await streams();
    await expect.poll(() => app.open.size).toBe(3);
    const set = async (enabled: boolean) => {
      const { etag } = await system.admin.call("policies.get", { params: { policy: "all" } });
      await system.admin.call("policies.update", {
        ...{ params: { policy: "all" }, body: { enabled }, ifMatch: etag ?? "" },
      });
    };
    await set(false);
    const cuts = await Promise.all(open.map(({ cut }) => cut));
    expect(cuts[0]?.code).toBe(4403);
    await expect.poll(() => [...app.open]).toEqual([]);
    await set(true);
  });

  it("end when the app no longer names the agent, and so does its tunnel", async () => {
    const open = await streams();
    await expect.poll(() => app.open.size).toBe(3);
    const through = async (names: string[]) => {
      const { etag } = await system.admin.call("apps.get", { params: { app: "wiki" } });
      await system.admin.call("apps.update", {
        ...{ params: { app: "wiki" }, body: { through: names }, ifMatch: etag ?? "" },
      });
    };
    await through(["tag:others"]);
    await Promise.all(open.map(({ cut }) => cut));
    await expect.poll(() => [...app.open]).toEqual([]);
    expect((await alice.send("/page")).status).toBe(502);
    await through(["node:gate"]);
    await expect.poll(async () => (await alice.send("/page")).status).toBe(200);
  });

  it("find the agent again after the object restarted, at once where its socket hibernated", async () => {
    const { data } = await system.admin.call("apps.get", { params: { app: "wiki" } });
    const evict = (webSockets: "close" | "hibernate") =>
      system.platform.miniflare.unsafeEvictDurableObject("rustronaut", "ConnectorTunnel", {
        name: data.id,
        webSockets,
      });
    const opened = () => agent.log().split("The tunnel of wiki is open").length - 1;
    const before = opened();
    await evict("hibernate");
    expect((await alice.send("/page")).status).toBe(200);
    expect(opened()).toBe(before);
    await evict("close");
    await expect.poll(opened).toBe(before + 1);
    expect((await alice.send("/page")).status).toBe(200);
  });

  it("are TCP connections of a program: bytes in both directions, and each direction ends by itself", async () => {
    const program = tcp(token);
    const port = await program.port;
    const sent = fileBytes(0, 3 * 1024 * 1024 + 5);
    const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    const received: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => received.push(chunk));
    socket.end(sent);
    await new Promise((resolve) => socket.on("end", resolve));
    expect(Buffer.concat(received).equals(sent)).toBe(true);
    const held = connect({ host: "127.0.0.1", port }).on("error", () => {});
    held.write("hello");
    await new Promise((resolve) => held.once("data", resolve));
    const cut = new Promise((resolve) => held.on("close", resolve));
    const { data } = await system.admin.call("serviceTokens.list", { query: {} });
    const [{ id, version } = { id: "", version: 0 }] = data.items;
    await system.admin.call("serviceTokens.update", {
      ...{ params: { serviceToken: id }, body: { enabled: false }, ifMatch: `"${version}"` },
    });
    await cut;
    await expect.poll(program.said).toContain("A connection was cut: 4403");
    connect({ host: "127.0.0.1", port }).on("error", () => {});
    await expect.poll(program.said).toContain("A connection was refused: The gateway does not know you");
    program.end();
  });

  it("S-43: are known: who serves, how much is open, and nobody new where an agent is drained", async () => {
    const { data: before } = await system.admin.call("connectors.list", { query: { search: "wiki" } });
    const { app: name, node } = { app: "wiki", node: "gate" };
    expect(before.items).toMatchObject([
      { app: name, node, state: "connected", drained: false, streams: 0, weight: 1, unexplained: 0 },
    ]);
    const [held] = await streams();
    const params = { app: name, node };
    const { data: drained } = await system.admin.call("connectors.drain", { params });
    expect(drained.drained).toBe(true);
    expect(drained.streams).toBeGreaterThan(0);
    expect((await alice.send("/page")).status).toBe(502);
    await held?.close();
    await system.admin.call("connectors.undrain", { params });
    expect((await alice.send("/page")).status).toBe(200);
    const { data: log } = await system.admin.call("audit.list", { query: { reason: "connector.drain" } });
    expect(log.items[0]?.entry).toMatchObject({ detail: { name, node } });
    await system.admin.call("sessions.killMany", { body: { by: "app", app: "wiki" } });
  });

  personTests(() => system);

  it("are no websites where they are TCP", async () => {
    const person = await signIn(system, "alice", `http://database.localhost:${system.port}`).catch(String);
    expect(person).toContain("405");
  });

  it("end when the agent's node is revoked", async () => {
    const open = await streams();
    await expect.poll(() => app.open.size).toBe(3);
    await system.admin.call("nodes.revoke", { params: { node: "gate" } });
    await Promise.all(open.map(({ cut }) => cut));
    await expect.poll(() => [...app.open]).toEqual([]);
    expect((await alice.send("/page")).status).toBe(502);
    // None of the streams that broke off in this file is logged as a fault of ours.
    expect(system.log.filter((line) => /uncaught/i.test(line))).toEqual([]);
  });
});
