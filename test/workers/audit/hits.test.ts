import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { EXPLAIN_WITHIN_MS, type Hit } from "../../../shared/audit/hits.ts";
import { applyRegistry } from "../registry.ts";
import { decision } from "./entries.ts";
import { openLog, stubOf } from "./open.ts";

/** What agents passed on to private apps is held against the decisions of the gateway. */

const NOW = Date.UTC(2026, 10, 30, 12);
const entry = (n: number, change = {}) => decision(n, { at: NOW, ...change });
const hit = (n: number, change: Partial<Hit> = {}): Hit => ({
  ...{ decision: `dec_${n}`, app: "app_wiki", caller: "usr_ann", method: "GET", at: NOW + 20 },
  ...change,
});

beforeAll(applyRegistry);
beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function alarmsOf(name: string) {
  const { rows } = await openLog(name).query({ reason: "connector.unexplained_hits", limit: 50 });
  return rows.map(({ entry }) => entry);
}

/** The time is over in which a decision may still come. */
async function afterwards(name: string): Promise<void> {
  vi.setSystemTime(Date.now() + EXPLAIN_WITHIN_MS + 1);
  await runDurableObjectAlarm(stubOf(name));
}

describe("a hit that an agent reports", () => {
  it("is explained by its decision, before or after the report, and by each try once more", async () => {
    const log = openLog("hits-explained");
    await log.append([entry(1)]);
    await log.reconcile("nod_a", [hit(1), hit(1), hit(2)]);
    await log.append([entry(2)]);
    await afterwards("hits-explained");
    expect(await alarmsOf("hits-explained")).toEqual([]);
    expect(await log.unexplainedHits(0)).toEqual([]);
  });

  it.each([
    ["no decision", hit(7)],
    ["a denial", hit(2)],
    ["a decision about another app", hit(1, { app: "app_other" })],
    ["a decision about somebody else", hit(1, { caller: "usr_bob" })],
    ["a decision about another method", hit(1, { method: "POST" })],
    ["a decision that came later", hit(1, { at: NOW - 120_000 })],
    ["an event of the log", hit(1, { decision: "aud_1" })],
  ])("raises an alarm where there is %s", async (why, wrong) => {
    const name = `hits-${why}`;
    const log = openLog(name);
    await log.append([entry(1), entry(2, { decision: "deny" })]);
    await log.reconcile("nod_a", [hit(1), wrong]);
    expect(await alarmsOf(name)).toEqual([]);
    await afterwards(name);
    expect(await alarmsOf(name)).toMatchObject([
      {
        ...{ kind: "system", actor: "node:nod_a", target: wrong.app },
        detail: { node: "nod_a", hits: 1, decisions: [wrong.decision] },
      },
    ]);
    await afterwards(name);
    expect(await alarmsOf(name)).toHaveLength(1);
    expect(await log.unexplainedHits(NOW)).toEqual([{ app: wrong.app, node: "nod_a", hits: 1 }]);
  });

  it("makes one alarm for each agent and app, however many there are, and counts all of them", async () => {
    const log = openLog("hits-many");
    for (let round = 0; round < 12; round++)
      await log.reconcile(
        "nod_a",
        Array.from({ length: 500 }, (_, n) => hit(round * 500 + n)),
      );
    await log.reconcile("nod_b", [hit(1), hit(1, { app: "app_other" })]);
    for (let round = 0; round < 4; round++) await afterwards("hits-many");
    const alarms = await alarmsOf("hits-many");
    expect(alarms.length).toBeLessThanOrEqual(6);
    const counted = await log.unexplainedHits(0);
    expect(counted).toContainEqual({ app: "app_wiki", node: "nod_a", hits: 6_000 });
    expect(counted).toContainEqual({ app: "app_other", node: "nod_b", hits: 1 });
  });
});
