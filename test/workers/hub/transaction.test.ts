import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Call, Write } from "../../../workers/hub/call.ts";
import { commit, writeKey } from "../../../workers/hub/commit.ts";
import { USER_HANDLERS } from "../../../workers/hub/handlers/users.ts";
import {
  failedGuard,
  noCycle,
  ownerIsLeft,
  ownerOrTokenIsLeft,
  unchanged,
} from "../../../workers/registry/guards.ts";
import { applyRegistry } from "../registry.ts";
import { bindings, createNetwork } from "./world.ts";

beforeAll(async () => {
  await applyRegistry();
  await createNetwork();
});

const insertGroup = (id: string) =>
  env.DB.prepare("INSERT INTO groups (id, name, created_at, updated_at) VALUES (?, ?, 1, 1)").bind(id, id);
const nest = (group: string, member: string) =>
  env.DB.prepare(
    "INSERT INTO group_members (group_id, member_kind, member_id, created_at) VALUES (?, 'group', ?, 1)",
  ).bind(group, member);
const insertOwner = env.DB.prepare(
  "INSERT INTO users (id, email, role, created_at, updated_at) VALUES ('usr_o', 'o@example.com', 'owner', 1, 1)",
);

/** Everything in every table. */
async function everything(): Promise<unknown> {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'",
  ).all<{ name: string }>();
  const rows = await env.DB.batch(results.map(({ name }) => env.DB.prepare(`SELECT * FROM ${name}`)));
  return rows.map((row, at) => [results[at]?.name, row.results]);
}

describe("a guard", () => {
  const failing: [string, D1PreparedStatement[]][] = [
    ["unchanged", [unchanged(env.DB, "networks", { id: 1, version: 7 }, 7)]],
    ["last_owner", [ownerIsLeft(env.DB)]],
    ["last_owner_token", [env.DB.prepare("DELETE FROM api_tokens"), ownerOrTokenIsLeft(env.DB)]],
    ["group_cycle", [nest("grp_new", "grp_new"), noCycle(env.DB, null)]],
    ["group_cycle", [nest("grp_new", "grp_new"), noCycle(env.DB, "grp_new")]],
  ];
  test.each(failing)("named %s takes everything before and after it back", async (name, statements) => {
    const before = await everything();
    const around = [insertGroup("grp_new"), ...statements, insertGroup("grp_after")];
    const error = await env.DB.batch(around).catch((thrown: unknown) => thrown);
    expect(failedGuard(error)).toBe(name);
    expect(await everything()).toEqual(before);
  });

  test("that holds lets everything through", async () => {
    await env.DB.batch([
      insertGroup("grp_1"),
      insertGroup("grp_2"),
      nest("grp_1", "grp_2"),
      insertOwner,
      unchanged(env.DB, "networks", { id: 1, version: 1 }, 1),
      ownerIsLeft(env.DB),
      ownerOrTokenIsLeft(env.DB),
      noCycle(env.DB, null),
      noCycle(env.DB, "grp_1"),
    ]);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM groups").first("n")).toBe(2);
  });

  test("is no other error", async () => {
    const error = await env.DB.prepare("SELECT json('no')")
      .first()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(failedGuard(error)).toBeNull();
  });
});

test("a write whose guard fails leaves no row, no stored answer, and its key free", async () => {
  const effects = {
    event: { action: "test", target: "x", detail: {} },
    policies: true,
    userIds: [],
    ends: [],
  };
  const write = writeKey("token:x", "key-1", "request");
  const commitWith = (statements: D1PreparedStatement[]) =>
    commit(bindings, { actor: "token:x" }, write, { statements, effects, body: "done" }, 200, Date.now());
  const before = await everything();
  const refused = commitWith([
    insertGroup("grp_late"),
    unchanged(env.DB, "networks", { id: 1, version: 9 }, 9),
  ]);
  await expect(refused).rejects.toMatchObject({ refusal: { code: "precondition_failed" } });
  expect(await everything()).toEqual(before);
  expect(await commitWith([insertGroup("grp_late")])).toMatchObject({ status: 200, body: "done" });
  expect(await env.DB.prepare("SELECT count(*) AS n FROM groups WHERE id = 'grp_late'").first("n")).toBe(1);
});

test("an administrator who guesses the next ETag can't change someone who becomes an owner at that moment", async () => {
  await env.DB.prepare(
    "INSERT INTO users (id, email, created_at, updated_at) VALUES ('usr_heir', 'heir@example.com', 1, 1)",
  ).run();
  const attempt = async () => {
    const write = await USER_HANDLERS["users.update"]({
      bindings,
      params: { user: "heir@example.com" },
      body: { email: "mine@example.com" },
      query: {},
      caller: { role: "admin", user: null },
      ifMatch: 2,
      now: 1,
    } as Call<"users.update">);
    await env.DB.prepare("UPDATE users SET role = 'owner', version = 2 WHERE id = 'usr_heir'").run();
    const key = writeKey("token:y", null, "request");
    await commit(bindings, { actor: "token:y" }, key, write as Write, 200, Date.now());
  };
  await expect(attempt()).rejects.toMatchObject({ refusal: { code: "precondition_failed" } });
  const row = await env.DB.prepare("SELECT email, role FROM users WHERE id = 'usr_heir'").first();
  expect(row).toEqual({ email: "heir@example.com", role: "owner" });
});
