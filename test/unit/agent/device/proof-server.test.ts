import { request } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { serveProofs } from "../../../../agent/device/proof-server.ts";

const AUTH = "https://auth.example.com";
const CHALLENGE = "c".repeat(60);

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

describe("what the agent answers on the loopback interface", () => {
  let server: Awaited<ReturnType<typeof serveProofs>>;
  let origin: string | null = AUTH;
  const signed: string[] = [];
  let clock = 0;
  beforeEach(() => {
    clock += 1_000;
  });
  beforeAll(async () => {
    const sign = async (challenge: string, at: string) => {
      signed.push(`${challenge} ${at}`);
      return { statement: "s", signature: "t" };
    };
    server = await serveProofs({ origin: () => origin, sign }, [0], () => clock);
  });
  afterAll(() => server.close());

  const ask = (
    headers: Record<string, string> = {},
    { method = "POST", path = "/device-proof", body = JSON.stringify({ challenge: CHALLENGE }) } = {},
  ) =>
    new Promise<Answer>((resolve, reject) => {
      const own = { host: `127.0.0.1:${server.port}`, origin: AUTH, "content-type": "application/json" };
      const sent = request(
        { host: "127.0.0.1", port: server.port, method, path, headers: { ...own, ...headers } },
        (answer) => {
          let text = "";
          answer.on("data", (part) => {
            text += part;
          });
          answer.on("end", () =>
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }),
          );
        },
      );
      sent.on("error", reject).end(method === "POST" ? body : undefined);
    });

  it("a page of the auth host gets a statement for its challenge and its origin", async () => {
    const answer = await ask();
    expect(answer).toMatchObject({ status: 200, body: `{"statement":"s","signature":"t"}` });
    expect(answer.headers["access-control-allow-origin"]).toBe(AUTH);
    expect(signed.splice(0)).toEqual([`${CHALLENGE} ${AUTH}`]);
    const preflight = await ask({ "access-control-request-private-network": "true" }, { method: "OPTIONS" });
    expect(preflight.status).toBe(204);
    expect(preflight.headers["access-control-allow-private-network"]).toBe("true");
  });

  it.each([
    ["another site", { origin: "https://evil.example" }, {}],
    ["a sandboxed page", { origin: "null" }, {}],
    ["the auth host over plain HTTP", { origin: "http://auth.example.com" }, {}],
    ["a name that was made to point here", { host: "rebound.example" }, {}],
    ["the name localhost", { host: "localhost" }, {}],
    ["another path", {}, { path: "/" }],
    ["a preflight of another site", { origin: "https://evil.example" }, { method: "OPTIONS" }],
  ])("%s is told nothing", async (_who, headers, more) => {
    const answer = await ask(headers as Record<string, string>, more);
    expect([answer.status, answer.body]).toEqual([403, ""]);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    expect(signed).toEqual([]);
  });

  it.each([
    ["a form", { "content-type": "text/plain" }, {}, 405],
    ["a GET", {}, { method: "GET" }, 405],
    ["no challenge", {}, { body: "{}" }, 400],
    ["something else to sign", {}, { body: JSON.stringify({ challenge: "x" }) }, 400],
    ["too much", {}, { body: JSON.stringify({ challenge: CHALLENGE, more: "x".repeat(2_000) }) }, 400],
  ])("%s gets no signature", async (_what, headers, more, status) => {
    const answer = await ask(headers as Record<string, string>, more);
    expect(answer.status).toBe(status);
    expect(signed).toEqual([]);
  });

  it("a page that asks for many signatures gets few, and others are told nothing all the same", async () => {
    const statuses = async (headers = {}) =>
      (await Promise.all([1, 2, 3, 4, 5, 6, 7].map(() => ask(headers)))).map(({ status }) => status);
    expect((await statuses({ origin: "https://evil.example" })).every((status) => status === 403)).toBe(true);
    expect((await statuses()).sort()).toEqual([200, 200, 200, 200, 200, 429, 429]);
    expect(signed.splice(0)).toHaveLength(5);
    clock += 1_000;
    expect((await ask()).status).toBe(200);
    signed.length = 0;
  });

  it("nobody is answered before the hub has named the auth host", async () => {
    origin = null;
    expect((await ask()).status).toBe(403);
    origin = AUTH;
  });

  it("the next port is taken when one is not free, and all taken is an error", async () => {
    const prover = { origin: () => AUTH, sign: async () => ({ statement: "", signature: "" }) };
    const second = await serveProofs(prover, [server.port, 0]);
    expect(second.port).not.toBe(server.port);
    await second.close();
    await expect(serveProofs(prover, [server.port])).rejects.toThrow("all taken");
  });
});
