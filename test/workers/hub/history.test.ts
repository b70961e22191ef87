import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { EventEntry } from "../../../shared/audit/types.ts";
import { auditObject } from "../../../workers/platform/objects.ts";
import { applyRegistry } from "../registry.ts";
import { bindings, call, createNetwork } from "./world.ts";

let token: string;
let ownerToken: string;
let alice: string;
beforeAll(async () => {
  await applyRegistry();
  token = await createNetwork();
  const { json } = await post("/users", { email: "alice@example.com", role: "owner" });
  alice = String(json.id);
  const made = await post("/api-tokens", { name: "hers", role: "owner" });
  await env.DB.prepare("UPDATE api_tokens SET user_id = ? WHERE name = 'hers'").bind(alice).run();
  ownerToken = String(made.json.secret);
  await post("/segments", { name: "main" });
});

const post = (path: string, body: unknown, by = token) => call(by, "POST", path, { body });
const change = (
  path: string,
  version: number,
  body: unknown,
  by = token,
  headers: Record<string, string> = {},
) => call(by, "PATCH", path, { body, headers: { "if-match": `"${version}"`, ...headers } });
const remove = (path: string, version: number) =>
  call(token, "DELETE", path, { headers: { "if-match": `"${version}"` } });

/** The newest entries of the log about something. */
const entriesOf = async (target: string) =>
  (await auditObject(bindings).query({ target, limit: 50 })).rows.map(({ entry }) => entry as EventEntry);

interface Item {
  readonly entry: string | null;
  readonly person: string | null;
  readonly note: string | null;
  readonly things: {
    kind: string;
    name: string;
    change: string;
    fields: { field: string; before: unknown; after: unknown }[];
  }[];
}
const historyOf = async (query: string) =>
  (await call(token, "GET", `/history?${query}`)).json as unknown as {
    items: Item[];
    next: string | null;
    names: Record<string, string>;
  };

describe("U3: the provable log", () => {
  test("says what each field was before and is after, who did it behind a token, and why", async () => {
    const { json: bob } = await post("/users", { email: "bob@example.com" });
    await change(`/users/${bob.id}`, 1, { role: "owner" }, ownerToken, {
      "x-rustronaut-note": encodeURIComponent("on call für März"),
    });
    const [entry] = await entriesOf(String(bob.id));
    expect(entry).toMatchObject({
      actor: expect.stringMatching(/^token:tok_/),
      person: { id: alice, email: "alice@example.com" },
      note: "on call für März",
      action: "user.update",
      detail: {
        changes: [
          { kind: "user", target: bob.id, name: "bob@example.com", fields: { role: [null, "owner"] } },
        ],
      },
    });
    const { items } = await historyOf("kind=user&name=bob@example.com");
    expect(items[0]).toMatchObject({
      entry: entry?.id,
      person: "alice@example.com",
      note: "on call für März",
    });
    expect(items[0]?.things[0]?.fields).toEqual([{ field: "role", before: null, after: "owner" }]);
  });

  test("looks into an app's settings, and tells of its upstreams", async () => {
    const body = {
      name: "wiki",
      host: "wiki.example.com",
      segment: "main",
      upstreams: ["https://10.example.net"],
    };
    const { json: app } = await post("/apps", body);
    await change("/apps/wiki", 1, {
      settings: { anonymous: true },
      upstreams: ["https://10.example.net", "https://11.example.net"],
    });
    const [entry] = await entriesOf(String(app.id));
    expect(entry?.detail.changes).toEqual([
      { kind: "app", target: app.id, name: "wiki", fields: { "settings.anonymous": [false, true] } },
      {
        kind: "upstream",
        target: app.id,
        other: "https://11.example.net",
        name: "https://11.example.net",
        fields: { position: [null, 1], url: [null, "https://11.example.net"] },
      },
    ]);
  });

  test("holds a policy's text, or its hash where it is long; versions outlive the policy", async () => {
    const source = 'permit (principal, action, resource == App::"wiki");';
    const { json: policy } = await post("/policies", { name: "wiki", source, note: "first" });
    const [created] = await entriesOf(String(policy.id));
    expect(created).toMatchObject({
      note: "first",
      detail: { changes: [{ fields: { source: [null, source] } }] },
    });
    const long = `${source}\n// ${"x".repeat(5_000)}`;
    await call(token, "POST", "/policies/wiki/versions", {
      body: { source: long },
      headers: { "if-match": '"1"' },
    });
    await change("/policies/wiki", 2, { enabled: false });
    const [disabled, published] = await entriesOf(String(policy.id));
    expect(disabled).toMatchObject({ detail: { changes: [{ fields: { enabled: [true, false] } }] } });
    expect(published).toMatchObject({
      detail: {
        changes: [
          {
            fields: {
              currentVersion: [1, 2],
              source: [source, { characters: expect.any(Number), sha256: expect.any(String) }],
            },
          },
        ],
      },
    });
    expect((await remove("/policies/wiki", 3)).status).toBe(204);
    const { items } = await historyOf("kind=policy&name=wiki");
    expect(items.map(({ things }) => things[0]?.change)).toEqual([
      "deleted",
      "changed",
      "changed",
      "created",
    ]);
    const fields = items[0]?.things[0]?.fields ?? [];
    expect(fields.find(({ field }) => field === "source")).toEqual({
      field: "source",
      before: long,
      after: null,
    });
  });

  test("names secrets and never shows them", async () => {
    const { json } = await post("/service-tokens", { name: "ci" });
    const [{ detail }] = (await entriesOf(String((json.serviceToken as { id: string }).id))) as [EventEntry];
    const { results } = await env.DB.prepare("SELECT secret_hash FROM service_tokens").all<{
      secret_hash: string;
    }>();
    const text = JSON.stringify([detail, await historyOf("kind=serviceToken")]);
    for (const hidden of [String(json.secret), results[0]?.secret_hash ?? "?"])
      expect(text).not.toContain(hidden);
  });

  test("tells the whole of a large change, in as many entries as it needs", async () => {
    const users = Array.from({ length: 120 }, (_, n) => ({
      email: `u${n}@example.com`,
      name: "x".repeat(60),
    }));
    const document = { version: 1, users };
    const planned = await post("/network/plan", { document, prune: false });
    const { baseVersion } = planned.json;
    const applied = await post("/network/apply", { document, prune: false, baseVersion });
    expect(applied.status).toBe(200);
    const entries = (await auditObject(bindings).query({ reason: "network.apply", limit: 50 })).rows;
    const changes = entries.flatMap(
      ({ entry }) => (entry as EventEntry).detail.changes as { name: string }[],
    );
    expect(new Set(changes.map(({ name }) => name))).toEqual(new Set(users.map(({ email }) => email)));
    expect(entries.length).toBeGreaterThan(1);
    expect((await historyOf("kind=user&name=u7@example.com")).items).toMatchObject([
      { entry: expect.stringMatching(/^aud_/), things: [{ name: "u7@example.com", change: "created" }] },
    ]);
  });

  test("says of a group who came and went, on both pages", async () => {
    await post("/groups", { name: "ops" });
    await call(token, "PUT", "/groups/ops/members/user/alice@example.com");
    await call(token, "DELETE", "/groups/ops/members/user/alice@example.com");
    for (const query of ["kind=group&name=ops", "kind=user&name=alice@example.com"]) {
      const { items, names } = await historyOf(query);
      const told = items.flatMap(({ things }) => things).filter(({ kind }) => kind === "membership");
      expect(
        told.map((thing) => thing.change),
        query,
      ).toEqual(["deleted", "created"]);
      expect(names[alice]).toBe("alice@example.com");
    }
  });

  test("refuses a note that is none", async () => {
    const bad = await change(`/users/${alice}`, 1, { name: "A" }, token, { "x-rustronaut-note": "a%0Ab" });
    expect([bad.status, bad.json.code]).toEqual([400, "malformed_request"]);
  });
});
