import { beforeAll, describe, expect, it } from "vitest";
import { auditObject } from "../../../workers/platform/objects.ts";
import { bindings } from "../hub/world.ts";
import { AUTH, connected, MCP, message, request, say, seen, send, somebody } from "./world.ts";

const who = somebody();
let token: string;
beforeAll(async () => {
  token = (await connected(who.person, who.client)).access_token;
});

const callOf = (tool: string, id: unknown = 7) => message("tools/call", { name: tool, arguments: {} }, id);

describe("policies judge the tool that a message calls", () => {
  it("and what they permit arrives as it was sent, byte by byte", async () => {
    const odd = ` {"id" :1e1, "jsonrpc":"2.0","method":"tools/call","params":{"name":"open","big":123456789012345678901}} `;
    expect((await say(token, odd)).status).toBe(200);
    expect(seen[0]?.body).toBe(odd);
  });
  it.each([
    ["a number", 7],
    ["a text", "x-1"],
    ["none", null],
  ])("and what they forbid is an error of JSON-RPC with the message's id (%s)", async (_what, id) => {
    const answer = await say(token, callOf("shut", id));
    expect(answer.status).toBe(403);
    expect(answer.headers.get("content-type")).toContain("application/json");
    expect(await answer.json()).toMatchObject({
      jsonrpc: "2.0",
      id,
      error: {
        code: -32_003,
        message: expect.stringContaining("A policy does not allow this"),
        data: { code: "denied_by_policy", decision_id: expect.stringMatching(/^dec_/) },
      },
    });
    // Nothing that the client could do would help.
    expect(answer.headers.get("www-authenticate")).toBeNull();
    expect(seen).toEqual([]);
  });
  it("and the decision records the tool and the client", async () => {
    const answer = (await (await say(token, callOf("shut"))).json()) as {
      error: { data: { decision_id: string } };
    };
    const id = answer.error.data.decision_id;
    const find = async () => (await auditObject(bindings).query({ kinds: ["decision"], limit: 50 })).rows;
    await expect
      .poll(async () => (await find()).find(({ entry }) => entry.id === id)?.entry)
      .toMatchObject({
        facts: {
          mcp: { method: "tools/call", tool: "shut" },
          client: { id: who.client, isRegistered: false },
        },
      });
  });
  it("and what no policy could judge is refused", async () => {
    const shut = callOf("shut");
    for (const [body, headers, status] of [
      [`[${shut}]`, {}, 400],
      [shut.replace('"name":"shut"', '"name":"open","name":"shut"'), {}, 400],
      [shut.replace('"name"', '"Name"'), {}, 400],
      [shut, { "content-type": "text/plain" }, 415],
      [shut, { "content-type": "application/x-www-form-urlencoded" }, 415],
      [shut, { "content-encoding": "gzip" }, 415],
      ["", {}, 400],
      [`{"x":"${"A".repeat(4_300_000)}"}`, {}, 413],
    ] as const)
      expect((await say(token, body, headers)).status, body.slice(0, 60)).toBe(status);
    const put = await send(`${MCP}/mcp`, {
      method: "PUT",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: shut,
    });
    expect(put.status).toBe(415);
    const socket = await send(`${MCP}/mcp`, {
      headers: { authorization: `Bearer ${token}`, upgrade: "websocket" },
    });
    expect(socket.status).toBe(405);
    expect(seen).toEqual([]);
  });
  it("and a stream or an end without a message goes on", async () => {
    for (const method of ["GET", "DELETE"]) {
      const headers = { authorization: `Bearer ${token}`, accept: "text/event-stream" };
      expect((await send(`${MCP}/mcp`, { method, headers })).status).toBe(200);
    }
  });
  it("and speak of the client", async () => {
    const answer = await say(token, message("tools/list"), {}, `${MCP}/registered-only`);
    expect(answer.status).toBe(403);
  });
});

describe("a policy that asks for a newer sign-in", () => {
  it("says which scope the client must ask its person for, and that leads to a new sign-in", async () => {
    const answer = await say(token, callOf("fresh"));
    expect(answer.status).toBe(403);
    const place = `${MCP}/.well-known/oauth-protected-resource/mcp`;
    expect(answer.headers.get("www-authenticate")).toBe(
      `Bearer error="insufficient_scope", resource_metadata="${place}", scope="access fresh"`,
    );
    expect(await answer.json()).toMatchObject({ id: 7, error: { data: { code: "insufficient_scope" } } });
    const begun = await who.person.open(request(who.client, { scope: "access fresh" }));
    const page = await who.person.open(AUTH + begun.headers.get("location"));
    // The person who is signed in is sent to the provider, or asked for a passkey, before any question.
    expect(page.headers.get("x-rustronaut-response")).not.toBe("confirm_client");
  });
});
