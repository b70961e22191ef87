import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NetworkDocument } from "../../../shared/api/document.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { call, change, refusalOf } from "./api.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem({ withoutDashboard: true });
});
afterAll(() => system.stop());

const ALICE = "/users/alice@example.com";

async function apply(document: Partial<NetworkDocument>, prune = false): Promise<void> {
  const wanted = { version: 1 as const, ...document };
  const { data: plan } = await system.admin.call("network.plan", { body: { document: wanted, prune } });
  await system.admin.call("network.apply", {
    body: { document: wanted, prune, baseVersion: plan.baseVersion },
  });
}

const owners = async () => {
  const { data } = await system.admin.call("users.list");
  return data.items
    .filter(({ role, status }) => role === "owner" && status === "active")
    .map(({ email }) => email);
};

describe("the last owner, Alice", () => {
  it.each([
    ["demoted", { role: null }],
    ["made an administrator", { role: "admin" }],
    ["disabled", { status: "disabled" }],
  ])("can't be %s", async (_how, body) => {
    const { status, code } = await change(system, "PATCH", ALICE, body);
    expect([status, code]).toEqual([409, "conflict"]);
    expect(await owners()).toEqual(["alice@example.com"]);
  });
  it("can't be deleted", async () => {
    const { status, code } = await change(system, "DELETE", ALICE);
    expect([status, code]).toEqual([409, "conflict"]);
  });
  it.each([
    ["demoted", [{ email: "alice@example.com", role: null }], false],
    ["disabled", [{ email: "alice@example.com", status: "disabled" as const }], false],
    ["left out", [{ email: "new@example.com" }], true],
  ])("can't be %s by a document", async (_how, users, prune) => {
    expect(await refusalOf(apply({ users }, prune))).toBe("409 conflict");
    expect(await owners()).toEqual(["alice@example.com"]);
  });
  it("can hand over in one document", async () => {
    await apply({
      users: [
        { email: "heir@example.com", role: "owner" },
        { email: "alice@example.com", role: null },
      ],
    });
    expect(await owners()).toEqual(["heir@example.com"]);
    await apply({ users: [{ email: "alice@example.com", role: "owner" }] });
  });
  it("is left when two owners go at the same time", async () => {
    expect(await owners()).toHaveLength(2);
    const pair = ["alice", "heir"].map((name) => `/users/${name}@example.com`);
    const ways = [
      () => pair.map((path) => change(system, "PATCH", path, { role: null })),
      () => pair.map((path) => change(system, "DELETE", path)),
      () => [
        change(system, "PATCH", pair[0] ?? "", { status: "disabled" }),
        change(system, "DELETE", pair[1] ?? ""),
      ],
    ];
    for (const way of ways) {
      const answers = await Promise.all(way());
      expect(answers.map(({ status }) => (status < 300 ? "done" : status)).sort()).toEqual([409, "done"]);
      expect(await owners()).toHaveLength(1);
      await apply({
        users: ["alice", "heir"].map((name) => ({
          email: `${name}@example.com`,
          role: "owner" as const,
          status: "active" as const,
        })),
      });
    }
  });
});

describe("groups that would contain themselves", () => {
  const put = (group: string, member: string) =>
    call(system, "PUT", `/groups/${group}/members/group/${member}`);
  beforeAll(async () => {
    await apply({
      groups: [{ name: "a", groups: ["b"] }, { name: "b", groups: ["c"] }, { name: "c" }, { name: "d" }],
    });
  });
  it.each([
    ["a", "a"],
    ["b", "a"],
    ["c", "a"],
  ])("%s with %s in it is refused", async (group, member) => {
    const { status, code, json } = await put(group, member);
    expect([status, code]).toEqual([409, "conflict"]);
    expect(json.detail).toContain("member of itself");
  });
  it("by a document are refused, and nothing of it stays", async () => {
    const groups = [{ name: "e" }, { name: "c", groups: ["a"] }];
    expect(await refusalOf(apply({ groups, segments: [{ name: "stray" }] }))).toBe("409 conflict");
    expect((await call(system, "GET", "/groups/e")).status).toBe(404);
    expect((await call(system, "GET", "/segments/stray")).status).toBe(404);
    expect((await call(system, "GET", "/groups/c/members")).json.items).toEqual([]);
  });
  it("by two requests at the same time are refused once", async () => {
    const statuses = (await Promise.all([put("c", "d"), put("d", "c")])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([204, 409]);
  });
  it("are not those that merely share a member", async () => {
    expect((await put("a", "c")).status).toBe(204);
  });
});
