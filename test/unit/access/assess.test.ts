import { policyToJson } from "@cedar-policy/cedar-wasm/nodejs";
import { describe, expect, it } from "vitest";
import { assess } from "../../../shared/access/assess.ts";
import { NO_STANDING } from "../../../shared/access/grade/grade.ts";
import { compilePolicies } from "../../../shared/access/policy/index.ts";
import { UNKNOWN_NETWORK } from "../../../shared/access/policy/request.ts";
import { type Asked, readQuestion } from "../../../shared/access/question.ts";
import { DEFAULT_APP_SETTINGS } from "../../../shared/registry/app-settings.ts";
import type { SnapshotApp } from "../../../shared/registry/snapshot.ts";

const app = (settings: Partial<SnapshotApp["settings"]> = {}): SnapshotApp => ({
  id: "app_1",
  name: "wiki",
  title: "Wiki",
  host: "wiki.example",
  hosts: ["wiki.example"],
  segmentId: "seg_1",
  segmentName: "main",
  tags: [],
  upstreams: [],
  through: [],
  settings: { ...DEFAULT_APP_SETTINGS, ...settings },
});

const asked = (method: string, headers: Readonly<Record<string, string>> = {}): Asked => ({
  method,
  headers: { get: (name) => headers[name] ?? null },
  network: UNKNOWN_NETWORK,
});

const policies = (...sources: string[]) =>
  compilePolicies(
    sources.map((source, i) => {
      const json = policyToJson(source);
      if (json.type === "failure") throw new Error(JSON.stringify(json.errors));
      return { id: `p#${i + 1}`, policy: json.json };
    }),
  );

const ANYONE = {
  principal: { type: "Anonymous" },
  authentication: null,
  device: null,
  standing: NO_STANDING,
} as const;
const OPEN = "permit (principal, action, resource);";
const NO_ADMIN = `forbid (principal, action, resource) when { context.request.path == "/admin" };`;

function judged(target: string, sources: string[], settings: Partial<SnapshotApp["settings"]> = {}) {
  const question = readQuestion(asked("GET"), app(settings), target);
  if (!question.ok) return question.error.code;
  const { decision, readings } = assess(question.value, ANYONE, policies(...sources), 0);
  return [decision.decision, ...readings.map(({ path, isAlias }) => (isAlias ? `~${path}` : path))];
}

describe("U7: the one judge", () => {
  it("judges a plain path once", () => {
    expect(judged("/a", [OPEN])).toEqual(["allow", "/a"]);
  });
  it("judges every reading and says which", () => {
    expect(judged("/a;v=1/", [OPEN])).toEqual(["allow", "/a;v=1/", "/a/", "~/a;v=1", "~/a"]);
  });
  it("stops at the reading that is denied", () => {
    expect(judged("/admin;v=1", [OPEN, NO_ADMIN])).toEqual(["deny", "/admin;v=1", "/admin"]);
  });
  it("needs no permit for another spelling, but minds a forbid", () => {
    const slash = `permit (principal, action, resource) when { context.request.path like "*/" };`;
    expect(judged("/a/", [slash])).toEqual(["allow", "/a/", "~/a"]);
    expect(judged("/admin/", [slash, NO_ADMIN])).toEqual(["deny", "/admin/", "~/admin"]);
  });
  it("gives the gateway's refusals as they are", () => {
    expect(judged("/%2561", [OPEN])).toBe("invalid_target");
    expect(judged("/.RUSTRONAUT/x", [OPEN])).toBe("not_found");
  });
});
