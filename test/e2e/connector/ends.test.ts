import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { applyNetwork } from "../../../scripts/local/admin.ts";
import { type Attacker, signIn } from "../../support/attack.ts";
import { connectorKey, startConnector, type TestConnector } from "../../support/connector.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { type PrivateApp, startPrivateApp } from "../../support/private-app.ts";
import { openDownload, openSocket, openUpload } from "../../support/streams.ts";
import { initTrust } from "../../support/trust.ts";

/** What ends a stream through an agent: the session, the policy, the agent's membership, and the app's own settings. */

let system: System;
let app: PrivateApp;
let agent: TestConnector;
let alice: Attacker;

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
    ],
  });
  const key = await connectorKey(system.admin, []);
  agent = await startConnector(system.hubOrigin, key, {
    ...{ name: "gate", dial: `127.0.0.1:${app.port}`, apps: ["wiki"] },
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

  it("end when the agent's node is revoked, and the agent stops for good", async () => {
    const open = await streams();
    await expect.poll(() => app.open.size).toBe(3);
    await system.admin.call("nodes.revoke", { params: { node: "gate" } });
    await Promise.all(open.map(({ cut }) => cut));
    await expect.poll(() => [...app.open]).toEqual([]);
    expect((await alice.send("/page")).status).toBe(502);
    await expect.poll(() => agent.log()).toMatch(/membership|removed|put this node out/i);
  });
});
