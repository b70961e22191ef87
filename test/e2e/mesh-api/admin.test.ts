import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type System, startSystem } from "../../support/harness.ts";
import { initTrust } from "../../support/trust.ts";
import { refusalOf } from "../hub/api.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem({ withoutDashboard: true });
});
afterAll(() => system.stop());

const call: System["admin"]["call"] = (...input) => system.admin.call(...input);
const key = (over = {}) => call("enrolmentKeys.create", { body: { name: "key", segment: "main", ...over } });

describe("trust", () => {
  it("comes first: without a root there is no enrolment key, and the refusal says what to do", async () => {
    expect(await refusalOf(key())).toBe("409 trust_not_initialised");
    expect((await call("trust.get")).data).toMatchObject({ rootVersion: 0, roots: [], payloadHash: null });
  });

  it("takes the first root that names this hub, and no other", async () => {
    const refused = (envelope: string) => refusalOf(call("trust.addRoot", { body: { envelope } }));
    expect(await refused("{}")).toBe("422 root_invalid");
    await initTrust(system.admin);
    const { data } = await call("trust.get");
    expect(data).toMatchObject({ rootVersion: 1, epoch: 1 });
    expect(await refused(data.roots[0] ?? "")).toBe("422 root_invalid");
    await expect(initTrust(system.admin)).rejects.toThrow("version must be 2");
  });
});

describe("enrolment keys", () => {
  it("are shown once, carry the root's hash, and are revoked for good", async () => {
    const { data } = await key({ tags: ["web"], maxUses: 3, ephemeral: true });
    const { data: trust } = await call("trust.get");
    expect(data.secret).toMatch(/^rnek_[0-9A-Za-z]{46}\.[A-Za-z0-9_-]{43}$/);
    expect(data.secret.endsWith(`.${trust.payloadHash}`)).toBe(true);
    const { id } = data.enrolmentKey;
    const shown = await call("enrolmentKeys.get", { params: { enrolmentKey: id } });
    expect(shown.data).toMatchObject({
      tags: ["web"],
      maxUses: 3,
      uses: 0,
      ephemeral: true,
      preApproved: false,
    });
    expect(JSON.stringify(shown.data)).not.toContain(data.secret.slice(5, 45));
    await call("enrolmentKeys.delete", { params: { enrolmentKey: id }, ifMatch: '"1"' });
    expect((await call("enrolmentKeys.get", { params: { enrolmentKey: id } })).data.revokedAt).not.toBeNull();
  });

  it.each([
    [{ expiresAt: 1 }, "422 invalid_input"],
    [{ expiresAt: 4_000_000_000_000_000 }, "422 invalid_input"],
    [{ maxUses: 0 }, "422 invalid_input"],
    [{ tags: ["Ümlaut"] }, "422 invalid_input"],
    [{ segment: "nowhere" }, "404 not_found"],
  ])("%j is %s", async (over, code) => {
    expect(await refusalOf(key(over))).toBe(code);
  });
});

describe("rules", () => {
  const rule = (over = {}) =>
    call("meshRules.create", {
      body: { name: "web", from: ["tag:laptop"], to: ["segment:main"], traffic: ["tcp/443"], ...over },
    });

  it("are kept by ids and read by names", async () => {
    const { data, etag } = await rule();
    expect(data).toMatchObject({
      from: ["tag:laptop"],
      to: ["segment:main"],
      traffic: ["tcp/443"],
      enabled: true,
    });
    const { data: changed } = await call("meshRules.update", {
      params: { meshRule: "web" },
      body: { to: ["any", "internet"], enabled: false },
      ifMatch: String(etag),
    });
    expect(changed).toMatchObject({
      from: ["tag:laptop"],
      to: ["any", "internet"],
      enabled: false,
      version: 2,
    });
    expect((await call("meshRules.list")).data.items).toEqual([changed]);
    await call("meshRules.delete", { params: { meshRule: "web" }, ifMatch: '"2"' });
    expect((await call("meshRules.list")).data.items).toEqual([]);
  });

  it.each([
    [{ from: ["internet"] }],
    [{ from: [] }],
    [{ to: ["segment:nowhere"] }],
    [{ to: ["node:nobody"] }],
    [{ to: ["user:nobody@example.com"] }],
    [{ to: ["subnet:10.0.0.1/24"] }],
    [{ to: ["somebody"] }],
    [{ traffic: ["tcp/0"] }],
    [{ traffic: ["icmp/5"] }],
    [{ traffic: ["sctp"] }],
  ])("%j is refused at its place", async (over) => {
    expect(await refusalOf(rule(over))).toBe("422 invalid_input");
  });
});

describe("nodes that are not there", () => {
  it("are a 404 everywhere", async () => {
    const params = { node: "nobody" };
    expect((await call("nodes.list")).data).toEqual({ items: [], next: null });
    for (const id of [
      "nodes.get",
      "nodes.approve",
      "nodes.revoke",
      "nodes.release",
      "nodes.revocation",
    ] as const) {
      expect(await refusalOf(call(id, { params }))).toBe("404 not_found");
    }
  });
});
