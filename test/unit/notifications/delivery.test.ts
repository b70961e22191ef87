import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  applyDelivery,
  type Delivery,
  LEASE_MS,
  messageIdOf,
  newDelivery,
  nextStep,
  QUIET_MS,
} from "../../../shared/notifications/delivery.ts";
import type { Notice } from "../../../shared/notifications/notice.ts";

const notice = (id: number, event = "node.pending"): Notice => ({
  id,
  event,
  at: id,
  subject: `node-${id}`,
  page: `nodes/${id}`,
});
const WANTED = new Set(["node.pending"]);

describe("how a destination is told", () => {
  it("of everything at once that came up while it was quiet", () => {
    const sent = nextStep(newDelivery(0), WANTED, [notice(1)], 0);
    expect(sent).toMatchObject({ type: "send", until: 1 });
    const begun = applyDelivery(newDelivery(0), { type: "begun", until: 1, at: 0 });
    const told = applyDelivery(begun, { type: "delivered", at: 10 });
    const later = Array.from({ length: 12 }, (_, n) => notice(n + 2));
    expect(nextStep(told, WANTED, later, 10 + QUIET_MS - 1)).toEqual({ type: "wait" });
    expect(nextStep(told, WANTED, later, 10 + QUIET_MS)).toMatchObject({ type: "send", notices: later });
  });

  it("of nothing that it does not want, which does not keep what it wants waiting", () => {
    expect(nextStep(newDelivery(0), WANTED, [notice(1, "owner.new")], 0)).toEqual({ type: "skip", until: 1 });
    const step = nextStep(newDelivery(0), WANTED, [notice(1, "owner.new"), notice(2)], 0);
    expect(step).toMatchObject({ type: "send", until: 2, notices: [notice(2)] });
  });

  it("again of the same under the same id after a failure, later each time, and never of more", () => {
    let delivery = applyDelivery(newDelivery(0), { type: "begun", until: 2, at: 0 });
    delivery = applyDelivery(delivery, { type: "failed", at: 0, why: "It answered 500." });
    expect(delivery).toMatchObject({ failures: 1, notBefore: 60_000, lastFailure: "It answered 500." });
    const queue = [notice(1), notice(2), notice(3)];
    expect(nextStep(delivery, WANTED, queue, 60_000)).toMatchObject({ until: 2, notices: queue.slice(0, 2) });
    delivery = applyDelivery(delivery, { type: "failed", at: 60_000, why: "again" });
    expect(delivery.notBefore).toBe(60_000 + 120_000);
    expect(messageIdOf("ntf_x", 2)).toBe(messageIdOf("ntf_x", delivery.sendingUntil ?? 0));
  });

  it("again by another run only when the one under way is surely dead", () => {
    const begun = applyDelivery(newDelivery(0), { type: "begun", until: 1, at: 0 });
    expect(nextStep(begun, WANTED, [notice(1)], LEASE_MS - 1)).toEqual({ type: "wait" });
    expect(nextStep(begun, WANTED, [notice(1)], LEASE_MS)).toMatchObject({ type: "send", until: 1 });
  });

  it("in any history, at least once of each that it wants, in order, and once where nothing fails", () => {
    const happenings = fc.array(
      fc.oneof(
        fc.record({ type: fc.constant("notice" as const), wanted: fc.boolean() }),
        fc.record({
          type: fc.constant("run" as const),
          after: fc.integer({ min: 0, max: 4 * 3_600_000 }),
          end: fc.constantFrom("delivered" as const, "failed" as const, "died" as const),
        }),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(happenings, (history) => {
        let now = 0;
        let delivery: Delivery = newDelivery(0);
        const all: Notice[] = [];
        const told: number[] = [];
        let broke = false;
        const run = (end: "delivered" | "failed" | "died") => {
          const queue = all.filter(({ id }) => id > delivery.doneUntil);
          const step = nextStep(delivery, WANTED, queue, now);
          if (step.type === "wait") return;
          if (step.type === "skip") {
            delivery = applyDelivery(delivery, { type: "skipped", until: step.until });
            return;
          }
          delivery = applyDelivery(delivery, { type: "begun", until: step.until, at: now });
          if (end === "failed") broke = true;
          // One that dies may have been heard.
          if (end !== "failed") told.push(...step.notices.map(({ id }) => id));
          if (end === "died") broke = true;
          else
            delivery = applyDelivery(
              delivery,
              end === "delivered" ? { type: "delivered", at: now } : { type: "failed", at: now, why: "no" },
            );
        };
        for (const one of history) {
          if (one.type === "notice")
            all.push(notice(all.length + 1, one.wanted ? "node.pending" : "owner.new"));
          else {
            now += one.after;
            run(one.end);
          }
        }
        for (let n = 0; n < 3; n++) {
          now += 4 * 3_600_000;
          run("delivered");
        }
        const wanted = all.filter(({ event }) => WANTED.has(event)).map(({ id }) => id);
        expect([...new Set(told)]).toEqual(wanted);
        if (!broke) expect(told).toEqual(wanted);
      }),
    );
  });
});
