import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { AuditEntry, AuditLogRpc } from "../../../shared/audit/types.ts";
import { MAX_PENDING, recordDecision, recordEvent } from "../../../workers/platform/audit.ts";
import { type Bindings, checkBindings } from "../../../workers/platform/env.ts";
import { answeredBy } from "../../support/objects.ts";
import { applyRegistry } from "../registry.ts";
import { decision, event } from "./entries.ts";
import { openLog } from "./open.ts";

/** Bindings whose audit log answers as `append` says. */
function bindingsWith(append: (entries: readonly AuditEntry[]) => Promise<unknown>): Bindings {
  return { ...checkBindings(env), AUDIT_LOG: answeredBy({ append } as Partial<AuditLogRpc>) };
}

function recorder() {
  const calls: string[][] = [];
  const bindings = bindingsWith(async (entries) => {
    calls.push(entries.map(({ id }) => id));
  });
  return { calls, bindings };
}

beforeAll(applyRegistry);

describe("recording decisions", () => {
  it("sends the allows of many requests together, without making them wait", async () => {
    const { calls, bindings } = recorder();
    const contexts = [1, 2, 3].map((n) => {
      const ctx = createExecutionContext();
      expect(recordDecision(bindings, ctx, decision(n))).toBeUndefined();
      return ctx;
    });
    expect(calls).toEqual([]);
    for (const ctx of contexts) await waitOnExecutionContext(ctx);
    expect(calls).toEqual([["dec_1", "dec_2", "dec_3"]]);
  });

  it("sends a denial at once, and what waits with it", async () => {
    const { calls, bindings } = recorder();
    const ctx = createExecutionContext();
    recordDecision(bindings, ctx, decision(1));
    recordDecision(bindings, ctx, decision(2, { decision: "deny" }));
    expect(calls).toEqual([["dec_1", "dec_2"]]);
    await waitOnExecutionContext(ctx);
    expect(calls).toHaveLength(1);
  });

  it("sends what failed again under the same ids, and nothing that was confirmed", async () => {
    const calls: string[][] = [];
    const bindings = bindingsWith(async (entries) => {
      calls.push(entries.map(({ id }) => id));
      if (calls.length <= 2) throw new Error("unavailable");
    });
    const ctx = createExecutionContext();
    recordDecision(bindings, ctx, decision(1, { decision: "deny" }));
    await waitOnExecutionContext(ctx);
    expect(calls).toEqual([["dec_1"], ["dec_1"], ["dec_1"]]);
  });

  it("cuts an oversize entry instead of failing on it", async () => {
    const bindings = checkBindings(env);
    const ctx = createExecutionContext();
    const { facts } = decision(1);
    const path = `/${"x".repeat(50_000)}`;
    recordDecision(
      bindings,
      ctx,
      decision(1, { decision: "deny", facts: { ...facts, request: { ...facts.request, path } } }),
    );
    await waitOnExecutionContext(ctx);
    expect((await openLog("audit").get("dec_1"))?.entry).toMatchObject({
      facts: { request: { path: expect.stringMatching(/^\/x+…$/) } },
    });
  });
});

describe("recording events", () => {
  it("is durable when it returns", async () => {
    await recordEvent(checkBindings(env), event(7));
    expect((await openLog("audit").get("aud_7"))?.entry).toEqual(event(7));
  });

  it("rejects when the log does not take it", async () => {
    const down = bindingsWith(async () => Promise.reject(new Error("unavailable")));
    await expect(recordEvent(down, event(8))).rejects.toThrow("unavailable");
  });
});

// Last, because it leaves this isolate's buffer full.
describe("a log that stays away", () => {
  it("makes requests wait, and then fails them, once the buffer is full", async () => {
    const down = bindingsWith(async () => Promise.reject(new Error("unavailable")));
    const ctx = createExecutionContext();
    for (let n = 0; n < MAX_PENDING; n++) {
      expect(recordDecision(down, ctx, decision(1_000 + n))).toBeUndefined();
    }
    await expect(recordDecision(down, ctx, decision(9_999))).rejects.toThrow("unavailable");
    await waitOnExecutionContext(ctx);

    // When it is back, the next request brings everything.
    const ids = new Set<string>();
    const back = bindingsWith(async (entries) => {
      for (const { id } of entries) ids.add(id);
    });
    await recordDecision(back, ctx, decision(10_000));
    await waitOnExecutionContext(ctx);
    expect(ids.size).toBe(MAX_PENDING + 1);
  });
});
