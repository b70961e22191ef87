import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { agentApiDocument } from "../../../shared/api/agent-openapi.ts";
import { base64url } from "../../../shared/base/base64url.ts";
import { sealingKey } from "../../../shared/node/hub-keys.ts";
import { openTicket, sealTicket } from "../../../shared/node/protocol/ticket.ts";
import { HEADERS, TICKET_SCHEME } from "../../../shared/node/protocol/types.ts";
import { type Answer, bytes, type TestNode } from "../../support/node-client.ts";
import { rawRequest, sendRaw } from "../../support/raw.ts";
import { type AgentApi, startAgentApi } from "./setup.ts";

let api: AgentApi;
let node: TestNode;
let other: TestNode;
let before: unknown;

const CONFIG = "/agent/v1/config";
const TELEMETRY = "/agent/v1/telemetry";

beforeAll(async () => {
  api = await startAgentApi();
  node = await api.member();
  other = await api.member();
  expect((await node.poll()).status).toBe(200);
  before = await api.state();
});
afterAll(async () => {
  // Nothing of all this changed anything.
  expect(await api.state()).toEqual(before);
  await api.stop();
});

async function refused(code: string, answer: Answer | Promise<Answer>) {
  const given = await answer;
  expect(given.code, `${given.status} ${given.text.slice(0, 300)}`).toBe(code);
}

describe("a request", () => {
  it("counts once, in any order within the window", async () => {
    const counters = [50, 10, 50, 113, 114, 49, 50];
    const expected = ["", "", "request_replayed", "", "", "request_replayed", "request_replayed"];
    // 50 is exactly 64 behind 114 and counts no more; 51 is the oldest that may still come.
    const answers: Answer[] = [];
    await node.shakeHands();
    for (const counter of counters) answers.push(await node.call("GET", CONFIG, { counter }));
    expect(answers.map(({ code }) => code)).toEqual(expected);
    expect((await node.call("GET", CONFIG, { counter: 51 })).status).toBe(200);
    await node.shakeHands();
  });

  it("sent 20 times at once is answered once", async () => {
    const headers = await node.signed("GET", CONFIG);
    const answers = await Promise.all(Array.from({ length: 20 }, () => api.hub.send(CONFIG, { headers })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ code }) => code === "request_replayed")).toHaveLength(19);
  });

  it("is refused with a MAC, so that its node may believe the refusal", async () => {
    const headers = await node.signed("GET", CONFIG);
    const nonce = headers[HEADERS.nonce] ?? "";
    const answer = await api.hub.send(CONFIG, { headers });
    expect(await node.isProven(answer, nonce)).toBe(true);
    const replayed = await api.hub.send(CONFIG, { headers });
    expect(replayed.code).toBe("request_replayed");
    expect(await node.isProven(replayed, nonce)).toBe(true);
    expect(await node.isProven({ ...replayed, status: 304 }, nonce)).toBe(false);
  });

  it("under a ticket that has ended hears so, with a MAC", async () => {
    const { crypto } = api.hub;
    const key = await sealingKey(crypto, api.system.secretKey, "ticket");
    const ticket = await openTicket(key, node.session?.ticket ?? "");
    const ended = ticket && (await sealTicket(crypto, key, { ...ticket, expiresAt: Date.now() }));
    const headers = await node.signed("GET", CONFIG, {
      headers: { authorization: `${TICKET_SCHEME} ${ended}` },
    });
    const answer = await api.hub.send(CONFIG, { headers });
    expect([answer.status, answer.code]).toEqual([401, "ticket_expired"]);
    expect(await node.isProven(answer, headers[HEADERS.nonce] ?? "")).toBe(true);
  });

  it.each([
    ["another method", { facts: { method: "POST" } }],
    ["another hub", { facts: { origin: "https://hub.example.com" } }],
    ["another path", { facts: { target: "/agent/v1/config?x" } }],
    ["another counter", { facts: { counter: 7_777 } }],
    ["another nonce", { facts: { nonce: "A".repeat(22) } }],
    ["another applied config", { facts: { applied: '"1.1.1.A"' } }],
    ["another body", { facts: { bodyHash: new Uint8Array(32) } }],
    ["a counter that is none", { headers: { [HEADERS.counter]: "01" } }],
    ["a negative counter", { headers: { [HEADERS.counter]: "-1" } }],
    ["a counter beyond numbers", { headers: { [HEADERS.counter]: "99999999999999999" } }],
    ["a short nonce", { headers: { [HEADERS.nonce]: "A" } }],
    ["no MAC", { headers: { [HEADERS.mac]: "" } }],
    ["a MAC in other letters", { headers: { [HEADERS.mac]: `${"A".repeat(43)}=` } }],
  ])("with a MAC for %s is not authentic", async (_, wishes) => {
    await refused("mac_invalid", node.call("GET", CONFIG, wishes));
  });

  it("with a changed body is not authentic", async () => {
    const body = JSON.stringify({ at: 1 });
    await refused("mac_invalid", node.call("POST", TELEMETRY, { body, sentBody: `${body} ` }));
    await refused("mac_invalid", node.call("GET", "/agent/v1/config?x", { facts: { target: CONFIG } }));
  });

  it("needs its own ticket: ids and others' tickets open nothing", async () => {
    const borrowed = { authorization: `Rustronaut ${other.session?.ticket}` };
    await refused("mac_invalid", node.call("GET", CONFIG, { headers: borrowed }));
    const words = [node.id, `Bearer ${node.session?.ticket}`, "Rustronaut", "Rustronaut ", "Rustronaut x"];
    for (const authorization of [...words, `Rustronaut ${node.id}`, `Rustronaut ${"A".repeat(2_000)}`]) {
      await refused("ticket_invalid", node.call("GET", CONFIG, { headers: { authorization } }));
    }
    const sealed = bytes(node.session?.ticket ?? "");
    for (const at of [0, 1, 20, sealed.length - 1]) {
      const forged = sealed.map((byte, index) => (index === at ? byte ^ 1 : byte));
      const authorization = `Rustronaut ${base64url(forged)}`;
      await refused("ticket_invalid", node.call("GET", CONFIG, { headers: { authorization } }));
    }
    for (const target of ["config", "telemetry", "socket", "keys", "keys/challenge", "logout", "objects/x"]) {
      await refused("ticket_invalid", api.hub.send(`/agent/v1/${target}`, { method: "POST", body: "{}" }));
    }
  });

  it("of an agent that is too old hears that it must be replaced", async () => {
    for (const capability of ["0", "-1", "x", "1.5", "9".repeat(30)]) {
      const headers = { [HEADERS.capability]: capability };
      await refused("upgrade_required", node.call("GET", CONFIG, { headers }));
      // Without a ticket that this hub knows, it can't prove itself, and says the same.
      await refused("upgrade_required", api.hub.send(CONFIG, { method: "GET", headers }));
    }
  });
});

describe("methods and paths", () => {
  it("are those of the published document", async () => {
    const { paths } = agentApiDocument() as { paths: Record<string, object> };
    expect(Object.keys(paths)).toHaveLength(15);
    for (const [path, operations] of Object.entries(paths)) {
      for (const method of ["GET", "POST"]) {
        const isDescribed = method.toLowerCase() in operations;
        if (isDescribed && path.endsWith("/logout")) continue;
        const { code } = await node.call(method, path.replace("{hash}", "A"), { body: "[]" });
        // Outside of a session another method is no path at all.
        const isRefused = code === "method_not_allowed" || (code === "not_found" && !path.includes("{hash}"));
        expect(isRefused, `${method} ${path} ${code}`).toBe(!isDescribed);
      }
    }
  });

  it.each([
    ["POST", CONFIG],
    ["PUT", TELEMETRY],
    ["GET", "/agent/v1/logout"],
    ["DELETE", "/agent/v1/keys"],
    ["PATCH", "/agent/v1/objects/x"],
    ["OPTIONS", CONFIG],
  ])("%s %s is not allowed", async (method, target) => {
    await refused("method_not_allowed", node.call(method, target));
  });

  it.each([
    "/agent/v1/Config",
    "/agent/v1/config/",
    "/agent/v1/x",
    "/agent/v1/objects/",
    "/agent/v1/objects/a/b",
    "/agent/v1/enroll",
    "/agent/v1/handshake",
  ])("GET %s leads nowhere", async (target) => {
    await refused("not_found", node.call("GET", target));
  });

  it.each([
    "/agent/v1//config",
    "//agent/v1/config",
    "/agent/v1/%63onfig",
    "/agent/v1/config%2e",
    "/AGENT/v1/config",
  ])("%s is no other spelling", async (target) => {
    const answer = await node.call("GET", target);
    expect([401, 404], answer.text.slice(0, 200)).toContain(answer.status);
    expect(answer.headers[HEADERS.mac]).toBeUndefined();
  });

  it.each(["/agent/v1/x/../config", "/agent/v1/%2e%2e/v1/config", "/agent/./v1/config"])(
    "%s has no MAC that holds: what is signed is what the hub reads",
    async (target) => {
      expect([401, 404]).toContain((await node.call("GET", target)).status);
    },
  );

  it("are served at the hub's own host alone", async () => {
    const headers = Object.entries(await node.signed("GET", CONFIG)).map(
      ([name, value]) => `${name}: ${value}`,
    );
    const { host } = new URL(api.system.hubOrigin);
    for (const other of [
      host.replace("hub.localhost", "hub.localhost."),
      "other.localhost",
      "app.localhost",
    ]) {
      const { status } = await sendRaw(api.system.port, rawRequest(CONFIG, other, headers));
      expect(status, other).toBeGreaterThanOrEqual(300);
    }
    const { status } = await sendRaw(api.system.port, rawRequest(CONFIG, host, headers));
    expect(status).toBe(200);
  });

  it("override no method by header", async () => {
    const headers = { "x-http-method-override": "POST", "x-method": "DELETE" };
    expect((await node.call("GET", CONFIG, { headers })).status).toBe(200);
  });
});

describe("a body", () => {
  const deep = `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`;
  const hostile: readonly (readonly [string, string | Uint8Array, string])[] = [
    ["10 MB", `{"x":"${"x".repeat(10_000_000)}"}`, "body_too_large"],
    ["10,000 levels of objects", deep, "malformed_request"],
    ["10,000 levels of arrays", "[".repeat(10_000), "malformed_request"],
    ["a member twice", '{"keys":{},"keys":{}}', "malformed_request"],
    ["__proto__", '{"__proto__":{"keys":1}}', "malformed_request"],
    ["constructor", '{"constructor":{"prototype":1}}', "invalid_input"],
    ["1e400", '{"at":1e400}', "malformed_request"],
    ["NaN", '{"at":NaN}', "malformed_request"],
    ["a fraction", '{"at":1.5}', "malformed_request"],
    ["half a surrogate pair", '{"a":"\\ud800"}', "malformed_request"],
    ["a byte order mark", '\ufeff{"a":1}', "malformed_request"],
    ["a comment", '{/* */"a":1}', "malformed_request"],
    ["something after it", "{} {}", "malformed_request"],
    ["no UTF-8", Uint8Array.of(0x22, 0xff, 0x22), "malformed_request"],
    ["a NUL", "\0", "malformed_request"],
    ["nothing", "", "malformed_request"],
    ["null", "null", "invalid_input"],
    ["a list", "[]", "invalid_input"],
  ];

  it.each(hostile)("of %s is refused everywhere", async (_, body, code) => {
    for (const target of ["enroll", "enroll/challenge", "handshake"]) {
      await refused(code, api.hub.send(`/agent/v1/${target}`, { method: "POST", body }));
    }
    // What is larger than any body may be is not read to its end, so nothing can be said of its MAC.
    for (const target of [TELEMETRY, "/agent/v1/keys/challenge", "/agent/v1/keys"]) {
      await refused(code, node.call("POST", target, { body }));
    }
  });

  it("takes other line ends and white space", async () => {
    const body = `{\r\n\t"keys" : ${JSON.stringify(node.publicKeys)} }\r\n`;
    expect((await api.hub.send("/agent/v1/enroll/challenge", { method: "POST", body })).status).toBe(200);
  });

  it("of gzip is unpacked to its limit and no further", async () => {
    const headers = { "content-encoding": "gzip" };
    const send = (body: Uint8Array, more = headers) => node.call("POST", TELEMETRY, { body, headers: more });
    await refused("body_too_large", send(gzipSync(Buffer.alloc(200_000_000))));
    await refused("malformed_request", send(Buffer.from("no gzip")));
    await refused("malformed_request", send(gzipSync("{}".repeat(100)).subarray(0, 20)));
    await refused("unsupported_media_type", send(gzipSync("{}"), { "content-encoding": "br" }));
    await refused("unsupported_media_type", send(gzipSync("{}"), { "content-encoding": "gzip, gzip" }));
    await refused("malformed_request", send(gzipSync(gzipSync("{}"))));
  });
});

describe("what is applied", () => {
  const etag = async () => String((await node.poll()).headers.etag);

  it("is the one tag that came with a config", async () => {
    const tag = await etag();
    expect((await node.poll(tag)).status).toBe(304);
    for (const header of [
      `${tag}, ${tag}`,
      `W/${tag}`,
      "*",
      tag.slice(1, -1),
      '""',
      '"x"',
      `"${"1".repeat(250)}"`,
    ]) {
      await refused("malformed_request", node.poll(header));
    }
  });

  it("as a header of 1 MB reaches nobody", async () => {
    const { host } = new URL(api.system.hubOrigin);
    const lines = [`If-None-Match: "${"A".repeat(1_000_000)}"`];
    const { status } = await sendRaw(api.system.port, rawRequest(CONFIG, host, lines));
    expect([0, 400, 401, 431]).toContain(status);
  });

  it("is never ahead of what was issued", async () => {
    const [epoch, root, counter, hash] = (await etag()).slice(1, -1).split(".");
    const tags = [
      `"${epoch}.${root}.${Number(counter) + 1}.${hash}"`,
      `"${epoch}.${Number(root) + 1}.1.${hash}"`,
      `"${Number(epoch) + 1}.1.1.${hash}"`,
    ];
    for (const tag of tags) await refused("applied_ahead", node.poll(tag));
    const serial = { epoch: Number(epoch), rootVersion: Number(root), counter: Number(counter) + 1 };
    await refused("applied_ahead", node.report({ applied: { serial, manifest: hash } }));
  });

  it("of another node brings the own config, and nothing of the other's", async () => {
    const theirs = String((await other.poll()).headers.etag);
    const answer = await node.poll(theirs);
    if (answer.status === 200)
      expect(answer.json<{ manifest: string }>().manifest).not.toBe(theirs.split(".")[3]);
    else expect(answer.code).toBe("applied_ahead");
    const [, , , hash = ""] = theirs.slice(1, -1).split(".");
    const own = (await etag()).slice(1, -1).split(".")[3] ?? "";
    expect((await other.call("GET", `/agent/v1/objects/${hash}`)).status).toBe(200);
    await refused("not_found", node.call("GET", `/agent/v1/objects/${hash}`));
    await refused("not_found", other.call("GET", `/agent/v1/objects/${own}`));
    for (const forged of ["A".repeat(43), "..", "%00", "A".repeat(101), "'--"]) {
      await refused("not_found", node.call("GET", `/agent/v1/objects/${encodeURIComponent(forged)}`));
    }
  });
});
