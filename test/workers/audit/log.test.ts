import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { type RangeEvidence, verifyRange } from "../../../shared/audit/verify.ts";
import { applyRegistry } from "../registry.ts";
import { decision, event } from "./entries.ts";
import { type Log, openLog, stubOf } from "./open.ts";

const hour = (log: Log, from: number) => log.stats(from, from + 3_600_000, 3_600_000);

const verifyEd25519 = async (
  publicKey: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
) => {
  const key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", key, signature, message);
};

async function evidence(log: Log, notes: { size: number; note: string }[], from: number, to: number) {
  const newest = notes.at(-1)?.size ?? 0;
  const steps = notes.slice(1).map(({ size }, n) => log.consistencyProof(notes[n]?.size ?? 0, size));
  return {
    publicKey: (await log.publicKey()).vkey,
    checkpoints: notes.map(({ note }) => note),
    from,
    leaves: await log.leaves(from, to),
    proofs: {
      first: (await log.inclusionProof(from, newest)).proof,
      last: (await log.inclusionProof(to - 1, newest)).proof,
      consistency: await Promise.all(steps),
    },
  } satisfies RangeEvidence;
}

describe("appending", () => {
  it("ignores ids that are in the log already, between calls and within one", async () => {
    const log = openLog("twice");
    expect(await log.append([decision(1), decision(2), decision(1)])).toEqual({ size: 2 });
    expect(await log.append([decision(2, { reason: "changed" }), decision(3)])).toEqual({ size: 3 });
    const { rows } = await log.query({ limit: 10 });
    expect(rows.map(({ leaf, entry }) => [leaf, entry.id])).toEqual([
      [2, "dec_3"],
      [1, "dec_2"],
      [0, "dec_1"],
    ]);
    expect(rows[1]?.entry).toEqual(decision(2));
    expect((await hour(log, 0))[0]).toMatchObject({ requests: 3, allows: 3 });
  });

  it("takes a batch whole or not at all", async () => {
    const log = openLog("whole");
    const oversize = event(2, { detail: { note: "x".repeat(20_000) } });
    await runInDurableObject(stubOf("whole"), async (object) => {
      await expect(object.append([event(1), oversize])).rejects.toThrow("too large");
      const many = Array.from({ length: 257 }, (_, n) => decision(n));
      await expect(object.append(many)).rejects.toThrow("too many");
    });
    expect(await log.get("aud_1")).toBeNull();
    expect((await log.checkpoint()).size).toBe(0);
  });
});

describe("proofs", () => {
  it("verify offline, over a history that grew in batches of several sizes", async () => {
    const log = openLog("proofs");
    const notes = [];
    let n = 0;
    for (const batch of [1, 64, 3, 100, 256, 7]) {
      await log.append(Array.from({ length: batch }, () => decision(n++)));
      notes.push(await log.checkpoint());
    }
    for (const [from, to] of [
      [0, 1],
      [430, 431],
      [100, 300],
      [0, 431],
    ] as const) {
      const verified = await verifyRange(await evidence(log, notes, from, to), verifyEd25519);
      expect(verified).toMatchObject({ ok: true, value: { origin: "hub.localhost/audit", size: 431 } });
    }
  });

  it("expose a log whose text was changed behind its back", async () => {
    const log = openLog("tampered");
    await log.append(Array.from({ length: 10 }, (_, n) => decision(n)));
    const notes = [await log.checkpoint()];
    await runInDurableObject(stubOf("tampered"), (_object, state) => {
      state.storage.sql.exec("UPDATE entries SET text = replace(text, 'allow', 'deny') WHERE leaf = 4");
    });
    expect(await verifyRange(await evidence(log, notes, 3, 4), verifyEd25519)).toMatchObject({ ok: true });
    expect(await verifyRange(await evidence(log, notes, 2, 6), verifyEd25519)).toMatchObject({ ok: false });
  });

  it("are refused for leaves that the log does not have", async () => {
    await runInDurableObject(stubOf("beyond"), async (object) => {
      await object.append([decision(1)]);
      await expect(object.inclusionProof(0, 2)).rejects.toThrow(RangeError);
      await expect(object.inclusionProof(1, 1)).rejects.toThrow(RangeError);
      await expect(object.consistencyProof(1, 2)).rejects.toThrow(RangeError);
      await expect(object.leaves(0, 2)).rejects.toThrow(RangeError);
    });
  });

  it("keep one key and one checkpoint for a size, also when asked at once", async () => {
    const log = openLog("key");
    const [a, b, keyA, keyB] = await Promise.all([
      log.checkpoint(),
      log.checkpoint(),
      log.publicKey(),
      log.publicKey(),
    ]);
    expect(a).toEqual(b);
    expect(keyA).toEqual(keyB);
    expect(a.size).toBe(0);
  });
});

describe("reading", () => {
  it("counts by time, sessions that began and ended included", async () => {
    const log = openLog("stats");
    const session = { kind: "session", actor: "user:usr_ann" } as const;
    await log.append([
      decision(0),
      decision(1, { decision: "deny" }),
      decision(61),
      event(2, { ...session, action: "session.start" }),
      event(3, { ...session, action: "session.sign_out" }),
      event(62, { action: "session.kill", detail: { ended: 5 } }),
      event(63, { action: "app.create" }),
    ]);
    expect(await log.stats(0, 7_200_000, 3_600_000)).toEqual([
      { at: 0, requests: 2, allows: 1, denials: 1, sessionsStarted: 1, sessionsEnded: 1 },
      { at: 3_600_000, requests: 1, allows: 1, denials: 0, sessionsStarted: 0, sessionsEnded: 5 },
    ]);
    // A step of a millisecond over a year is not a reason to make 31 thousand million buckets.
    expect((await log.stats(0, 366 * 86_400_000, 1)).length).toBeLessThanOrEqual(1_501);
  });
});

describe("the registry's index", () => {
  beforeAll(applyRegistry);
  const indexed = async () =>
    (await env.DB.prepare("SELECT leaf, action, target FROM audit_index ORDER BY leaf").all()).results;

  it("learns of every event, and of no decision, once D1 answers", async () => {
    const log = openLog("index");
    await log.append([decision(0), event(1), ...Array.from({ length: 120 }, (_, n) => event(n + 2))]);
    await env.DB.prepare("ALTER TABLE audit_index RENAME TO audit_index_away").run();
    expect(await runDurableObjectAlarm(stubOf("index"))).toBe(true);
    await env.DB.prepare("ALTER TABLE audit_index_away RENAME TO audit_index").run();
    expect(await indexed()).toHaveLength(0);
    // It set itself a new alarm; 121 rows take two deliveries.
    expect(await runDurableObjectAlarm(stubOf("index"))).toBe(true);
    expect(await indexed()).toHaveLength(96);
    expect(await runDurableObjectAlarm(stubOf("index"))).toBe(true);
    const rows = await indexed();
    expect(rows).toHaveLength(121);
    expect(rows[0]).toEqual({ leaf: 1, action: "app.create", target: "app_1" });
  });
});

describe("retention", () => {
  beforeAll(applyRegistry);

  it("drops texts older than 400 days from the old end, and proofs hold on", async () => {
    const log = openLog("retention");
    const now = Date.now();
    await log.append(Array.from({ length: 5 }, (_, n) => decision(n, { at: now - 401 * 86_400_000 })));
    await log.append(Array.from({ length: 5 }, (_, n) => decision(n + 5, { at: now })));
    const notes = [await log.checkpoint()];
    await runDurableObjectAlarm(stubOf("retention"));
    expect((await log.query({ limit: 50 })).rows.map(({ leaf }) => leaf)).toEqual([9, 8, 7, 6, 5]);
    expect(await verifyRange(await evidence(log, notes, 5, 10), verifyEd25519)).toMatchObject({ ok: true });
    expect(await log.append([decision(10, { at: now })])).toEqual({ size: 11 });
  });
});
