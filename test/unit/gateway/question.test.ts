import { describe, expect, test } from "vitest";
import { questionOf } from "../../../shared/access/question.ts";
import { DEFAULT_APP_SETTINGS } from "../../../shared/registry/app-settings.ts";
import type { SnapshotApp } from "../../../shared/registry/snapshot.ts";
import { askedBy } from "../../../workers/gateway/judge.ts";

const app = (settings: Partial<SnapshotApp["settings"]> = {}): SnapshotApp => ({
  id: "app_1",
  name: "wiki",
  title: "Wiki",
  host: "wiki.example",
  hosts: ["wiki.example"],
  segmentId: "seg_1",
  segmentName: "default",
  tags: [],
  upstreams: [],
  through: [],
  settings: { ...DEFAULT_APP_SETTINGS, ...settings },
});
const target = { path: "/", query: "", readings: ["/"], aliases: [] };
const ask = (
  method: string,
  headers: Record<string, string>,
  settings: Partial<SnapshotApp["settings"]> = {},
  at = target,
) => {
  const asked = askedBy(new Request("https://wiki.example/", { method, headers }), app(settings));
  const question = questionOf(asked, app(settings), at);
  if (!question.ok) throw new Error(question.error.detail);
  return question.value;
};

describe("S-48 a request is judged as what reaches the application", () => {
  test.each([
    ["GET", { upgrade: "websocket" }, ["connect"]],
    ["GET", { upgrade: "WebSocket" }, ["connect"]],
    ["GET", { upgrade: "foo" }, ["read"]],
    ["GET", { upgrade: "h2c" }, ["read"]],
    ["POST", { upgrade: "foo" }, ["write"]],
    ["POST", { upgrade: "websocket" }, ["write"]],
    ["DELETE", { upgrade: "websocket" }, ["delete"]],
  ])("%s %j is %j", (method, headers, actions) => expect(ask(method, headers).actions).toEqual(actions));
});

test("S-46 an override counts besides the method, and only where the app takes it", () => {
  const headers = { "x-http-method-override": "DELETE" };
  expect(ask("POST", headers).actions).toEqual(["write"]);
  expect(ask("POST", headers, { methodOverride: true }).actions).toEqual(["write", "delete"]);
});

describe("a method in a field counts only where the app takes it, and is whatever it could be", () => {
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const json = { "content-type": "application/json" };
  const any = ["write", "read", "delete"];
  test.each([
    ["POST", "", form, any],
    ["POST", "", { "content-type": "multipart/form-data; boundary=x" }, any],
    ["POST", "", {}, any],
    ["POST", "", json, ["write"]],
    ["POST", "?_method=DELETE", json, any],
    ["POST", "?a=1&%5Fm%65thod=delete", json, any],
    ["PUT", "?_method=DELETE", form, ["write"]],
    ["GET", "?_method=DELETE", {}, ["read"]],
  ])("%s %s with %j is %j", (method, query, headers: Record<string, string>, actions) => {
    expect(ask(method, headers, { methodField: true }, { ...target, query }).actions).toEqual(actions);
    expect(ask(method, headers, {}, { ...target, query }).actions).toHaveLength(1);
  });
});

describe("S-16, S-33 the client's address", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:DB8:0:0::1", "2001:db8::1"],
  ])("%s is %s", (stated, ip) => expect(ask("GET", { "cf-connecting-ip": stated }).network.ip).toBe(ip));

  test("only the platform's word counts, and what is no address is never skipped", () => {
    expect(ask("GET", { "x-forwarded-for": "10.0.0.1", "true-client-ip": "10.0.0.1" }).network.ip).toBeNull();
    expect(() => ask("GET", { "cf-connecting-ip": "10.0.0.1, 192.0.2.1" })).toThrow("malformed");
  });
});
