import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { type Held, worldOf } from "../../../shared/access/as-of.ts";
import { resourceOf } from "../../../shared/access/assess.ts";
import { compilePolicies, decide } from "../../../shared/access/policy/index.ts";
import { ACTIONS, type PrincipalFacts, type RequestFacts } from "../../../shared/access/policy/request.ts";
import { Reachability } from "../../../shared/access/reach.ts";
import type { Answer } from "../../../shared/api/endpoints.ts";
import { coordinatorObject } from "../../../workers/platform/objects.ts";
import { heldAt, heldNow, worldAt } from "../../../workers/registry/history.ts";
import { loadPrincipal } from "../../../workers/registry/principals.ts";
import { type Snapshot, snapshotAt } from "../../../workers/registry/snapshot.ts";
import { randomFrom } from "../../support/random.ts";
import { bySeed, drawn, SEED } from "../../support/sample.ts";
import { applyRegistry } from "../registry.ts";
import { bindings, call, createNetwork } from "./world.ts";

let token: string;
beforeAll(async () => {
  await applyRegistry();
  token = await createNetwork();
});

const random = randomFrom(SEED);
const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;

const EMAILS = ["ann@example.com", "bob@example.com", "cy@example.com"];
const GROUPS = ["staff", "ops", "sales"];
const APPS = ["wiki", "chat"];
const POLICIES = ["base", "extra"];
const SOURCES = [
  `permit (principal in Group::"staff", action, resource == App::"wiki");`,
  `permit (principal in Group::"ops", action, resource) when { resource.tags.contains("internal") };`,
  `permit (principal == User::"ann@example.com", action == Action::"read", resource);`,
  `forbid (principal, action, resource) when { context.request.path like "/admin*" };`,
  `permit (principal, action, resource in Segment::"main") when { principal is User && principal.emailVerified };`,
  `forbid (principal in Group::"sales", action == Action::"delete", resource);`,
];

/** One change by an administrator, at random. What is refused changes nothing, which is a case, too. */
const CHANGES: readonly (() => Promise<unknown>)[] = [
  () => write("POST", "/users", { email: pick(EMAILS), name: pick(["A", "B"]) }),
  () => edit(`/users/${pick(EMAILS)}`, { status: pick(["active", "disabled"]), name: pick(["A", "B"]) }),
  () => drop(`/users/${pick(EMAILS)}`),
  () => write("POST", "/groups", { name: pick(GROUPS) }),
  () => edit(`/groups/${pick(GROUPS)}`, { name: pick(GROUPS) }),
  () => drop(`/groups/${pick(GROUPS)}`),
  () => write("PUT", `/groups/${pick(GROUPS)}/members/user/${pick(EMAILS)}`),
  () => write("PUT", `/groups/${pick(GROUPS)}/members/group/${pick(GROUPS)}`),
  () => write("DELETE", `/groups/${pick(GROUPS)}/members/user/${pick(EMAILS)}`),
  () => write("POST", "/segments", { name: pick(["main", "side"]) }),
  () => edit("/segments/main", { description: pick(["a", "b"]) }),
  () => {
    const name = pick(APPS);
    return write("POST", "/apps", {
      ...{ name, host: `${name}.example.com`, segment: "main" },
      upstreams: ["https://u.example.net"],
    });
  },
  () => edit(`/apps/${pick(APPS)}`, { tags: pick([[], ["internal"]]), enabled: pick([true, true, false]) }),
  () =>
    edit(`/apps/${pick(APPS)}`, {
      settings: { anonymous: pick([true, false]) },
      segment: pick(["main", "side"]),
    }),
  () => drop(`/apps/${pick(APPS)}`),
  () => write("POST", "/policies", { name: pick(POLICIES), source: pick(SOURCES) }),
  () => publish(`/policies/${pick(POLICIES)}`, pick(SOURCES)),
  () => edit(`/policies/${pick(POLICIES)}`, { enabled: pick([true, false]), name: pick(POLICIES) }),
  () => drop(`/policies/${pick(POLICIES)}`),
  () => write("POST", "/service-tokens", { name: "ci", groups: [pick(GROUPS)] }),
  () => edit("/service-tokens/ci", { groups: [pick(GROUPS)], enabled: pick([true, false]) }),
  () => drop("/service-tokens/ci"),
  // Sign-ins and providers: what no administrator writes, and what would ask the provider itself.
  () =>
    env.DB.prepare(
      `INSERT INTO identities (id, user_id, provider_id, subject, groups, created_at, updated_at)
       SELECT 'idn_' || id, id, 'idp_1', id, ?1, 1, 1 FROM users WHERE email = ?2
       ON CONFLICT (id) DO UPDATE SET groups = ?1`,
    )
      .bind(JSON.stringify([pick(GROUPS)]), pick(EMAILS))
      .run(),
  () =>
    env.DB.prepare("UPDATE identity_providers SET enabled = ?")
      .bind(pick([0, 1]))
      .run(),
];

const write = (method: string, path: string, body?: unknown) =>
  call(token, method, path, body === undefined ? {} : { body });
const drop = (path: string) => versioned("DELETE", path);
const edit = (path: string, body: unknown) => versioned("PATCH", path, body);
const publish = (path: string, source: string) => versioned("POST", path, { source }, "/versions");

async function versioned(method: string, path: string, body?: unknown, below = "") {
  const { json } = await call(token, "GET", path);
  const headers = { "if-match": `"${json.version ?? 1}"` };
  return call(token, method, path + below, { headers, ...(body === undefined ? {} : { body }) });
}

/** What the gateway knows at this moment, by its own loaders. */
async function live(): Promise<{ principals: PrincipalFacts[]; snapshot: Snapshot }> {
  const { results } = await env.DB.prepare("SELECT id FROM users ORDER BY id").all<{ id: string }>();
  const users = await Promise.all(results.map(({ id }) => loadPrincipal(env.DB, id)));
  const principals = users.flatMap((user) => {
    if (user?.status !== "active") return [];
    const { userId: id, email, emailVerified, name, groups } = user;
    return [{ type: "User" as const, id, email, emailVerified, name, groups }];
  });
  return { principals, snapshot: await snapshotAt(bindings, await coordinatorObject(bindings).epoch()) };
}

const moments: { at: number; was: Awaited<ReturnType<typeof live>> }[] = [];

test(`what was at each moment of a history is put together as the gateway knew it (${bySeed})`, {
  timeout: 300_000,
}, async () => {
  await env.DB.prepare(
    `INSERT INTO identity_providers (id, name, issuer, client_id, created_at, updated_at)
     VALUES ('idp_1', 'main', 'https://idp.example', 'rn', 1, 1)`,
  ).run();
  for (const first of [0, 0, 3, 3, 3, 9, 11, 15]) await CHANGES[first]?.();
  for (const name of ["staff", "ops"]) await write("POST", "/groups", { name });
  await write("PUT", "/groups/staff/members/group/ops");
  for (let n = 0; n < drawn(25, 400); n++) {
    await pick(CHANGES)();
    moments.push({ at: Date.now(), was: await live() });
    const held = await heldNow(env.DB);
    expect(heldSet(held)).toEqual(heldSet(await heldAt(env.DB, Date.now())));
    for (const person of worldOf(held, 0).users) {
      const alone = worldOf(await heldNow(env.DB, person.id), 0);
      expect(alone).toEqual({ ...worldOf(held, 0), users: [person] });
    }
    await afterMillisecond();
  }
  for (const { at, was } of moments) await compare(at, was);
});

const heldSet = (held: readonly Held[]) => new Set(held.map((one) => JSON.stringify(one)));

/** The next change is later than what was seen, also by a clock of milliseconds. */
async function afterMillisecond(): Promise<void> {
  const seen = Date.now();
  while (Date.now() <= seen) await env.DB.prepare("SELECT 1").run();
}

async function compare(
  at: number,
  { principals, snapshot }: Awaited<ReturnType<typeof live>>,
): Promise<void> {
  const { world, statements } = await worldAt(env.DB, at);
  const active = world.users
    .filter(({ isActive }) => isActive)
    .map(({ isActive: _, role: _role, ...user }) => user);
  expect(byId(active)).toEqual(byId(principals));
  const served = world.apps.filter(({ enabled }) => enabled);
  expect(
    byId(
      served.map(({ id, ...app }) => ({
        ...{ id, host: app.host, hosts: app.hosts, ...resourceOf(app) },
        anonymous: app.anonymous,
      })),
    ),
  ).toEqual(
    byId(
      snapshot.apps.map((app) => ({
        id: app.id,
        host: app.host,
        hosts: app.hosts,
        ...resourceOf(app),
        anonymous: app.settings.anonymous,
      })),
    ),
  );
  expect(world.serviceTokens.map(({ name, groups, isGood }) => ({ name, groups, isGood }))).toEqual(
    snapshot.serviceTokens.map(({ name, groups, enabled }) => ({ name, groups, isGood: enabled })),
  );
  const compiled = compilePolicies(statements, world.registered);
  const reach = new Reachability(statements, world.registered, at);
  for (const app of served) {
    const told = reach.ofApp(app, principals);
    for (const [n, principal] of principals.entries()) {
      for (const action of ACTIONS) {
        for (const path of ["/", "/admin/x"]) {
          const facts: RequestFacts = {
            ...{ principal, action, resource: resourceOf(app), device: null, risk: 0, now: at },
            request: { method: "GET", host: app.host, path },
            network: { ip: null, country: null, asn: null },
            authentication: { provider: "idp_1", acr: null, amr: [], ageSeconds: 0 },
          };
          const { decision, determining } = decide(snapshot.policies, facts);
          expect(decide(compiled, facts)).toMatchObject({ decision, determining });
          const { answer } = told[n]?.actions[action] ?? { answer: "depends" };
          if (answer !== "depends") expect(decision).toBe(answer === "yes" ? "allow" : "deny");
        }
      }
    }
  }
}

const byId = <T extends object>(items: readonly T[]) =>
  [...items].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
const idOf = (item: object): string => ("id" in item ? String(item.id) : "");

test("the answers name people, versions and conditions, and say what is not known", async () => {
  const last = moments.at(-1)?.at ?? 0;
  const before = await call(token, "GET", `/reach/apps/wiki?at=${last - 86_400_000}`);
  expect([before.status, before.json.code]).toEqual([422, "not_recorded"]);
  expect(before.json.detail).toContain("is not known");
  const later = await call(token, "GET", `/reach/apps/wiki?at=${last + 86_400_000}`);
  expect(later.json.code).toBe("invalid_input");
  expect((await call(token, "GET", "/reach/apps/nowhere")).json.code).toBe("not_found");
  expect((await call(token, "GET", "/reach/users/nobody@example.com")).json.code).toBe("not_found");
});

test("who is within reach comes page by page, all of them as of the moment of the first", async () => {
  // What chance left of the first test's policies may let people in here, too.
  for (const name of POLICIES) await drop(`/policies/${name}`);
  const people = ["dee@example.com", "eve@example.com", "fay@example.com"];
  await write("POST", "/segments", { name: "paged" });
  await write("POST", "/apps", {
    ...{ name: "paged", host: "paged.example.com", segment: "paged" },
    upstreams: ["https://u.example.net"],
  });
  for (const email of people) await write("POST", "/users", { email, name: "Paged" });
  const source = `permit (principal, action, resource == App::"paged") when { principal is User };`;
  await write("POST", "/policies", { name: "paged", source });
  await afterMillisecond();
  const reach = async (query: string, of = "apps/paged") =>
    (await call(token, "GET", `/reach/${of}?${query}`)).json as unknown as Answer<"reach.app">;
  const whole = await reach("limit=200");
  expect(whole).toMatchObject({ total: whole.items.length, next: null, policies: [{ name: "paged" }] });
  const names = whole.items.map(({ name }) => name);
  expect(names).toEqual([...names].sort());
  expect(names).toEqual(expect.arrayContaining(people));

  const first = await reach("limit=1");
  const items = [...first.items];
  await afterMillisecond();
  await drop("/users/fay@example.com");
  for (let next = first.next; next !== null; ) {
    const page = await reach(`limit=1&cursor=${next}`);
    expect(page).toMatchObject({ at: first.at, total: whole.total, items: [{}] });
    items.push(...page.items);
    next = page.next;
  }
  expect(items).toEqual(whole.items);
  expect((await reach("")).total).toBe(whole.total - 1);

  const apps = await reach("limit=200", "users/dee@example.com");
  expect(apps.items.map(({ name }) => name)).toContain("paged");
  expect(apps).toMatchObject({ total: apps.items.length, next: null });
  expect((await reach("limit=1", "users/dee@example.com")).items).toEqual(apps.items.slice(0, 1));
  expect(await reach("cursor=bm9wZQ")).toMatchObject({ code: "invalid_input" });
});

test("a person whom only a living grant lets in is within reach, with the grant and its end", async () => {
  await write("POST", "/segments", { name: "granted" });
  await write("POST", "/apps", {
    ...{ name: "granted", host: "granted.example.com", segment: "granted" },
    upstreams: ["https://u.example.net"],
    settings: { grantAskers: ["user:gus@example.com"], grantApprovers: ["user:dee@example.com"] },
  });
  await write("POST", "/users", { email: "gus@example.com" });
  const idOf = async (path: string) => String((await call(token, "GET", path)).json.id);
  const [user, app] = [await idOf("/users/gus@example.com"), await idOf("/apps/granted")];
  const now = Date.now();
  const grant = (id: string, until: number, paths: string) =>
    env.DB.prepare(
      `INSERT INTO access_grants (id, user_id, app_id, actions, paths, seconds, reason, needed, emergency, digest, status,
         asked_at, lapses_at, since, until) VALUES (?, ?, ?, '["read"]', ?, 60, 'r', 1, 0, '', 'granted', 1, 2, ?, ?)`,
    ).bind(id, user, app, paths, now - 10_000, until);
  await env.DB.batch([
    grant("grt_1", now + 600_000, "[]"),
    grant("grt_2", now - 1, "[]"),
    grant("grt_3", now + 900_000, '["/reports/*"]'),
  ]);
  await afterMillisecond();
  const read = async (path: string) =>
    (await call(token, "GET", path)).json as unknown as Answer<"reach.app"> | Answer<"reach.user">;
  for (const path of ["/reach/apps/granted", "/reach/users/gus@example.com"]) {
    const item = (await read(path)).items.find(({ name }) => ["granted", "gus@example.com"].includes(name));
    expect(item).toMatchObject({
      answer: "yes",
      actions: {
        read: { answer: "yes", by: expect.arrayContaining(["grant:grt_1"]) },
        write: { answer: "no" },
      },
    });
    expect(item?.grants.map(({ id, until }) => [id, until]).sort()).toEqual([
      ["grt_1", now + 600_000],
      ["grt_3", now + 900_000],
    ]);
  }
  const at = `?at=${Date.now()}`;
  await afterMillisecond();
  await env.DB.prepare("UPDATE access_grants SET status = 'revoked' WHERE id = 'grt_1'").run();
  await afterMillisecond();
  const after = (await read("/reach/apps/granted")).items.find(({ name }) => name === "gus@example.com");
  expect(after).toMatchObject({ answer: "depends", grants: [{ id: "grt_3" }] });
  const before = (await read(`/reach/apps/granted${at}`)).items.find(
    ({ name }) => name === "gus@example.com",
  );
  expect(before).toMatchObject({ answer: "yes" });
  await call(token, "GET", "/apps/granted").then(({ json }) =>
    call(token, "PATCH", "/apps/granted", {
      body: { settings: { grantAskers: [] } },
      headers: { "If-Match": `"${json.version}"` },
    }),
  );
  await afterMillisecond();
  expect((await read("/reach/apps/granted")).items).toEqual([]);
});

test("who may request access is said of an app that nobody reaches, and of a person, as it was then", async () => {
  await write("POST", "/segments", { name: "asked" });
  const settings = {
    grantAskers: ["group:oncall"],
    grantApprovers: ["user:dee@example.com"],
    emergencyAskers: ["user:eve@example.com"],
  };
  await write("POST", "/apps", {
    ...{ name: "asked", host: "asked.example.com", segment: "asked", settings },
    upstreams: ["https://u.example.net"],
  });
  for (const email of ["nia@example.com", "eve@example.com"]) await write("POST", "/users", { email });
  for (const name of ["oncall", "night"]) await write("POST", "/groups", { name });
  await write("PUT", "/groups/oncall/members/group/night");
  await write("PUT", "/groups/night/members/user/nia@example.com");
  await afterMillisecond();
  const of = async (path: string) => (await call(token, "GET", `/reach/${path}`)).json;
  const app = async (at = "") => (await of(`apps/asked${at}`)) as unknown as Answer<"reach.app">;
  const mayRequest = async (email: string) =>
    ((await of(`users/${email}`)) as unknown as Answer<"reach.user">).user.mayRequest;
  const { grantAskers, emergencyAskers } = settings;
  expect((await app()).app).toMatchObject({ grantAskers, emergencyAskers });
  expect(await mayRequest("nia@example.com")).toEqual(["asked"]);
  expect(await mayRequest("eve@example.com")).toEqual(["asked"]);
  expect(await mayRequest("gus@example.com")).not.toContain("asked");
  const then = `?at=${Date.now()}`;
  await afterMillisecond();
  await edit("/apps/asked", { settings: { grantAskers: [], emergencyAskers: [] } });
  await afterMillisecond();
  expect((await app()).app).toMatchObject({ grantAskers: [], emergencyAskers: [] });
  expect((await app(then)).app).toMatchObject({ grantAskers, emergencyAskers });
  expect(await mayRequest("nia@example.com")).toEqual([]);
});
