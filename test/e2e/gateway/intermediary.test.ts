import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { applyNetwork } from "../../../scripts/local/admin.ts";
import { attack } from "../../support/attack.ts";
import { closeServer, type System, startSystem } from "../../support/harness.ts";
import { rawRequest } from "../../support/raw.ts";

/** What HTTP asks of whoever stands between two others (RFC 9110). Everybody may use these apps. */

let system: System;
let keeper: Server;
/** What each request brought, and over which connection. */
let seen: { readonly socket: Socket; readonly text: string }[] = [];
/** Connections whose client has signed in, as NTLM does it. */
const signedIn = new WeakSet<Socket>();
/** Connections that have carried a request. */
const used = new WeakSet<Socket>();
const PLAIN = Buffer.from("hello world ".repeat(1_000));
const CODED = gzipSync(PLAIN);
/** Says two bytes, and sends five in a chunk. */
const TWO_LENGTHS =
  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n";

beforeAll(async () => {
  keeper = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => keeper.listen(0, "127.0.0.1", resolve));
  const upstream = `127.0.0.1:${(keeper.address() as AddressInfo).port}`;
  system = await startSystem({
    withoutDashboard: true,
    developmentHosts: [upstream],
    policies: [{ name: "all", source: "permit (principal, action, resource);" }],
  });
  const app = { segment: "main", settings: { anonymous: true } };
  await applyNetwork(system.admin, {
    version: 1,
    apps: [
      { name: "keeper", host: "keeper.localhost", upstreams: [`http://${upstream}`], ...app },
      { name: "nowhere", host: "nowhere.localhost", upstreams: ["http://nowhere.invalid"], ...app },
      { name: "untrusted", host: "untrusted.localhost", upstreams: [`https://${upstream}`], ...app },
    ],
  });
});
afterAll(async () => {
  closeServer(keeper);
  await system.stop();
});
beforeEach(() => {
  seen = [];
});

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { socket, method, url = "", rawHeaders } = request;
  setImmediate(() => used.add(socket));
  seen.push({ socket, text: [method, url, ...rawHeaders].join("\n") });
  switch (url) {
    case "/signed-in":
      if (/^(?:ntlm|negotiate)/i.test(request.headers.authorization ?? "")) signedIn.add(socket);
      response.setHeader("www-authenticate", ["NTLM", "Negotiate", 'Basic realm="a"']);
      if (signedIn.has(socket)) whole(response, 200, "Alice");
      else whole(response, 401, "nobody");
      break;
    case "/coded":
      response.setHeader("etag", '"strong"').setHeader("accept-ranges", "bytes");
      whole(response, 200, CODED, { "content-encoding": "gzip", "content-digest": "sha-256=:x:" });
      break;
    case "/ranges":
      if (/gzip/.test(request.headers["accept-encoding"] ?? ""))
        part(response, CODED, { "content-encoding": "gzip" });
      else part(response, PLAIN);
      break;
    case "/stored-coded":
      if (request.headers.range === undefined) whole(response, 200, CODED, { "content-encoding": "gzip" });
      else part(response, CODED, { "content-encoding": "gzip" });
      break;
    case "/closed":
      // A kept connection is closed when it is used again, as it is after the upstream's idle time.
      if (used.has(socket)) socket.resetAndDestroy();
      else whole(response, 200, "ok");
      break;
    case "/echo": {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => whole(response, 200, Buffer.concat(chunks)));
      break;
    }
    case "/silent-events":
    case "/silent-download":
      response.writeHead(200, {
        "content-type": url === "/silent-events" ? "text/event-stream" : "application/octet-stream",
      });
      response.write("data: 1\n\n");
      waiting(url, response);
      break;
    case "/slow-small":
    case "/begun-small":
      waiting(url, response);
      request.resume();
      response.writeHead(200, { "content-length": 10 }).write("x");
      break;
    case "/slow-coded":
      waiting(url, response);
      response.writeHead(200, { "content-encoding": "gzip", "content-length": CODED.length });
      response.write(CODED.subarray(0, 20));
      break;
    case "/two-lengths":
      waiting(url, socket);
      socket.write(TWO_LENGTHS);
      break;
    case "/two-lengths-whole":
      socket.write(`${TWO_LENGTHS}0\r\n\r\n`);
      break;
    case "/no-answer":
      waiting(url, response);
      break;
    default:
      whole(response, 200, "ok");
  }
}

/** What is not over, of requests and answers. */
const open = new Set<string>();
function waiting(name: string, stream: IncomingMessage | ServerResponse | Socket): void {
  open.add(name);
  stream.on("close", () => open.delete(name));
}

const whole = (response: ServerResponse, status: number, body: string | Buffer, headers = {}) =>
  response.writeHead(status, { "content-length": body.length, ...headers }).end(body);

const part = (response: ServerResponse, of: Buffer, headers = {}) =>
  whole(response, 206, of.subarray(0, 8), { ...headers, "content-range": `bytes 0-7/${of.length}` });

const send = (
  target: string,
  { app = "keeper", method = "GET", lines = [] as readonly string[], body = "" } = {},
) => attack(system, rawRequest(target, `${app}.localhost:${system.port}`, lines, method) + body);

describe("G3: an application that signs in connections", () => {
  it("is not told who does, and does not take the next caller for the one before", async () => {
    for (const lines of [["Authorization: NTLM TlRMTVNTUAAB"], ["Authorization: Negotiate YII="], []]) {
      const { status, body, header } = await send("/signed-in", { lines });
      expect([status, body, header("www-authenticate")]).toEqual([401, "nobody", 'Basic realm="a"']);
    }
    expect(new Set(seen.map(({ socket }) => socket)).size).toBe(1);
    expect(seen.map(({ text }) => text).join()).not.toMatch(/authorization/i);
  });
});

describe("G14: parts of what the upstream compresses", () => {
  // The front of the local run-time asks for codings in the name of every client, and sends on what this one takes.
  const RANGE = ["Range: bytes=0-7"];
  it("are asked for without a coding", async () => {
    const { status, body, header } = await send("/ranges", { lines: RANGE });
    expect([status, body, header("content-range")]).toEqual([206, "hello wo", `bytes 0-7/${PLAIN.length}`]);
  });
  it("that come in a coding nevertheless are given up for the whole", async () => {
    const response = await send("/stored-coded", { lines: [...RANGE, 'If-Range: "a"'] });
    expect([response.status, response.header("content-range")]).toEqual([200, undefined]);
    expect(seen.map(({ text }) => /\n(?:if-)?range\n/i.test(text))).toEqual([true, false]);
  });
  it("are not offered, and no validator is strong, where a coding was undone", async () => {
    for (const method of ["GET", "HEAD"]) {
      const { status, header } = await send("/coded", { method });
      expect([status, header("etag")]).toEqual([200, 'W/"strong"']);
      for (const name of ["accept-ranges", "content-digest", "content-length", "content-encoding"])
        expect(header(name)).toBeUndefined();
    }
  });
});

describe("G16: an upstream that can't be connected to is told as what it is", () => {
  it.each(["nowhere", "untrusted"])("%s lasts until somebody changes something", async (app) => {
    const { status, header, body } = await send("/", { app, lines: ["Sec-Fetch-Mode: navigate"] });
    expect([status, header("x-rustronaut-response")]).toEqual([502, "upstream_misconfigured"]);
    expect(header("retry-after")).toBeUndefined();
    expect(body).toMatch(/name is not found, or its certificate is not accepted/);
    expect(body).not.toMatch(/try again/i);
  });
});

describe("G17: a body of GET or HEAD", () => {
  it.each(["GET", "HEAD"])("arrives with %s, as long as it is", async (method) => {
    const body = '{"query":{}}';
    const lines = [`Content-Length: ${body.length}`, "Content-Type: application/json"];
    const response = await send("/echo", { method, lines, body });
    expect([response.status, response.header("content-length")]).toEqual([200, String(body.length)]);
    expect(response.body).toBe(method === "GET" ? body : "");
    expect(seen[0]?.text).toMatch(/content-type\napplication\/json/i);
    expect(seen[0]?.text).toMatch(/x-forwarded-host/i);
  });
  it("is refused with the reason where the run-time would leave it out", async () => {
    const lines = ["Transfer-Encoding: chunked", "Sec-Fetch-Mode: cors"];
    const response = await send("/echo", { lines, body: "4\r\nbody\r\n0\r\n\r\n" });
    expect([response.status, response.header("x-rustronaut-response")]).toEqual([400, "body_not_forwarded"]);
    expect(response.body).toContain("Content-Length");
    expect(seen).toHaveLength(0);
  });
  it("of no bytes is none", async () => {
    expect(await send("/echo", { lines: ["Content-Length: 0"] })).toMatchObject({ status: 200, body: "" });
  });
});

describe("G18: a kept connection that the upstream closes when it is used", () => {
  it.each(["GET", "HEAD"])("%s is sent once more, on a new one", async (method) => {
    for (let i = 0; i < 2; i++) expect(await send("/closed", { method })).toMatchObject({ status: 200 });
    expect(new Set(seen.map(({ socket }) => socket)).size).toBe(seen.length - 1);
  });
  it("POST is not, and the refusal says that it is not known what became of it", async () => {
    await send("/closed");
    seen = [];
    const { status, body } = await send("/closed", {
      method: "POST",
      lines: ["Content-Length: 1"],
      body: "x",
    });
    expect([status, seen.length]).toEqual([502, 1]);
    expect(body).toContain("look before you send it again");
  });
});

describe("S-A11: a client that leaves", () => {
  const leaveFrom = async (head: string) => {
    const socket = connect(system.port, "127.0.0.1").on("error", () => {});
    socket.write(head);
    await expect.poll(() => open.size).toBe(1);
    return socket;
  };
  it.each([
    ["a silent event stream", "/silent-events", "GET", []],
    ["a silent download", "/silent-download", "GET", []],
    ["an answer that does not come", "/no-answer", "GET", []],
    ["an upload that waits", "/no-answer", "POST", ["Content-Length: 4"]],
  ] as const)("takes %s with it", async (_, target, method, lines) => {
    const host = `keeper.localhost:${system.port}`;
    const socket = await leaveFrom(rawRequest(target, host, lines, method));
    socket.resetAndDestroy();
    await expect.poll(() => [...open], { timeout: 5_000 }).toEqual([]);
  });
});

describe("S-A7: what is too small to be watched", () => {
  it("is told by the bytes that pass, in both directions: everything else ends with the access", async () => {
    const host = `keeper.localhost:${system.port}`;
    const clients = [
      rawRequest("/slow-small", host, ["Content-Length: 100000"], "POST"),
      rawRequest("/begun-small", host),
      rawRequest("/slow-coded", host),
      rawRequest("/two-lengths", host),
    ].map((head) => {
      const socket = connect(system.port, "127.0.0.1").on("error", () => {});
      socket.write(head);
      return socket;
    });
    await expect.poll(() => open.size).toBe(clients.length);
    const setPolicy = async (enabled: boolean) => {
      const { etag } = await system.admin.call("policies.get", { params: { policy: "all" } });
      const change = { params: { policy: "all" }, body: { enabled }, ifMatch: etag ?? "" };
      await system.admin.call("policies.update", change);
    };
    await setPolicy(false);
    await expect
      .poll(() => [...open], { timeout: 5_000 })
      .toEqual([])
      .finally(() => setPolicy(true));
    for (const socket of clients) socket.destroy();
  });
  it("is not told by a length beside chunks, which says nothing", async () => {
    const { body, header } = await send("/two-lengths-whole");
    expect(header("content-length")).toBeUndefined();
    expect(body).toContain("abcde");
  });
});
