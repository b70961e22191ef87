import { policyToJson } from "@cedar-policy/cedar-wasm/nodejs";
import { describe, expect, it } from "vitest";
import { compilePolicies } from "../../../shared/access/policy/index.ts";
import type { RequestFacts } from "../../../shared/access/policy/request.ts";
import { Replay } from "../../../shared/access/replay.ts";
import type { DecisionEntry } from "../../../shared/audit/types.ts";
import { DEFAULT_APP_SETTINGS } from "../../../shared/registry/app-settings.ts";
import type { SnapshotApp } from "../../../shared/registry/snapshot.ts";
import { decision } from "../../workers/audit/entries.ts";

const WIKI: SnapshotApp = {
  ...{
    id: "app_wiki",
    name: "wiki",
    title: "Wiki",
    host: "wiki.example.com",
    hosts: ["wiki.example.com"],
    segmentId: "seg_1",
  },
  ...{ segmentName: "main", tags: [], upstreams: [], through: [], settings: DEFAULT_APP_SETTINGS },
};

function policies(sources: Readonly<Record<string, string>>) {
  const statements = Object.entries(sources).map(([name, source]) => {
    const json = policyToJson(source);
    if (json.type === "failure") throw new Error(JSON.stringify(json.errors));
    return { id: `${name}#1`, policy: json.json };
  });
  return compilePolicies(statements, { groupParents: { ops: ["staff"] }, apps: [], segments: ["main"] });
}

const BASE = { staff: `permit (principal in Group::"staff", action, resource == App::"wiki");` };

interface Visit extends Partial<Omit<DecisionEntry, "facts">> {
  readonly who?: string;
  readonly groups?: readonly string[];
  readonly path?: string;
  readonly method?: string;
  readonly action?: RequestFacts["action"];
  readonly ip?: string;
}

function visit(
  n: number,
  { who = "ann", groups = ["ops"], path = "/", method = "GET", ...more }: Visit = {},
) {
  const { action = "read", ip = "203.0.113.7", ...change } = more;
  const { facts } = decision(n);
  return decision(n, {
    facts: {
      ...facts,
      principal: {
        ...{ type: "User", id: `usr_${who}`, email: `${who}@example.com`, emailVerified: true, name: who },
        groups,
      },
      ...{ action, request: { ...facts.request, method, path }, network: { ...facts.network, ip } },
    },
    ...change,
  });
}

function replayed(draft: Readonly<Record<string, string>>, entries: readonly DecisionEntry[], apps = [WIKI]) {
  const replay = new Replay(policies(BASE), policies({ ...BASE, ...draft }), apps, DEFAULT_APP_SETTINGS);
  for (const entry of entries) replay.judge(entry);
  return replay.report();
}

const NO_ADMIN = {
  draft: `forbid (principal, action, resource) when { context.request.path like "/admin*" };`,
};

describe("a replay", () => {
  it("counts what a draft would newly deny and allow, with the policies before and after", () => {
    const entries = [
      visit(9, { path: "/admin/users" }),
      visit(8, { path: "/admin" }),
      visit(7, { who: "cy", path: "/admin" }),
      visit(6),
      visit(5, { who: "bob", groups: [], decision: "deny", reason: "default_deny" }),
    ];
    const report = replayed(
      { ...NO_ADMIN, bob: `permit (principal == User::"bob@example.com", action, resource);` },
      entries,
    );
    expect(report).toMatchObject({
      ...{ replayed: 5, newlyDenied: { requests: 3, callers: 2 }, newlyAllowed: { requests: 1, callers: 1 } },
      ...{ decidedOtherwise: 0, partly: 0, unasked: 0, unreadable: 0, unlisted: 0 },
    });
    expect(report.flips).toMatchObject([
      {
        ...{ to: "deny", caller: { email: "ann@example.com" }, app: "wiki", requests: 2 },
        ...{ before: ["staff#1"], after: ["draft#1"] },
        example: { id: "dec_9", path: "/admin/users" },
      },
      { to: "deny", caller: { email: "cy@example.com" }, requests: 1 },
      { to: "allow", caller: { email: "bob@example.com" }, before: [], after: ["bob#1"] },
    ]);
  });

  it("judges every reading of the path and every action of the method, as the gateway does", () => {
    const removes = { draft: `forbid (principal, action == Action::"delete", resource);` };
    const moved = visit(1, { method: "MOVE", action: "write" });
    expect(replayed(removes, [moved])).toMatchObject({ newlyDenied: { requests: 1 }, partly: 1 });
    const folded = { ...WIKI, settings: { ...DEFAULT_APP_SETTINGS, caseInsensitivePaths: true } };
    const upper = visit(1, { path: "/ADMIN" });
    expect(replayed(NO_ADMIN, [upper], [folded])).toMatchObject({ newlyDenied: { requests: 1 }, partly: 0 });
    expect(replayed(NO_ADMIN, [upper])).toMatchObject({ newlyDenied: { requests: 0 }, partly: 0 });
  });

  it("says what it can't judge, or not wholly", () => {
    const report = replayed(NO_ADMIN, [
      visit(1, { reason: "invalid_credentials", decision: "deny" }),
      visit(2, { cut: true }),
      visit(3, { ip: "not an address", path: "/admin" }),
      visit(4, { appId: "app_gone" }),
      visit(5, { method: "POST", action: "delete" }),
      // The policies changed since: today's already deny it.
      visit(6, { who: "dan", groups: [] }),
    ]);
    expect(report).toMatchObject({ replayed: 4, unasked: 1, unreadable: 1, partly: 2, decidedOtherwise: 1 });
  });

  it("lists the most frequent changes, and counts the rest", () => {
    const entries = Array.from({ length: 1_200 }, (_, n) => visit(n, { who: `u${n}`, path: "/admin" }));
    const often = [...entries, visit(5_000, { who: "u7", path: "/admin" })];
    const report = replayed(NO_ADMIN, often);
    expect(report.flips).toHaveLength(100);
    expect(report.flips[0]).toMatchObject({ requests: 2, caller: { email: "u7@example.com" } });
    expect(report).toMatchObject({ newlyDenied: { requests: 1_201, callers: 1_200 }, unlisted: 1_100 });
  });
});
