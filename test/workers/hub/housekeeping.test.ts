import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { expireUnused } from "../../../workers/hub/expire-unused.ts";
import { dropOld } from "../../../workers/hub/housekeeping.ts";
import { checkBindings } from "../../../workers/platform/env.ts";
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

test("a program that registered itself goes when nobody let it in for an hour, or used it for 100 days; others stay", async () => {
  const HOUR = DAY / 24;
  const client = (id: string, kind: string, madeAgo: number, usedAgo: number | null) =>
    env.DB.prepare(
      `INSERT INTO oauth_clients (id, name, kind, redirect_uris, created_at, updated_at, last_used_at)
       VALUES (?1, ?1, ?2, '[]', ?3, ?3, ?4)`,
    ).bind(id, kind, NOW - madeAgo, usedAgo === null ? null : NOW - usedAgo);
  await env.DB.batch([
    client("a nobody's", "self_registered", HOUR + 1, null),
    client("b nobody's, young", "self_registered", HOUR, null),
    client("c used long ago", "self_registered", 200 * DAY, 100 * DAY + 1),
    client("d used of late", "self_registered", 200 * DAY, 100 * DAY),
    client("e an administrator's", "registered", 200 * DAY, null),
  ]);
  await dropOld(env.DB, NOW);
  expect(await rows("id", "oauth_clients")).toEqual([
    "b nobody's, young",
    "d used of late",
    "e an administrator's",
  ]);
});

test("a service token that nobody used is disabled to the millisecond, and its history says so", async () => {
  const token = (name: string, unusedDays: number | null, madeAgo: number, usedAgo: number | null) =>
    env.DB.prepare(
      `INSERT INTO service_tokens (id, name, secret_hash, unused_days, last_used_at, created_at, updated_at)
       VALUES (?1, ?1, '', ?2, ?3, ?4, 1)`,
    ).bind(name, unusedDays, usedAgo === null ? null : NOW - usedAgo, NOW - madeAgo);
  await env.DB.batch([
    token("never used", 30, 30 * DAY, null),
    token("never used, young", 30, 30 * DAY - 1, null),
    token("used long ago", 30, 90 * DAY, 30 * DAY),
    token("used of late", 30, 90 * DAY, 30 * DAY - 1),
    token("may rest", null, 900 * DAY, null),
  ]);
  await expireUnused(checkBindings(env), NOW);
  const { results } = await env.DB.prepare(
    "SELECT name FROM service_tokens WHERE enabled = 0 ORDER BY 1",
  ).all();
  expect(results).toEqual([{ name: "never used" }, { name: "used long ago" }]);
  const history = await env.DB.prepare(
    "SELECT actor FROM history WHERE kind = 'serviceToken' AND name = 'never used' ORDER BY id DESC LIMIT 1",
  ).first();
  expect(history).toEqual({ actor: "system" });
});

test("requests and grants are closed when their time is over, and go long afterwards; unreviewed emergencies stay", async () => {
  const grant = (id: string, status: string, askedAgo: number, emergency = 0) =>
    env.DB.prepare(
      `INSERT INTO access_grants (id, user_id, app_id, actions, paths, seconds, reason, needed, emergency, digest, status,
         asked_at, lapses_at, since, until) VALUES (?1, 'usr_1', ?1, '[]', '[]', 60, '', 1, ?2, '', ?3, ?4, ?4 + 1, ?4, ?4 + 1)`,
    ).bind(id, emergency, status, NOW - askedAgo);
  const app = (id: string) =>
    env.DB.prepare(
      `INSERT INTO apps (id, name, title, host, segment_id, created_at, updated_at) VALUES (?1, ?1, '', ?1, 'seg_1', 1, 1)`,
    ).bind(id);
  const ids = ["a", "b", "c", "d", "e"];
  await env.DB.batch([
    env.DB.prepare("INSERT INTO segments (id, name, created_at, updated_at) VALUES ('seg_1', 's', 1, 1)"),
    ...ids.map(app),
    grant("a", "pending", 3 * DAY),
    grant("b", "granted", 3 * DAY),
    grant("c", "denied", 401 * DAY),
    grant("d", "expired", 401 * DAY, 1),
    grant("e", "denied", 399 * DAY),
  ]);
  await dropOld(env.DB, NOW);
  expect(await rows("id || ' ' || status", "access_grants")).toEqual([
    "a lapsed",
    "b expired",
    "d expired",
    "e denied",
  ]);
});
