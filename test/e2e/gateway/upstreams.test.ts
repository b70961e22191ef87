import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { applyNetwork } from "../../../scripts/local/admin.ts";
import { attack } from "../../support/attack.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { type RawServer, rawRequest, sendRaw, startRawServer } from "../../support/raw.ts";

/** What becomes of a request when the application behaves badly. Everybody may use these apps. */

let system: System;
let faulty: RawServer;
beforeAll(async () => {
  faulty = await startRawServer((socket, target) => misbehave(socket, target));
  system = await startSystem({
    withoutDashboard: true,
    developmentHosts: [`127.0.0.1:${faulty.port}`],
    policies: [{ name: "all", source: "permit (principal, action, resource);" }],
  });
  const settings = { anonymous: true, upstreamTimeoutMs: 500 };
  const app = { segment: "main", settings };
  await applyNetwork(system.admin, {
    version: 1,
    apps: [
      { name: "faulty", host: "faulty.localhost", upstreams: [faulty.origin], ...app },
      {
        name: "spare",
        host: "spare.localhost",
        segment: "main",
        upstreams: [faulty.origin, system.upstream.origin],
        // Each test has the first one asked first, however often it failed before.
        settings: { ...settings, upstreamRestSeconds: 0 },
      },
      { name: "sound", host: "sound.localhost", upstreams: [system.upstream.origin], ...app },
    ],
  });
});
afterAll(async () => {
  faulty.close();
  await system.stop();
});
beforeEach(() => {
  faulty.reset();
  system.upstream.reset();
});

/** Too irregular for its compressed form to be small. */
const LARGE = Buffer.concat(
  Array.from({ length: 1_000 }, (_, i) => createHash("sha512").update(String(i)).digest()),
);
const CODED = {
  gzip: gzipSync(LARGE),
  br: brotliCompressSync(LARGE),
  zstd: Buffer.concat([LARGE, Buffer.from("not really")]),
};
const DECODE = { gzip: gunzipSync, br: brotliDecompressSync };

/** What `/raw` answers. */
let raw = "";

function misbehave(socket: Socket, target: string): void {
  switch (target) {
    case "/reset":
      socket.resetAndDestroy();
      break;
    case "/hang-up":
      socket.end();
      break;
    case "/nonsense":
      socket.end("220 smtp.example ESMTP\r\n");
      break;
    case "/silence":
      break;
    case "/half":
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n${"x".repeat(40_000)}`);
      setTimeout(() => socket.destroy(), 50);
      break;
    case "/half-small":
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf");
      setTimeout(() => socket.destroy(), 50);
      break;
    case "/none-small":
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
      setTimeout(() => socket.destroy(), 50);
      break;
    case "/half-chunked":
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
      setTimeout(() => socket.resetAndDestroy(), 50);
      break;
    case "/half-events":
      socket.write(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n",
      );
      setTimeout(() => socket.resetAndDestroy(), 50);
      break;
    case "/hints":
      socket.end(
        "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
      );
      break;
    case "/gzip":
    case "/br":
    case "/zstd": {
      const coding = target.slice(1) as keyof typeof CODED;
      const body = CODED[coding];
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`,
      );
      socket.end(body);
      break;
    }
    case "/no-content":
      socket.end('HTTP/1.1 204 No Content\r\nETag: "a"\r\n\r\n');
      break;
    case "/not-modified":
      socket.end('HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n');
      break;
    case "/head":
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 70000\r\nETag: "a"\r\n\r\n');
      break;
    case "/raw":
      socket.end(raw, "latin1");
      break;
    default:
      socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  }
}

const to = (
  app: string,
  target: string,
  { method = "GET", lines = [] as readonly string[], body = "" } = {},
) => attack(system, rawRequest(target, `${app}.localhost:${system.port}`, lines, method) + body);

const WITH_BODY = ["Content-Length: 4"];

describe("an application that gives no answer", () => {
  it.each(["/reset", "/hang-up", "/nonsense"])("%s is a 502 that says so", async (target) => {
    const response = await to("faulty", target);
    expect(response.status).toBe(502);
    expect(response.header("x-rustronaut-response")).toBe("upstream_unreachable");
    expect(response.header("cache-control")).toContain("no-store");
    expect(response.header("retry-after")).toBeTruthy();
    // A kept connection may have been closed in this moment, so a second one is tried (G18), and no third.
    expect(faulty.received()).toHaveLength(2);
  });
  it("a person gets a page with the decision's id", async () => {
    const { status, body } = await to("faulty", "/reset", { lines: ["Sec-Fetch-Mode: navigate"] });
    expect(status).toBe(502);
    expect(body).toMatch(/dec_[0-9a-z]{26}/);
  });
});

describe("a second upstream", () => {
  it.each(["GET", "HEAD"])("is asked by %s when the first gives no answer", async (method) => {
    const { status, hits } = await to("spare", "/reset", { method });
    expect([status, hits]).toEqual([200, 1]);
    expect(faulty.received()).toHaveLength(1);
  });
  it.each(["POST", "PUT", "DELETE", "OPTIONS"])("is never asked by %s", async (method) => {
    const { status, hits } = await to("spare", "/reset", { method, lines: WITH_BODY, body: "body" });
    expect([status, hits]).toEqual([502, 0]);
    expect(faulty.received()).toHaveLength(1);
  });
  it("is never asked by OPTIONS without a body either", async () => {
    const { status, hits } = await to("spare", "/reset", { method: "OPTIONS" });
    expect([status, hits]).toEqual([502, 0]);
  });
  it("is not asked when the first has answered, whatever it said", async () => {
    const { status, hits } = await to("spare", "/no-content");
    expect([status, hits]).toEqual([204, 0]);
  });
  it("G17: is never asked by GET with a body, which is spent, and is no second request", async () => {
    const smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
    const lines = [`Content-Length: ${smuggled.length}`];
    const broken = await to("spare", "/reset", { lines, body: smuggled });
    expect([broken.status, broken.hits, faulty.received().length]).toEqual([502, 0, 1]);
    expect(broken.body).toContain("look before you send it again");
    expect(await to("sound", "/body", { lines, body: smuggled })).toMatchObject({ status: 200, hits: 1 });
    expect(system.upstream.seen[0]).toMatchObject({ url: "/body", body: smuggled });
  });
});

describe("an answer that breaks off", () => {
  it.each(["/half", "/half-small"])("%s is seen to be broken", async (target) => {
    const { status, header, body } = await to("faulty", target);
    expect(status).toBe(200);
    expect(body.length).toBeLessThan(Number(header("content-length")));
  });
  it("before its first byte is none", async () => {
    const { status, header } = await to("faulty", "/none-small");
    expect([status, header("x-rustronaut-response")]).toEqual([502, "upstream_unreachable"]);
  });
  it.each(["/half-chunked", "/half-events"])("%s has no last chunk", async (target) => {
    const { status, body, ended } = await to("faulty", target);
    expect(status).toBe(200);
    expect(body).not.toMatch(/0\r\n\r\n$/);
    expect(ended).toBe(true);
  });
});

describe("answers without a body, and others", () => {
  it("204 and 304 pass with their headers", async () => {
    const none = await to("faulty", "/no-content");
    expect([none.status, none.header("etag"), none.body]).toEqual([204, '"a"', ""]);
    const same = await to("faulty", "/not-modified", { lines: ['If-None-Match: "a"'] });
    expect([same.status, same.header("etag"), same.body]).toEqual([304, '"a"', ""]);
    expect(faulty.received().at(-1)).toMatch(/^if-none-match: "a"\r$/im);
  });
  it("HEAD tells the length of what GET would give", async () => {
    const { status, header, body } = await to("faulty", "/head", { method: "HEAD" });
    expect([status, header("content-length"), body]).toEqual([200, "70000", ""]);
  });
  it("early hints are no answer", async () => {
    const { status, body } = await to("faulty", "/hints");
    expect([status, body]).toEqual([200, "ok"]);
  });
  it.each(["gzip", "br"] as const)("an answer compressed by %s arrives whole", async (coding) => {
    // The front of the run-time compresses anew for who asks for it, as the edge does.
    const asked = await to("faulty", `/${coding}`, { lines: [`Accept-Encoding: ${coding}`] });
    expect([asked.status, asked.header("content-encoding")]).toEqual([200, coding]);
    expect(DECODE[coding](Buffer.from(dechunked(asked), "latin1")).equals(LARGE)).toBe(true);
    const plain = await to("faulty", `/${coding}`);
    expect([plain.status, plain.header("content-encoding")]).toEqual([200, undefined]);
    expect(dechunked(plain) === LARGE.toString("latin1")).toBe(true);
  });
  it("a coding that nobody on the way can read passes byte for byte", async () => {
    const response = await to("faulty", "/zstd", { lines: ["Accept-Encoding: zstd"] });
    expect([response.status, response.header("content-encoding")]).toEqual([200, "zstd"]);
    expect(dechunked(response) === CODED.zstd.toString("latin1")).toBe(true);
  });
});

describe("answers that are odd", () => {
  const answering = async (text: string, method = "GET") => {
    raw = text;
    const { status, body, header } = await to("faulty", "/raw", { method, lines: ["Sec-Fetch-Mode: cors"] });
    return { status, body, why: header("x-rustronaut-response") };
  };
  it.each([
    ["205 without a body", "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", 205],
    ["a status that nobody knows", "HTTP/1.1 599 Odd\r\nContent-Length: 0\r\n\r\n", 599],
    ["418", "HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\n\r\n", 418],
    ["no reason", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200],
    ["a reason outside of ASCII", "HTTP/1.1 404 Nicht verf\xfcgbar\r\nContent-Length: 0\r\n\r\n", 404],
    ["a header outside of ASCII", "HTTP/1.1 200 OK\r\nX-Name: Zo\xc3\xab\r\nContent-Length: 0\r\n\r\n", 200],
    ["HTTP/1.0 that ends with the connection", "HTTP/1.0 200 OK\r\n\r\n", 200],
    ["300 with a body and no Location", "HTTP/1.1 300 Multiple Choices\r\nContent-Length: 0\r\n\r\n", 300],
  ])("%s passes", async (_, text, status) => {
    expect(await answering(text)).toMatchObject({ status, why: undefined });
  });
  it.each([
    ["a status beyond all", "HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n"],
    [
      "an upgrade that nobody asked for",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    ],
  ])("%s is told as the application's mistake, which lasts", async (_, text) => {
    expect(await answering(text)).toMatchObject({ status: 502, why: "upstream_malformed" });
    const page = await to("faulty", "/raw", { lines: ["Sec-Fetch-Mode: navigate"] });
    expect(page.header("retry-after")).toBeUndefined();
    expect(page.body).not.toMatch(/try again/i);
  });
  it.each([
    ["a length that is none, beside chunks", "Content-Length: many\r\nTransfer-Encoding: chunked"],
    [
      "a length without end, beside chunks",
      `Content-Length: ${"9".repeat(40)}\r\nTransfer-Encoding: chunked`,
    ],
    ["a length too small, beside chunks", "Content-Length: 1\r\nTransfer-Encoding: chunked"],
  ])("G16: %s: the chunks count", async (_, lines) => {
    raw = `HTTP/1.1 200 OK\r\n${lines}\r\n\r\n4\r\nbody\r\n0\r\n\r\n`;
    const response = await to("faulty", "/raw");
    expect([response.status, response.header("content-length")]).toEqual([200, undefined]);
    expect(dechunked(response)).toBe("body");
  });
  it("G16: a body where the status has none is left out", async () => {
    raw = "HTTP/1.1 205 Reset Content\r\nContent-Length: 4\r\n\r\nbody";
    expect(await to("faulty", "/raw")).toMatchObject({ status: 205, body: "" });
  });
  it.each([
    ["a status below all", "HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n"],
    ["a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"],
    ["a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
    ["a header without a name", "HTTP/1.1 200 OK\r\n: empty\r\nContent-Length: 0\r\n\r\n"],
  ])("%s is no answer: 502", async (_, text) => {
    expect(await answering(text)).toMatchObject({ status: 502, why: "upstream_unreachable" });
  });
  it("a body where none may be is left out, and becomes nobody's answer", async () => {
    const next = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
    for (const status of ["204 No Content", "304 Not Modified"]) {
      const first = await answering(`HTTP/1.1 ${status}\r\nContent-Length: ${next.length}\r\n\r\n${next}`);
      expect([Number(status.slice(0, 3)), 502]).toContain(first.status);
      expect(first.body).not.toContain("poison");
      expect(await to("faulty", "/next")).toMatchObject({ status: 200, body: "ok" });
    }
    const head = await answering(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok${next}`, "HEAD");
    expect(head.body).toBe("");
    expect(await to("faulty", "/next")).toMatchObject({ status: 200, body: "ok" });
  });
});

/** The body of a response without the chunked coding. */
function dechunked({ header, body }: { header(name: string): string | undefined; body: string }): string {
  if (header("transfer-encoding") !== "chunked") return body;
  let text = "";
  for (let at = 0; ; ) {
    const end = body.indexOf("\r\n", at);
    const size = Number.parseInt(body.slice(at, end), 16);
    if (!(size > 0)) return text;
    text += body.slice(end + 2, end + 2 + size);
    at = end + 4 + size;
  }
}

describe("an application that takes too long", () => {
  it("is a 504 with the decision's id, as a page and as data", async () => {
    const page = await to("faulty", "/silence", { lines: ["Sec-Fetch-Mode: navigate"] });
    expect(page.status).toBe(504);
    expect(page.body).toMatch(/dec_[0-9a-z]{26}/);
    const data = await to("faulty", "/silence");
    expect(data.status).toBe(504);
    expect(data.header("x-rustronaut-response")).toBe("upstream_timeout");
    expect(data.body).toMatch(/"decision_id":"dec_[0-9a-z]{26}"/);
    expect(faulty.received()).toHaveLength(2);
  });
  it("counts from the end of an upload, however slow that is", async () => {
    const response = await slowly("sound", "/upload", 8, 100);
    expect([response.status, dechunked(response)]).toEqual([200, "upstream saw /upload"]);
    expect(system.upstream.seen.map(({ body: sent }) => sent)).toEqual(["x".repeat(8)]);
    expect(system.upstream.seen[0]?.headers).toMatchObject({ "content-length": "8" });
  });
  it("an upload that stalls is given up on both sides", async () => {
    const { status, header } = await slowly("sound", "/upload", 8, 100, 4);
    expect([status, header("x-rustronaut-response")]).toEqual([504, "upstream_timeout"]);
    expect(system.upstream.hits()).toBe(0);
    await expect.poll(() => system.upstream.open.size).toBe(0);
  });
});

/** Sends a body of `length` bytes, one each `everyMs`, and falls silent after `sent` of them. */
function slowly(app: string, target: string, length: number, everyMs: number, sent = length) {
  const lines = [`Content-Length: ${length}`];
  const head = rawRequest(target, `${app}.localhost:${system.port}`, lines, "POST");
  return sendRaw(system.port, head, 3_000, (socket) => {
    let left = sent;
    const timer = setInterval(() => {
      if (left-- > 0) socket.write("x");
      else clearInterval(timer);
    }, everyMs);
    socket.on("close", () => clearInterval(timer));
  });
}

describe("chunked uploads (S-41)", () => {
  it("arrive whole, without extensions and trailers", async () => {
    const body =
      "4;ext=1\r\nabcd\r\n3\r\nefg\r\n0\r\nX-Rustronaut-Jwt-Assertion: forged\r\nRemote-User: root\r\n\r\n";
    const lines = ["Transfer-Encoding: chunked", "Trailer: Remote-User"];
    const { hits } = await to("sound", "/chunked", { method: "POST", lines, body });
    // The front of the run-time may refuse extensions; what arrives is one whole request or none.
    expect(hits).toBeLessThanOrEqual(1);
    expect(JSON.stringify(system.upstream.seen)).not.toMatch(/forged|root/);
    const plain = "4\r\nabcd\r\n3\r\nefg\r\n0\r\n\r\n";
    system.upstream.reset();
    expect(await to("sound", "/chunked", { method: "POST", lines, body: plain })).toMatchObject({ hits: 1 });
    expect(system.upstream.seen[0]?.body).toBe("abcdefg");
  });
});

describe("an application that answers before it has read the body (S-41)", () => {
  it("its answer passes, and what is left of the body becomes nobody's request", async () => {
    const smuggled = "GET /smuggled HTTP/1.1\r\nHost: sound.localhost\r\n\r\n";
    const early = await to("faulty", "/early", {
      method: "POST",
      lines: ["Content-Length: 100000"],
      body: smuggled,
    });
    expect([early.status, early.body]).toEqual([200, "ok"]);
    const next = await to("faulty", "/next");
    expect([next.status, next.body]).toEqual([200, "ok"]);
    const [first = "", ...others] = faulty.received();
    expect(first).toMatch(/^POST \/early /);
    expect(others.map((text) => text.split(" ")[1])).toEqual(["/next"]);
  });
});
