import { templateToJson } from "@cedar-policy/cedar-wasm/nodejs";
import { describe, expect, it } from "vitest";
import { type Asker, assess } from "../../../../shared/access/assess.ts";
import { NO_STANDING } from "../../../../shared/access/grade/grade.ts";
import type { HeldGrant } from "../../../../shared/access/grants/types.ts";
import { grantTemplate } from "../../../../shared/access/policy/grant-links.ts";
import { compilePolicies } from "../../../../shared/access/policy/index.ts";
import { UNKNOWN_NETWORK, UNKNOWN_SIGN_IN } from "../../../../shared/access/policy/request.ts";
import { grantOf, policyNameOf } from "../../../../shared/access/policy/statement-id.ts";
import { readQuestion } from "../../../../shared/access/question.ts";
import { DEFAULT_APP_SETTINGS } from "../../../../shared/registry/app-settings.ts";
import type { SnapshotApp } from "../../../../shared/registry/snapshot.ts";
import { jsonOf } from "./support.ts";

const NOW = 1_000_000;
const app = (settings: Partial<SnapshotApp["settings"]> = {}, name = "wiki"): SnapshotApp => ({
  ...{
    id: "app_1",
    name,
    title: "Wiki",
    host: "wiki.example",
    hosts: ["wiki.example"],
    upstreams: [],
    through: [],
    tags: [],
  },
  ...{ segmentId: "seg_1", segmentName: "main" },
  settings: { ...DEFAULT_APP_SETTINGS, grantAskers: ["group:sales"], ...settings },
});
const grant = (over: Partial<HeldGrant> = {}): HeldGrant => ({
  ...{
    id: "grt_1",
    appId: "app_1",
    actions: ["read"],
    paths: [],
    since: NOW,
    until: NOW + 10,
    emergency: false,
  },
  ...over,
});
const bob: Asker["principal"] = {
  ...{ type: "User", id: "usr_1", email: "bob@example.com", emailVerified: true, name: "Bob", groups: [] },
};

function judged(
  {
    sources = [],
    settings = {},
    method = "GET",
    path = "/",
    now = NOW,
  }: {
    sources?: string[];
    settings?: Partial<SnapshotApp["settings"]>;
    method?: string;
    path?: string;
    now?: number;
  },
  ...grants: HeldGrant[]
) {
  const asked = { method, headers: { get: () => null }, network: UNKNOWN_NETWORK };
  const question = readQuestion(asked, app(settings), path);
  if (!question.ok) throw new Error(question.error.code);
  const policies = compilePolicies(
    sources.map((source, i) => ({ id: `p#${i + 1}`, policy: jsonOf(source) })),
  );
  const who = { principal: bob, authentication: UNKNOWN_SIGN_IN, device: null };
  const asker: Asker = { ...who, standing: NO_STANDING, grants };
  const { decision, refusedBy, access, facts } = assess(question.value, asker, policies, now);
  return { by: decision.determining, refusedBy, decision: decision.decision, access, facts };
}

describe("a grant as a policy", () => {
  it("is the link of a template that Cedar itself reads so", () => {
    const text = `permit (principal == ?principal, action in [Action::"read", Action::"write"], resource == ?resource)
      when { context.request.path like "/a/*" || context.request.path like "/b*c" };`;
    const cedar = templateToJson(text);
    if (cedar.type === "failure") throw new Error(JSON.stringify(cedar.errors));
    expect({
      annotations: {},
      ...(grantTemplate({ actions: ["read", "write"], paths: ["/a/*", "/b*c"] }) as object),
    }).toEqual({
      annotations: {},
      ...cedar.json,
    });
  });

  it("allows what it covers, and is named as the reason", () => {
    const { decision, by, access, facts } = judged({}, grant());
    expect([decision, by]).toEqual(["allow", ["grant:grt_1"]]);
    expect(access.grantedPermissions).toEqual([{ actions: ["read"], paths: null }]);
    expect(facts.grants).toEqual([{ id: "grt_1", actions: ["read"], paths: [] }]);
    expect(judged({}).facts).not.toHaveProperty("grants");
  });

  it.each([
    ["another action", { method: "POST" }, grant()],
    ["another path", { path: "/b" }, grant({ paths: ["/a/*"] })],
    ["another app", {}, grant({ appId: "app_2" })],
    ["before it begins", { now: NOW - 1 }, grant()],
    ["at its last millisecond", { now: NOW + 10 }, grant()],
    ["an app that offers none any more", { settings: { grantAskers: [] } }, grant()],
    ["what a policy forbids", { sources: ["forbid (principal, action, resource);"] }, grant()],
  ] as [string, Parameters<typeof judged>[0], HeldGrant][])("does not allow %s", (_name, what, held) => {
    expect(judged(what, held).decision).toBe("deny");
  });

  it("covers every reading of a path, or none", () => {
    const settings = { encodedSlashes: true };
    const paths = ["/a%2Fb"];
    expect(judged({ settings, path: "/a%2Fb" }, grant({ paths })).decision).toBe("deny");
    expect(judged({ settings, path: "/a%2Fb" }, grant({ paths: [...paths, "/a/b"] })).decision).toBe("allow");
  });

  it("has a name that no statement of a policy can have", () => {
    expect(grantOf("grant:grt_1")).toBe("grt_1");
    expect([grantOf("grant:grt_1#1"), grantOf("wiki#1")]).toEqual([null, null]);
    expect(policyNameOf("grant:grt_1")).toBe("grant:grt_1");
  });
});

describe('@verify("approval")', () => {
  const sources = ['@verify("approval") permit (principal, action, resource);'];

  it("is open while a grant covers the request, and closed otherwise", () => {
    expect(judged({ sources }).refusedBy).toBe("approval_required");
    expect(judged({ sources }, grant()).refusedBy).toBe(null);
    expect(judged({ sources, method: "POST" }, grant()).refusedBy).toBe("approval_required");
    expect(judged({ sources, path: "/b" }, grant({ paths: ["/a/*"] })).refusedBy).toBe("approval_required");
    expect(judged({ sources, now: NOW + 10 }, grant()).refusedBy).toBe("approval_required");
  });

  it("wants one grant that covers every reading of the request", () => {
    const asked = { sources, settings: { encodedSlashes: true }, path: "/a%2Fb" };
    const [one, other] = [grant({ paths: ["/a%2Fb"] }), grant({ id: "grt_2", paths: ["/a/b"] })];
    expect(judged(asked, one).refusedBy).toBe("approval_required");
    expect(judged(asked, one, other).refusedBy).toBe("approval_required");
    expect(judged(asked, one, grant({ id: "grt_3", paths: ["/a*b"] })).refusedBy).toBeNull();
  });

  it("may ask for a young approval", () => {
    const within = ['@verify("approval within 5s") permit (principal, action, resource);'];
    const long = grant({ until: NOW + 60_000 });
    expect(judged({ sources: within, now: NOW + 4_999 }, long).refusedBy).toBe(null);
    expect(judged({ sources: within, now: NOW + 5_000 }, long).refusedBy).toBe("approval_required");
  });

  it("takes away no other proof that a permit asks for", () => {
    const both = [...sources, '@verify("second_factor") permit (principal, action, resource);'];
    expect(judged({ sources: both }, grant()).refusedBy).toBe("second_factor_required");
    expect(judged({ sources: both }).refusedBy).toBe("approval_required");
  });
});
