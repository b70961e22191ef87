import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { applyNetwork, createNetwork, localClient } from "../../../scripts/local/admin.ts";
import { type Platform, publicNetwork, startPlatform } from "../../../scripts/local/platform.ts";
import { closeServer, freePort } from "../../support/harness.ts";
import { rawRequest, sendRaw } from "../../support/raw.ts";
import { type RecordingUpstream, startUpstream } from "../../support/upstream.ts";

/** Applications that everybody may use, behind networks that are connected in unfortunate ways. */

interface App {
  readonly name: string;
  readonly upstream: string;
}

async function startGateway(
  port: number,
  apps: readonly App[],
  options: { readonly developmentHosts: readonly string[]; readonly publicNetworkOnly?: boolean },
): Promise<Platform> {
  const hubOrigin = `http://hub.localhost:${port}`;
  const bootstrapToken = randomBytes(32).toString("base64url");
  const platform = await startPlatform({
    port,
    authOrigin: `http://auth.localhost:${port}`,
    hubOrigin,
    secretKey: randomBytes(32).toString("base64url"),
    bootstrapToken,
    quiet: true,
    withoutDashboard: true,
    ...options,
  });
  const token = await createNetwork(hubOrigin, bootstrapToken, "test", "alice@example.com");
  await applyNetwork(localClient(hubOrigin, token), {
    version: 1,
    segments: [{ name: "main" }],
    policies: [{ name: "all", source: "permit (principal, action, resource);" }],
    apps: apps.map(({ name, upstream }) => ({
      name,
      host: `${name}.localhost`,
      segment: "main",
      upstreams: [upstream],
      settings: { anonymous: true },
    })),
  });
  return platform;
}

const ask = (port: number, app: string, lines: readonly string[] = []) =>
  sendRaw(port, rawRequest("/", `${app}.localhost:${port}`, lines), 5_000);

describe("S-45 loops", () => {
  let port: number;
  let platform: Platform;
  /** Stands for name resolution: leads to the gateway, under the name of another app. */
  const relays: Server[] = [];
  let relayed: string[] = [];
  const relayTo = async (app: string): Promise<string> => {
    const server = createServer((incoming, response) => {
      relayed.push(app);
      const headers = { ...incoming.headers, host: `${app}.localhost:${port}` };
      request({ host: "127.0.0.1", port, path: incoming.url, method: incoming.method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    relays.push(server);
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  beforeAll(async () => {
    port = await freePort();
    const [toA, toB] = [await relayTo("a"), await relayTo("b")];
    const apps = [
      { name: "self", upstream: `http://127.0.0.1:${port}` },
      { name: "a", upstream: `http://${toB}` },
      { name: "b", upstream: `http://${toA}` },
    ];
    platform = await startGateway(port, apps, { developmentHosts: [`127.0.0.1:${port}`, toA, toB] });
  });
  afterAll(async () => {
    for (const relay of relays) closeServer(relay);
    await platform.stop();
  });

  it("an app whose upstream is the gateway itself asks it for a host that nobody has", async () => {
    const { status, body } = await ask(port, "self");
    expect(status).toBe(421);
    expect(body).toContain("unknown_host");
  });
  it("from one app to another and back is cut at the first turn, whatever the client says", async () => {
    for (const lines of [[], ["X-Rustronaut-Via: elsewhere"], ["Connection: x-rustronaut-via"]]) {
      relayed = [];
      const { status, body } = await ask(port, "a", lines);
      expect(status).toBe(508);
      expect(body).toContain("loop_detected");
      expect(relayed).toEqual(["b"]);
    }
  });
});

describe("S-42 the network itself holds back what the registry and the list of hosts would let through", () => {
  let upstream: RecordingUpstream;
  const platforms: Platform[] = [];
  beforeAll(async () => {
    upstream = await startUpstream();
  });
  afterAll(async () => {
    upstream.close();
    for (const platform of platforms) await platform.stop();
  });
  it("a local host that is named is reached through `publicNetworkOnly`, as with `npm start`", async () => {
    const port = await freePort();
    const options = { developmentHosts: [`127.0.0.1:${upstream.port}`], publicNetworkOnly: true };
    platforms.push(await startGateway(port, [{ name: "app", upstream: upstream.origin }], options));
    expect(await ask(port, "app")).toMatchObject({ status: 200 });
    expect(upstream.hits()).toBe(1);
  });
  it("nothing but public addresses and hosts that are named is dialled, whatever a name resolves to", async () => {
    const network = publicNetwork([`127.0.0.1:${upstream.port}`]);
    const miniflare = new Miniflare(
      convertV4MiniflareOptions({ log: new Log(LogLevel.NONE), workers: [network] }),
    );
    upstream.reset();
    const statusOf = async (url: string) => (await miniflare.dispatchFetch(url)).status;
    expect(await statusOf(upstream.origin)).toBe(200);
    for (const host of ["localhost", "127.0.0.2", "[::ffff:127.0.0.1]", "0.0.0.0"])
      expect(await statusOf(`http://${host}:${upstream.port}`)).toBe(500);
    expect(upstream.hits()).toBe(1);
    await miniflare.dispose();
  });
  it("`npm start` asks for it", () => {
    expect(readFileSync("scripts/start.ts", "utf8")).toContain("publicNetworkOnly: true");
  });
});
