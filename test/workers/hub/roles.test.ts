import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { applyRegistry } from "../registry.ts";
import { call, createNetwork } from "./world.ts";

let owner: string;
let admin: string;
const ids: Record<string, string> = {};

beforeAll(async () => {
  await applyRegistry();
  owner = await createNetwork();
  const made = await call(owner, "POST", "/api-tokens", { body: { name: "admin", role: "admin" } });
  admin = String(made.json.secret);
  for (const role of ["owner", "admin", "auditor", null]) {
    const name = role ?? "nobody";
    const user = await call(owner, "POST", "/users", { body: { email: `${name}@example.com`, role } });
    ids[name] = String(user.json.id);
  }
});

async function change(token: string, name: string, body: Record<string, unknown> | null) {
  const { json } = await call(owner, "GET", `/users/${ids[name]}`);
  const headers = { "if-match": `"${json.version}"` };
  const { status } =
    body === null
      ? await call(token, "DELETE", `/users/${ids[name]}`, { headers })
      : await call(token, "PATCH", `/users/${ids[name]}`, { body, headers });
  return status;
}

describe("an administrator who is no owner", () => {
  test.each(["owner", "admin", "auditor"])(
    "changes nothing about an %s: an address is a way to sign in",
    async (name) => {
      const bodies = [
        { email: "taken@example.com" },
        { name: "Other" },
        { status: "disabled" },
        { role: null },
        null,
      ];
      for (const body of bodies) expect(await change(admin, name, body), JSON.stringify(body)).toBe(403);
      expect(await change(owner, name, { name: "Named by an owner" })).toBe(200);
    },
  );

  test("changes and removes who has no role, and gives none", async () => {
    expect(await change(admin, "nobody", { role: "auditor" })).toBe(403);
    expect(await change(admin, "nobody", { email: "somebody@example.com" })).toBe(200);
    expect(await change(admin, "nobody", { email: "nobody@example.com" })).toBe(200);
  });

  test("sets and clears everybody's risk but that of owners, whom it would lock out", async () => {
    const of = (name: string) => `/users/${ids[name]}/risk`;
    const set = async (token: string, name: string, score: number) =>
      (await call(token, "PUT", of(name), { body: { score } })).status;
    expect([await set(admin, "nobody", 95), await set(admin, "owner", 95)]).toEqual([200, 403]);
    expect(await set(owner, "owner", 40)).toBe(200);
    expect((await call(admin, "DELETE", of("owner"))).status).toBe(403);
    expect((await call(admin, "GET", of("owner"))).json).toMatchObject({ score: 40 });
    expect((await call(owner, "PUT", of("owner"), { body: { score: 101 } })).status).toBe(422);
    expect((await call(owner, "DELETE", of("owner"))).json).toMatchObject({ score: 0, signals: [] });
  });

  test("and only so many programs may speak of one person, each once", async () => {
    const say = async (source: string, score: number) =>
      (await call(admin, "PUT", `/users/${ids.nobody}/risk`, { body: { score, source } })).status;
    for (let n = 0; n < 15; n++) expect(await say(`engine-${n}`, 5)).toBe(200);
    expect([await say("engine-0", 6), await say("one-more", 5), await say("one-more", 0)]).toEqual([
      200, 409, 200,
    ]);
    const listed = (await call(admin, "GET", "/risk")).json.items as { signals: unknown[] }[];
    expect(listed.map(({ signals }) => signals.length)).toEqual([16]);
  });

  test("ends everybody's sessions but those of owners", async () => {
    const session = (name: string) =>
      `ses_01jd00000000000000000000${name.length.toString().padStart(2, "0")}`;
    for (const name of ["owner", "nobody"]) {
      await env.DB.prepare(
        `INSERT INTO sessions_index (id, kind, owner, user_id, created_at, expires_at)
         VALUES (?, 'app', 'seg_01jd0000000000000000000000/weur/0', ?, 1, ?)`,
      )
        .bind(session(name), ids[name], Date.now() + 60_000)
        .run();
    }
    const kill = async (token: string, name: string) =>
      (await call(token, "DELETE", `/sessions/${session(name)}`)).status;
    const killAll = async (token: string, body: object) =>
      (await call(token, "POST", "/sessions/kill", { body })).status;
    expect(await kill(admin, "owner")).toBe(403);
    expect(await killAll(admin, { by: "user", user: ids.owner })).toBe(403);
    expect(await killAll(admin, { by: "app", app: "hub" })).toBe(403);
    expect(await kill(admin, "nobody")).toBe(200);
    expect(await killAll(admin, { by: "user", user: ids.admin })).toBe(200);
    expect(await kill(owner, "owner")).toBe(200);
    expect(await killAll(owner, { by: "app", app: "hub" })).toBe(200);
  });
});
