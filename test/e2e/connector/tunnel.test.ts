import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { applyNetwork } from "../../../scripts/local/admin.ts";
import { connectorKey, startConnector, type TestConnector } from "../../support/connector.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { type PrivateApp, startPrivateApp } from "../../support/private-app.ts";
import { initTrust } from "../../support/trust.ts";

/** A private app behind two real agents, which need no root and open no port. */

let system: System;
let app: PrivateApp;
let key = "";
const agents: TestConnector[] = [];

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
  for (const name of ["one", "two"]) agents.push(await connector(name));
});
afterAll(async () => {
  for (const agent of agents) await agent.end();
  app.close();
  await system.stop();
});

const connector = (name: string) =>
  startConnector(system.hubOrigin, key, { name, dial: `127.0.0.1:${app.port}`, apps: ["wiki", "closed"] });

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

describe("requests through an agent", () => {
  it("arrive with their query, and the answer comes back with all of its headers", async () => {
    const { status, headers, body } = await ask("/page?a=1&b=%20");
    expect([status, body.toString()]).toEqual([200, "saw /page?a=1&b=%20"]);
    expect(headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    expect(app.seen.at(-1)?.headers.host).toBe(`127.0.0.1:${app.port}`);
  });
});
