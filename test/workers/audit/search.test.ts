import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { indexOlder } from "../../../durable-objects/audit/backfill.ts";
import { AUDIT_STEPS } from "../../../durable-objects/audit/schema.ts";
import { searchEntries } from "../../../durable-objects/audit/search.ts";
import { canonicalJson } from "../../../shared/audit/canonical.ts";
import { meaningOf } from "../../../shared/audit/meanings.ts";
import type { AuditEntry, AuditQuery, Named } from "../../../shared/audit/types.ts";
import { drawn, SEED } from "../../support/sample.ts";
import { applyRegistry } from "../registry.ts";
import { decision, event } from "./entries.ts";
import { type Log, openLog, stubOf } from "./open.ts";

type Filter = Omit<AuditQuery, "limit">;

const asked = (path: string, by: { email?: string; app?: string } = {}) => {
  const { facts } = decision(0);
  const email = by.email ?? "ann@example.com";
  return {
    appId: `app_${by.app ?? "wiki"}`,
    appName: by.app ?? "wiki",
    facts: {
      ...facts,
      principal: { ...facts.principal, id: `usr_${email.split("@")[0]}`, email },
      request: { ...facts.request, path },
    } as typeof facts,
  };
};
const part = (text: string): Named => ({ ids: [text], names: [], part: text });
const leavesOf = async (log: Log, query: Filter) =>
  (await log.query({ ...query, limit: 200 })).rows.map(({ leaf }) => leaf);

describe("U4: a search", () => {
  it("keeps an entry whose path or name holds half of a character, and finds it", async () => {
    const log = openLog("halves");
    const path = `/${"a".repeat(198)}😀`;
    await log.append([
      decision(0, asked(path)),
      decision(1, asked("/b", { email: "\ud83dann@example.com" })),
      decision(2, asked(path, { app: "half\ude00" })),
    ]);
    expect(await leavesOf(log, {})).toEqual([2, 1, 0]);
    expect(await leavesOf(log, { path: path.slice(0, 150) })).toEqual([2, 0]);
    expect(await leavesOf(log, { who: part("ann@example.com") })).toEqual([2, 1, 0]);
  });

  it("finds by person, app, path, outcome, reason, kind and time, newest first, page by page", async () => {
    const log = openLog("filters");
    await log.append([
      decision(0, asked("/admin/users")),
      event(1),
      decision(2, {
        ...asked("/admin", { email: "bob@example.com", app: "chat" }),
        decision: "deny",
        reason: "default_deny",
      }),
      event(3, { kind: "login", action: "login.success", target: "ses_1" }),
      decision(4, {
        ...asked("/administer", { email: "bob@example.com" }),
        decision: "deny",
        reason: "policy",
      }),
      event(5, {
        actor: "token:tok_1",
        person: { id: "usr_bob", email: "bob@example.com" },
        target: "usr_ann",
      }),
    ]);
    expect(await leavesOf(log, {})).toEqual([5, 4, 3, 2, 1, 0]);
    expect(await leavesOf(log, { kinds: ["admin", "login"] })).toEqual([5, 3, 1]);
    expect(await leavesOf(log, { kinds: ["decision", "login"] })).toEqual([4, 3, 2, 0]);
    expect(await leavesOf(log, { decision: "deny" })).toEqual([4, 2]);
    expect(await leavesOf(log, { decision: "allow" })).toEqual([0]);
    expect(await leavesOf(log, { app: { ids: ["app_chat"], names: [], part: null } })).toEqual([2]);
    expect(await leavesOf(log, { path: "/admin" })).toEqual([4, 2, 0]);
    expect(await leavesOf(log, { path: "/admin/" })).toEqual([0]);
    expect(await leavesOf(log, { path: "/nowhere" })).toEqual([]);
    expect(await leavesOf(log, { target: "ses_1" })).toEqual([3]);
    expect(await leavesOf(log, { since: 120_000, until: 240_000 })).toEqual([3, 2]);
    // Who acted, with their own hands or by a token, and to whom something was done.
    expect(await leavesOf(log, { who: part("bob") })).toEqual([5, 4, 2]);
    expect(await leavesOf(log, { who: { ids: ["usr_ann"], names: [], part: null } })).toEqual([5, 3, 1, 0]);
    expect(
      await leavesOf(log, { who: part("bob"), decision: "deny", path: "/admin", since: 200_000 }),
    ).toEqual([4]);

    const first = await log.query({ limit: 4 });
    expect(first).toMatchObject({ next: 2, searchedUntil: null });
    const second = await log.query({ limit: 4, cursor: first.next ?? 0 });
    expect(second.rows.map(({ leaf }) => leaf)).toEqual([1, 0]);
    expect(second.next).toBeNull();
    expect(await log.get("aud_3")).toMatchObject({ leaf: 3, entry: { action: "login.success" } });
  });

  it("U28: takes a part of an address, and words in place of codes", async () => {
    const log = openLog("words");
    await log.append([
      decision(0, { ...asked("/"), decision: "deny", reason: "default_deny" }),
      decision(1, { ...asked("/"), decision: "deny", reason: "invalid_credentials" }),
      event(2, { action: "policy.publish" }),
    ]);
    expect(await leavesOf(log, { reason: "no policy" })).toEqual([0]);
    expect(await leavesOf(log, { reason: "default_deny" })).toEqual([0]);
    expect(await leavesOf(log, { reason: "Published" })).toEqual([2]);
    expect(await leavesOf(log, { who: part("nn@exam") })).toEqual([1, 0]);
    // Nothing in what is asked is a pattern: a wildcard stands for itself.
    expect(await leavesOf(log, { who: part("%") })).toEqual([]);
    expect(await leavesOf(log, { path: "/%" })).toEqual([]);
  });

  it("finds what arrives late, by the time at which it was made", async () => {
    const log = openLog("late");
    await log.append([decision(100), decision(200), decision(3, { at: 60_000 * 3 + 59_999 })]);
    expect(await leavesOf(log, { since: 60_000 * 3, until: 60_000 * 4 })).toEqual([2]);
    expect(await leavesOf(log, { since: 60_000 * 200 })).toEqual([1]);
    expect(await leavesOf(log, { since: 60_000 * 201 })).toEqual([]);
  });

  it("finds what a reader who looks at every entry finds, whatever is asked", {
    timeout: 120_000,
  }, async () => {
    const log = openLog("oracle");
    const random = entriesBy(SEED, 600);
    for (let n = 0; n < random.length; n += 200) await log.append(random.slice(n, n + 200));
    await fc.assert(
      fc.asyncProperty(FILTER, fc.integer({ min: 1, max: 200 }), async (filter, limit) => {
        const expected = random.flatMap((entry, leaf) => (matches(entry, filter) ? [leaf] : [])).reverse();
        const found: number[] = [];
        let cursor: number | null = null;
        do {
          const page = await log.query({ ...filter, limit, ...(cursor === null ? {} : { cursor }) });
          found.push(...page.rows.map(({ leaf }) => leaf));
          cursor = page.next;
        } while (cursor !== null);
        expect(found).toEqual(expected);
      }),
      { seed: SEED, numRuns: drawn(60, 2_000) },
    );
  });
});

describe("U4: entries from before the search", () => {
  beforeAll(applyRegistry);

  it("are found once the log made them known, and until then the answer says so", async () => {
    const log = openLog("older");
    const start = 60_000 * Math.floor(Date.now() / 60_000) - 60_000 * 5_000;
    const old = Array.from({ length: 4_500 }, (_, n) =>
      decision(n, { ...asked(`/old/${n % 3}`), at: start + 60_000 * n }),
    );
    await runInDurableObject(stubOf("older"), (_object, { storage: { sql } }) => {
      for (const table of NEWEST_TABLES) sql.exec(`DROP TABLE ${table}`);
      sql.exec("DELETE FROM _migrations WHERE step > 0");
      sql.exec(AUDIT_STEPS[0] ?? "");
      for (const [leaf, entry] of old.entries())
        sql.exec(
          `INSERT INTO entries (leaf, id, at, kind, decision, app_id, user_id, text)
           VALUES (?, ?, ?, 'decision', 'allow', ?, 'usr_ann', ?)`,
          ...[leaf, entry.id, entry.at, entry.appId, canonicalJson(entry)],
        );
      sql.exec("INSERT INTO minutes SELECT at, 1, 1, 0, 0, 0 FROM entries");
      sql.exec("INSERT INTO nodes SELECT 0, max(leaf), x'00' FROM entries");
    });
    await evictDurableObject(stubOf("older"));
    const question = { path: "/old/1", limit: 200, until: start + 60_000 * 100 };
    await runInDurableObject(stubOf("older"), (_object, { storage: { sql } }) => {
      expect(searchEntries(sql, question)).toMatchObject({ rows: [], next: 4_500 });
      expect(indexOlder(sql)).toBe(true);
      expect(searchEntries(sql, question)).toMatchObject({
        rows: [],
        next: 2_500,
        searchedUntil: start + 60_000 * 2_500,
      });
      expect(searchEntries(sql, { path: "/old/1", limit: 1 }).rows[0]?.leaf).toBe(4_498);
    });
    // The object's alarm does the rest.
    await expect.poll(async () => (await log.query(question)).next, { timeout: 20_000 }).toBeNull();
    const found = await log.query(question);
    expect(found).toMatchObject({ next: null, searchedUntil: null });
    expect(found.rows).toHaveLength(33);
  });

  it("go with their texts, and so do the terms that nobody has any more", async () => {
    const log = openLog("forgotten");
    const now = Date.now();
    const year = 366 * 86_400_000;
    await log.append([
      decision(0, { ...asked("/once", { email: "gone@example.com" }), at: now - 2 * year }),
      decision(1, { ...asked("/often"), at: now - 2 * year }),
      decision(2, { ...asked("/often"), at: now }),
    ]);
    await runDurableObjectAlarm(stubOf("forgotten"));
    expect(await leavesOf(log, { path: "/o" })).toEqual([2]);
    await runInDurableObject(stubOf("forgotten"), (_object, { storage: { sql } }) => {
      const terms = sql.exec<{ text: string }>("SELECT text FROM terms ORDER BY text").toArray();
      expect(terms.map(({ text }) => text)).toEqual([
        "a:app_wiki wiki",
        "c:decision 1 policy",
        "p:/often",
        "u:usr_ann ann@example.com",
      ]);
    });
  });
});

const NEWEST_TABLES = [
  "entries",
  "nodes",
  "minutes",
  "checkpoints",
  "signing_key",
  "index_outbox",
  "facets",
  "terms",
  "unindexed",
  "deciders",
  "deciders_began",
  "hits",
  "unexplained",
];
const EMAILS = ["ann@example.com", "bob@example.com", "ann.bobson@example.org"];
const APPS = ["wiki", "chat"];
const PATHS = ["/", "/a", "/a/b", "/ab", "/a%b"];
const REASONS = ["policy", "default_deny", "origin_not_allowed"];
const ACTIONS = ["app.update", "user.create"];
const TARGETS = ["app_wiki", "usr_bob", "pol_1"];

function entriesBy(seed: number, count: number): AuditEntry[] {
  const pick = fc.record({
    isEvent: fc.boolean(),
    email: fc.constantFrom(...EMAILS),
    app: fc.constantFrom(...APPS),
    path: fc.constantFrom(...PATHS),
    reason: fc.constantFrom(...REASONS),
    action: fc.constantFrom(...ACTIONS),
    target: fc.constantFrom(...TARGETS),
    kind: fc.constantFrom("admin", "login", "system"),
    at: fc.integer({ min: 0, max: 3_600_000 }),
  });
  return fc.sample(pick, { seed, numRuns: count }).map((one, n) => {
    const id = `usr_${one.email.split("@")[0]}`;
    if (!one.isEvent) {
      const outcome = one.reason === "policy" ? "allow" : "deny";
      return decision(n, { ...asked(one.path, one), decision: outcome, reason: one.reason, at: one.at });
    }
    const person = { id, email: one.email };
    return event(n, {
      kind: one.kind as "admin",
      action: one.action,
      target: one.target,
      at: one.at,
      actor: `user:${id}`,
      person,
    });
  });
}

const optional = <T>(values: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: values });
const FILTER: fc.Arbitrary<Filter> = fc
  .record({
    kinds: optional(
      fc.uniqueArray(fc.constantFrom("decision", "admin", "login", "system"), { minLength: 1 }),
    ),
    decision: optional(fc.constantFrom("allow", "deny")),
    reason: optional(fc.constantFrom(...REASONS, ...ACTIONS, "no policy", "changed", "nothing says this")),
    who: optional(
      fc.constantFrom<Named>(
        part("bob"),
        part("ann"),
        part("zoe"),
        { ids: ["usr_bob"], names: [], part: null },
        { ids: [], names: ["ann@example.com"], part: null },
      ),
    ),
    app: optional(fc.constantFrom<Named>(part("wi"), { ids: ["app_chat"], names: ["chat"], part: null })),
    path: optional(fc.constantFrom("/", "/a", "/a/", "/z")),
    target: optional(fc.constantFrom(...TARGETS)),
    since: optional(fc.integer({ min: 0, max: 3_700_000 })),
    until: optional(fc.integer({ min: 0, max: 3_700_000 })),
  })
  // A path and a target are of different kinds of entries.
  .filter(({ path, target }) => path === undefined || target === undefined)
  .map(
    (record) =>
      Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Filter,
  );

/** The search said once more, entry by entry. */
function matches(entry: AuditEntry, filter: Filter): boolean {
  const isDecision = entry.kind === "decision";
  const word = isDecision ? entry.reason : entry.action;
  const person = isDecision
    ? {
        id: "id" in entry.facts.principal ? entry.facts.principal.id : "",
        name: "email" in entry.facts.principal ? entry.facts.principal.email : "",
      }
    : { id: entry.person?.id ?? "", name: entry.person?.email ?? "" };
  const app = isDecision
    ? { id: entry.appId, name: entry.appName }
    : { id: entry.target.startsWith("app_") ? entry.target : "", name: "" };
  const isNamed = ({ id, name }: { id: string; name: string }, { ids, names, part }: Named) =>
    (id !== "" && ids.includes(id)) || names.includes(name) || (part !== null && name.includes(part));
  return (
    (!filter.kinds || filter.kinds.includes(entry.kind)) &&
    (!filter.decision || (isDecision && entry.decision === filter.decision)) &&
    (filter.reason === undefined ||
      word.includes(filter.reason) ||
      meaningOf(word).includes(filter.reason)) &&
    (!filter.who || isNamed(person, filter.who) || (!isDecision && filter.who.ids.includes(entry.target))) &&
    (!filter.app || isNamed(app, filter.app)) &&
    (filter.path === undefined || (isDecision && entry.facts.request.path.startsWith(filter.path))) &&
    (filter.target === undefined || (!isDecision && entry.target === filter.target)) &&
    (filter.since === undefined || entry.at >= filter.since) &&
    (filter.until === undefined || entry.at < filter.until)
  );
}
