import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { dropOld } from "../../../workers/hub/housekeeping.ts";
import { applyRegistry } from "../registry.ts";

beforeAll(applyRegistry);

const DAY = 86_400_000;
const NOW = 1_000 * DAY;

const rows = async (column: string, table: string) =>
  (
    await env.DB.prepare(`SELECT ${column} AS value FROM ${table} ORDER BY 1`).all<{ value: unknown }>()
  ).results.map(({ value }) => value);

test("old rows go, young ones and writes that are not done stay", async () => {
  const answer = (key: string, status: number, age: number) =>
    env.DB.prepare(
      "INSERT INTO idempotency_keys (key, request_hash, status, body, created_at) VALUES (?, '', ?, '', ?)",
    ).bind(key, status, NOW - age);
  const leaf = (number: number, age: number) =>
    env.DB.prepare(
      "INSERT INTO audit_index (leaf, at, kind, actor, action, target) VALUES (?, ?, 'admin', '', '', '')",
    ).bind(number, NOW - age);
  const session = (id: string, expiresAgo: number) =>
    env.DB.prepare(
      "INSERT INTO sessions_index (id, kind, owner, user_id, created_at, expires_at) VALUES (?, 'app', 'o', 'usr_1', 1, ?)",
    ).bind(id, NOW - expiresAgo);
  await env.DB.batch([
    env.DB.prepare(
      "INSERT INTO users (id, email, created_at, updated_at) VALUES ('usr_1', 'a@b.example', 1, 1)",
    ),
    answer("a old", 200, DAY + 1),
    answer("b young", 200, DAY - 1),
    answer("c not done", 0, 300 * DAY),
    leaf(1, 401 * DAY),
    leaf(2, 399 * DAY),
    session("ses_a", 91 * DAY),
    session("ses_b", 89 * DAY),
    session("ses_c", -DAY),
  ]);
  await dropOld(env.DB, NOW);
  expect(await rows("key", "idempotency_keys")).toEqual(["b young", "c not done"]);
  expect(await rows("leaf", "audit_index")).toEqual([2]);
  expect(await rows("id", "sessions_index")).toEqual(["ses_b", "ses_c"]);
});
