import { describe, expect, it } from "vitest";
import { DueTimes } from "../../../../shared/node/mesh/due-times.ts";
import { Ends } from "../../../../shared/node/mesh/ends.ts";
import type { LightRow } from "../../../../shared/registry/node-rows.ts";
import { randomFrom } from "../../../support/random.ts";
import { bySeed, drawn, SEED } from "../../../support/sample.ts";

const MINUTE = 60_000;
const row = (id: string, change: Partial<LightRow> = {}) =>
  ({ id, status: "approved", expires_at: null, ephemeral: 0, created_at: 0, ...change }) as LightRow;

describe("I8: memberships that end by themselves", () => {
  const heard = new Map<string, number>();
  const ends = () => new Ends(({ id }) => heard.get(id) ?? 0);

  it("a date that has come stays due until the registry says that it happened", () => {
    const due = ends();
    due.update("a", row("a", { expires_at: 100 }), 0);
    due.update("b", row("b", { expires_at: 200 }), 0);
    expect(due.next()).toBe(100);
    expect(due.due(99)).toEqual([]);
    for (let n = 0; n < 2; n++) expect(due.due(100)).toMatchObject([{ row: { id: "a" }, how: "expire" }]);
    due.update("a", row("a", { expires_at: 100, status: "expired" }), 100);
    expect(due.next()).toBe(200);
    due.update("b", null, 100);
    expect(due.next()).toBe(null);
  });

  it("an ephemeral node is removed after half an hour of silence, and one that is heard of is not looked at before", () => {
    const due = ends();
    due.update("e", row("e", { ephemeral: 1 }), 0);
    expect(due.next()).toBe(30 * MINUTE);
    heard.set("e", 20 * MINUTE);
    expect(due.next()).toBe(30 * MINUTE);
    expect(due.due(30 * MINUTE)).toEqual([]);
    expect(due.next()).toBe(50 * MINUTE);
    expect(due.due(50 * MINUTE)).toMatchObject([{ how: "remove" }]);
  });

  it("what ends first counts, and who is due for both is removed", () => {
    const due = ends();
    due.update("f", row("f", { ephemeral: 1, expires_at: MINUTE }), 0);
    expect(due.due(MINUTE)).toMatchObject([{ how: "expire" }]);
    expect(due.due(40 * MINUTE)).toMatchObject([{ how: "remove" }]);
    due.update("g", row("g", { ephemeral: 1, status: "revoked" }), 0);
    expect(
      due
        .due(40 * MINUTE)
        .map(({ row: { id } }) => id)
        .sort(),
    ).toEqual(["f", "g"]);
    due.clear();
    expect(due.due(40 * MINUTE)).toEqual([]);
  });
});

it(`I8: the earliest of many times is at hand, whatever changes (${bySeed})`, () => {
  for (let history = 0; history < drawn(50, 2_000); history++) {
    const random = randomFrom(SEED + history);
    const times = new DueTimes();
    const model = new Map<string, number>();
    for (let step = 0; step < 300; step++) {
      const key = `k${Math.floor(random() * 20)}`;
      const at = Math.floor(random() * 100);
      if (random() < 0.7) {
        times.set(key, at);
        model.set(key, at);
      } else if (random() < 0.5) {
        times.delete(key);
        model.delete(key);
      } else {
        const due = [...model].filter(([, time]) => time <= at / 4);
        expect(times.take(at / 4).sort()).toEqual(due.map(([one]) => one).sort());
        for (const [one] of due) model.delete(one);
      }
      expect(times.next()).toBe(model.size === 0 ? null : Math.min(...model.values()));
    }
  }
});
