import { describe, expect, it } from "vitest";
import { readMessage } from "../../../../shared/access/mcp/message.ts";

const read = (text: string | Uint8Array) =>
  readMessage(typeof text === "string" ? new TextEncoder().encode(text) : text);
const call = (rest: string) => `{"jsonrpc":"2.0","id":1,"method":"tools/call",${rest}}`;

describe("a message to an MCP server", () => {
  it.each([
    ['{"jsonrpc":"2.0","id":1,"method":"tools/list"}', 1, "tools/list", null],
    [
      '{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"x","arguments":{"name":"y"}}}',
      "a",
      "tools/call",
      "x",
    ],
    [
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{}}',
      null,
      "notifications/cancelled",
      null,
    ],
    ['{"jsonrpc":"2.0","id":3,"result":{}}', null, "", null],
    ['{"jsonrpc":"2.0","id":3,"error":{"code":1,"message":"x"}}', null, "", null],
    // What a tool is given is not looked at: it may name whatever it likes, in whatever letters.
    [call('"params":{"name":"x","arguments":{"Name":"y","METHOD":[[[["[["]]]]}}'), 1, "tools/call", "x"],
  ])("%s is read", (text, id, method, tool) => {
    expect(read(text)).toEqual({ ok: true, value: { id, facts: { method, tool } } });
  });

  it.each([
    ["a batch", '[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]', -32_600],
    ["an empty batch", "[]", -32_600],
    ["no JSON", "{", -32_700],
    ["two of them", '{"jsonrpc":"2.0","id":1,"method":"a"}{"jsonrpc":"2.0","id":1,"method":"b"}', -32_700],
    ["nothing", "", -32_700],
    ["a text", '"tools/call"', -32_600],
    ["null", "null", -32_600],
    ["a byte order mark", '\ufeff{"jsonrpc":"2.0","id":1,"method":"tools/list"}', -32_700],
    [
      "a text that is no UTF-8",
      new Uint8Array([...new TextEncoder().encode('{"jsonrpc":"2.0","id":1,"method":"'), 0xff, 0x22, 0x7d]),
      -32_700,
    ],
    [
      "a method that is named twice",
      '{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call"}',
      -32_600,
    ],
    [
      "a method that is named twice, once with an escape",
      '{"jsonrpc":"2.0","id":1,"method":"tools/list","m\\u0065thod":"tools/call"}',
      -32_600,
    ],
    ["a tool that is named twice", call('"params":{"name":"x","name":"y"}'), -32_600],
    ["parameters that are named twice", call('"params":{"name":"x"},"params":{"name":"y"}'), -32_600],
    // encoding/json of Go finds members in other letters, too.
    ["a tool in capitals beside it", call('"params":{"name":"x","NAME":"y"}'), -32_600],
    ["a method in capitals alone", '{"jsonrpc":"2.0","id":1,"Method":"tools/call"}', -32_600],
    ["a long s for an s", call('"params":{"name":"x"},"param\u017f":{"name":"y"}'), -32_600],
    ["a tool that is no text", call('"params":{"name":["x"]}'), -32_600],
    ["a call without a tool", call('"params":{}'), -32_600],
    ["a call without parameters", '{"jsonrpc":"2.0","id":1,"method":"tools/call"}', -32_600],
    ["a tool of 201 characters", call(`"params":{"name":"${"x".repeat(201)}"}`), -32_600],
    ["a method that is no text", '{"jsonrpc":"2.0","id":1,"method":1}', -32_600],
    ["neither a method nor an answer", '{"jsonrpc":"2.0","id":1}', -32_600],
    ["an id that is an object", '{"jsonrpc":"2.0","id":{},"method":"tools/list"}', -32_600],
    ["another version", '{"jsonrpc":"1.0","id":1,"method":"tools/list"}', -32_600],
  ])("is refused if it is %s", (_what, text, code) => {
    expect(read(text)).toMatchObject({ ok: false, error: { code } });
  });

  it("may hold a file", () => {
    const text = call(`"params":{"name":"x","arguments":{"file":"${"A".repeat(3_900_000)}"}}`);
    expect(read(text)).toMatchObject({ ok: true, value: { facts: { tool: "x" } } });
  });
  it("gives its id to the refusal", () => {
    expect(read(call('"params":{}'))).toMatchObject({ error: { id: 1 } });
  });
});
