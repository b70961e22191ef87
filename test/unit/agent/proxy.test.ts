import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocketServer } from "ws";
import { wayTo } from "../../../agent/hub/http.ts";
import { openWebSocket } from "../../../agent/hub/web-socket.ts";

/** Of `hub.test`, for this file alone. */
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg3h3Bns5skO/16KPL
Aqb/AMEDFdyB5qye7o4K36QpWL+hRANCAASlCkcF4HSQ63BqvQvlrtfnGPb4MqM0
xV6fQbmjPlJHP7QYQzZfTyh5jtMpLereSKz9MGCWAGhzdokBtET8mON4
-----END PRIVATE KEY-----`;
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBkTCCATigAwIBAgIUcK6rkvaAHY6u1Ia4PrWnJSUMaRUwCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIaHViLnRlc3QwIBcNMjYxMTMwMDQwNzQ4WhgPMjEyNjExMDYw
NDA3NDhaMBMxETAPBgNVBAMMCGh1Yi50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEpQpHBeB0kOtwar0L5a7X5xj2+DKjNMVen0G5oz5SRz+0GEM2X08oeY7T
KS3q3kis/TBglgBoc3aJAbRE/JjjeKNoMGYwHQYDVR0OBBYEFBYQiTjktUUS4J/u
2fOCTZ/lZlDYMB8GA1UdIwQYMBaAFBYQiTjktUUS4J/u2fOCTZ/lZlDYMA8GA1Ud
EwEB/wQFMAMBAf8wEwYDVR0RBAwwCoIIaHViLnRlc3QwCgYIKoZIzj0EAwIDRwAw
RAIgf0TjOUQqK+jsU2zd1WUqZwPVoSn+R2AGE4tjt8mKwGECIEqdQBHd8IPia48i
WWNHBE2ifDiyHrMP0xXB0O+fa6Gg
-----END CERTIFICATE-----`;

describe("a network that only a proxy leads out of", () => {
  const hub = createHttpsServer({ key: KEY, cert: CERTIFICATE }, (request, response) =>
    response.end(`hub ${request.url}`),
  );
  const sockets = new WebSocketServer({ server: hub });
  /** What the proxy was asked for. */
  const asked: string[] = [];
  const proxy = createHttpServer();
  const portOf = (server: Server | typeof hub) => (server.address() as AddressInfo).port;
  const listen = (server: Server | typeof hub) =>
    new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const request = { method: "GET", target: "/x", timeoutMs: 5_000, maxBytes: 100 } as const;
  const before = getCACertificates();
  let origin: string;

  beforeAll(async () => {
    setDefaultCACertificates([...before, CERTIFICATE]);
    await Promise.all([listen(hub), listen(proxy)]);
    // No resolver knows the hub: who does not ask the proxy does not get there.
    origin = `https://hub.test:${portOf(hub)}`;
    proxy.on("connect", (incoming, socket) => {
      asked.push(`${incoming.url} ${incoming.headers["proxy-authorization"] ?? ""}`);
      const there = connect(portOf(hub), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        socket.pipe(there).pipe(socket);
      });
      for (const end of [there, socket]) end.on("error", () => end.destroy());
    });
  });
  beforeEach(() => {
    asked.length = 0;
    vi.stubEnv("HTTPS_PROXY", `http://me:word@127.0.0.1:${portOf(proxy)}`);
  });
  afterEach(() => vi.unstubAllEnvs());
  afterAll(() => {
    setDefaultCACertificates(before);
    sockets.close();
    for (const server of [hub, proxy]) server.close();
  });

  it("M18: is left through it for requests, and the proxy sees no more than the hub's name", async () => {
    const way = wayTo(origin);
    const { status, body } = await way.send(request);
    expect([status, Buffer.from(body).toString()]).toEqual([200, "hub /x"]);
    expect(asked).toEqual([`${new URL(origin).host} Basic ${btoa("me:word")}`]);
    expect(way.proxy).toBe(`http://127.0.0.1:${portOf(proxy)}`);
    way.reset();
  });

  it("M18: is left through it for the WebSocket", async () => {
    const way = wayTo(origin);
    sockets.once("connection", (socket) => socket.send("hint"));
    const hint = await new Promise<string>((resolve, reject) => {
      const events = { onText: resolve, onClose: () => undefined };
      openWebSocket(new URL("/socket", origin), {}, way.socketOptions, events).then(
        (socket) => socket ?? reject(new Error("no socket")),
      );
    });
    expect(hint).toBe("hint");
    expect(asked).toHaveLength(1);
    way.reset();
  });

  it("M18: is not left through it where NO_PROXY says so", async () => {
    vi.stubEnv("NO_PROXY", "hub.test");
    await expect(wayTo(origin).send(request)).rejects.toThrow(/can't be reached: /);
    expect(asked).toEqual([]);
  });

  it("M18: and a proxy that is away is named", async () => {
    vi.stubEnv("HTTPS_PROXY", "http://127.0.0.1:1");
    await expect(wayTo(origin).send(request)).rejects.toThrow(
      "through the proxy http://127.0.0.1:1: connect ECONNREFUSED",
    );
  });
});
