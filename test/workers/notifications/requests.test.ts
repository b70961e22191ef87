import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { applyRegistry } from "../registry.ts";
import { bindings, startWorld } from "./world.ts";

/** Who is told of a request for access. */

let world: Awaited<ReturnType<typeof startWorld>>;
beforeAll(async () => {
  await applyRegistry();
  world = await startWorld();
});
beforeEach(async () => {
  await env.DB.batch([
    env.DB.prepare("DELETE FROM notification_destinations"),
    env.DB.prepare("DELETE FROM nodes"),
  ]);
  world.reset();
});

describe("a request for access", () => {
  const person = (id: string, email: string) =>
    env.DB.prepare("INSERT INTO users (id, email, created_at, updated_at) VALUES (?, ?, 1, 1)").bind(
      id,
      email,
    );
  const to = () =>
    world
      .to("mail.example")
      .map(({ body }) => JSON.parse(body).to?.[0] ?? JSON.parse(body).to)
      .sort();

  it("is told to the app's approvers by mail, once, also where no administrator is told; not to who asks", async () => {
    const approvers = '["group:oncall","user:ann@example.com"]';
    await env.DB.batch([
      ...["ann", "bea", "cid", "dan"].map((name) => person(`usr_${name}`, `${name}@example.com`)),
      env.DB.prepare("UPDATE users SET status = 'disabled' WHERE id = 'usr_dan'"),
      env.DB.prepare(
        "INSERT INTO groups (id, name, created_at, updated_at) VALUES ('grp_1', 'oncall', 1, 1)",
      ),
      ...["bea", "cid", "dan"].map((name) =>
        env.DB.prepare(
          "INSERT INTO group_members (group_id, member_kind, member_id, created_at) VALUES ('grp_1', 'user', ?, 1)",
        ).bind(`usr_${name}`),
      ),
      env.DB.prepare("INSERT INTO segments (id, name, created_at, updated_at) VALUES ('seg_g', 'g', 1, 1)"),
      env.DB.prepare(
        `INSERT INTO apps (id, name, title, host, segment_id, settings, created_at, updated_at)
         VALUES ('app_g', 'g', 'Ledger', 'g.example.com', 'seg_g', ?, 1, 1)`,
      ).bind(`{"grantAskers":["group:oncall"],"grantApprovers":${approvers}}`),
      env.DB.prepare(
        `INSERT INTO access_grants (id, user_id, app_id, actions, paths, seconds, reason, needed, emergency, digest, status,
           asked_at, lapses_at) VALUES ('grt_x', 'usr_cid', 'app_g', '[]', '[]', 3600, 'Look at row 7', 1, 0, '', 'pending', 1, ?)`,
      ).bind(Date.now() + 86_400_000),
    ]);
    world.answers.set("mail.example", () => new Response("no", { status: 500 }));
    await world.run();
    expect(to()).toHaveLength(2);
    world.reset();
    await world.run();
    expect(to()).toEqual(["ann@example.com", "bea@example.com"]);
    const [mail] = world.to("mail.example").map(({ body }) => JSON.parse(body));
    expect(mail.subject).toBe("cid@example.com requests access to Ledger");
    expect(mail.text).toContain("> Look at row 7");
    expect(mail.text).toContain(`${bindings.authOrigin}/.rustronaut/grants/grt_x`);
    await world.run();
    expect(to()).toHaveLength(2);
  });
});
