import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { applyNetwork } from "../../../scripts/local/admin.ts";
import { type Attacker, attack, signIn } from "../../support/attack.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { type RawServer, startRawServer } from "../../support/raw.ts";

/** WebSockets pass through as they are: S-39 and S-40 beside the plain use. */

let system: System;
let alice: Attacker;
let plain: RawServer;
beforeAll(async () => {
  plain = await startRawServer((socket, target) => {
    if (target === "/101") {
      socket.end("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n");
    } else if (/^\/\d{3}$/.test(target)) {
      const lines =
        'Retry-After: 7\r\nWWW-Authenticate: Basic realm="a"\r\nWWW-Authenticate: NTLM\r\nX-Secret: secret';
      socket.end(`HTTP/1.1 ${target.slice(1)} No\r\n${lines}\r\nContent-Length: 6\r\n\r\nsecret`);
    } else socket.end("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret");
  });
  system = await startSystem({
    withoutDashboard: true,
    developmentHosts: [`127.0.0.1:${plain.port}`],
    policies: [
      {
        name: "connect",
        source: `permit (principal in Group::"engineering", action == Action::"connect", resource);
permit (principal in Group::"engineering", action == Action::"read", resource) when { context.request.path == "/" };`,
      },
    ],
  });
  const app = { name: "plain", host: "plain.localhost", segment: "main", upstreams: [plain.origin] };
  await applyNetwork(system.admin, { version: 1, apps: [app] });
  alice = await signIn(system);
});
afterAll(async () => {
  plain.close();
  await system.stop();
});
beforeEach(() => {
  system.upstream.reset();
  plain.reset();
});

interface Opened {
  readonly socket: WebSocket;
  /** The connection below it. */
  readonly wire: Socket;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

function open(path = "/socket", protocols: string[] = []): Promise<Opened> {
  const host = `app.localhost:${system.port}`;
  const headers = { host, cookie: alice.visitor.cookieHeader(system.appOrigin) };
  const wire = connect({ host: "127.0.0.1", port: system.port });
  const socket = new WebSocket(`ws://127.0.0.1:${system.port}${path}`, protocols, {
    headers,
    origin: system.appOrigin,
    createConnection: () => wire,
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  return new Promise((resolve, reject) => {
    socket.on("open", () => resolve({ socket, wire, closed }));
    socket.on("error", reject);
    socket.on("unexpected-response", (_, response) => reject(new Error(`refused: ${response.statusCode}`)));
  });
}

const echoOf = (socket: WebSocket, message: string | Buffer) =>
  new Promise<{ data: Buffer; isBinary: boolean }>((resolve) => {
    socket.once("message", (data, isBinary) => resolve({ data: data as Buffer, isBinary }));
    socket.send(message);
  });

describe("messages", () => {
  it("text stays text and binary stays binary, byte for byte", async () => {
    const { socket } = await open();
    expect(await echoOf(socket, "héllo 🐟")).toEqual({ data: Buffer.from("héllo 🐟"), isBinary: false });
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    expect(await echoOf(socket, bytes)).toEqual({ data: bytes, isBinary: true });
    expect(await echoOf(socket, "")).toEqual({ data: Buffer.alloc(0), isBinary: false });
    expect(await echoOf(socket, Buffer.alloc(0))).toEqual({ data: Buffer.alloc(0), isBinary: true });
    socket.terminate();
  });
  it("a megabyte passes whole, and order is kept", async () => {
    const { socket } = await open();
    const large = Buffer.alloc(1_000_000, "rustronaut");
    const { data } = await echoOf(socket, large);
    expect(digest(data)).toBe(digest(large));
    const received: string[] = [];
    const done = new Promise<void>((resolve) => {
      socket.on("message", (message) => received.push(String(message)) === 200 && resolve());
    });
    for (let i = 0; i < 200; i++) socket.send(String(i));
    await done;
    expect(received).toEqual(Array.from({ length: 200 }, (_, i) => String(i)));
    socket.terminate();
  });
  // Had it arrived, the application would have broken off, which is another code.
  it("S-39 a message of 33 MiB ends the socket with 1009 by its announcement, and reaches nobody", async () => {
    const { wire, closed } = await open("/socket/drop");
    // The frame's head alone: bytes that nobody reads would make a reset, which may overtake the answer.
    const head = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]);
    head.writeBigUInt64BE(BigInt(33 * 1_048_576), 2);
    wire.write(head);
    expect((await closed).code).toBe(1009);
    await expect.poll(() => system.upstream.sockets.size).toBe(0);
  });
  it("S-39 a compressed one ends it when it is unpacked", async () => {
    const { socket, closed } = await open("/socket/drop");
    socket.send(Buffer.alloc(33 * 1_048_576));
    expect((await closed).code).toBe(1009);
    await expect.poll(() => system.upstream.sockets.size).toBe(0);
  });
});

const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

describe("the handshake", () => {
  it("S-39 the sub-protocol that the application chose arrives", async () => {
    const { socket } = await open("/socket", ["chat.v2", "chat.v1"]);
    expect(socket.protocol).toBe("chat.v2");
    expect(system.upstream.seen[0]?.headers["sec-websocket-protocol"]).toBe("chat.v2,chat.v1");
    socket.terminate();
  });
  it("no sub-protocol offered, none chosen", async () => {
    const { socket } = await open();
    expect(socket.protocol).toBe("");
    socket.terminate();
  });
  it("carries the assertion and no cookie of ours", async () => {
    const { socket } = await open();
    const headers = system.upstream.seen[0]?.headers;
    expect(headers?.["x-rustronaut-jwt-assertion"]).toBeTruthy();
    expect(headers?.cookie).toBeUndefined();
    socket.terminate();
  });
});

describe("endings", () => {
  it.each([
    [1000, "done"],
    [1001, ""],
    [1011, "broken"],
    [3999, "mine"],
    [4321, "bye"],
  ])("the application's %i reaches the client", async (code, reason) => {
    const { socket, closed } = await open(`/socket/end/${code}/${reason}`);
    socket.send("now");
    expect(await closed).toEqual({ code, reason });
  });
  it.each([
    [1000, "done"],
    [4321, "bye"],
  ])("the client's %i reaches the application", async (code, reason) => {
    const { socket } = await open();
    await echoOf(socket, "x");
    socket.close(code, reason);
    await expect.poll(() => system.upstream.closes).toEqual([{ code, reason }]);
  });
  it("an application without a code is none for the client", async () => {
    const { socket, closed } = await open("/socket/end");
    socket.send("now");
    expect(await closed).toEqual({ code: 1005, reason: "" });
  });
  it("an application that breaks off does not look like one that is done", async () => {
    const { socket, closed } = await open("/socket/drop");
    socket.send("now");
    expect(await closed).toEqual({ code: 1001, reason: "" });
  });
  it("a client that breaks off ends the application's socket, and not as done", async () => {
    const { socket } = await open();
    await echoOf(socket, "x");
    socket.terminate();
    await expect.poll(() => system.upstream.closes).toEqual([{ code: 1001, reason: "" }]);
  });
});

describe("S-40 no tunnel without a WebSocket", () => {
  const upgrade = (host: string, origin: string, cookie: string, path: string, after = "") =>
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${origin}\r\n${cookie}\r\nConnection: Upgrade\r\n` +
    `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n${after}`;

  it.each(["/200", "/101"])("an application that answers a handshake with %s", async (path) => {
    const origin = `http://plain.localhost:${system.port}`;
    await alice.visitor.visit(`${origin}/`, "alice");
    const cookie = `Cookie: ${alice.visitor.cookieHeader(origin)}`;
    plain.reset();
    const response = await attack(system, upgrade(new URL(origin).host, origin, cookie, path));
    expect(response.status).toBe(502);
    expect(response.body).not.toContain("secret");
    expect(plain.received()).toHaveLength(1);
  });
  it.each([
    ["/401", 401],
    ["/403", 403],
    ["/429", 429],
    ["/503", 503],
    ["/302", 302],
  ])(
    "G16: an application that refuses a handshake with %s says so itself, and nothing else",
    async (path, status) => {
      const origin = `http://plain.localhost:${system.port}`;
      await alice.visitor.visit(`${origin}/`, "alice");
      const cookie = `Cookie: ${alice.visitor.cookieHeader(origin)}`;
      const response = await attack(system, upgrade(new URL(origin).host, origin, cookie, path));
      expect(response.status).toBe(status);
      expect(response.header("retry-after")).toBe("7");
      expect(response.header("www-authenticate")).toBe('Basic realm="a"');
      expect(response.head + response.body).not.toMatch(/secret/i);
    },
  );
  it("bytes that follow the handshake at once are frames of that socket or nothing, never a request", async () => {
    const host = `app.localhost:${system.port}`;
    const after = `GET /smuggled HTTP/1.1\r\nHost: ${host}\r\n${alice.cookie}\r\n\r\n`;
    await attack(system, upgrade(host, system.appOrigin, alice.cookie, "/socket", after));
    expect(system.upstream.seen.map(({ url }) => url)).not.toContain("/smuggled");
  });
});
