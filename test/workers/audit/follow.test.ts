import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import { mintToken } from "../../../shared/api/tokens.ts";
import type { AuditRow } from "../../../shared/audit/types.ts";
import { followAudit } from "../../../workers/hub/streams.ts";
import { checkBindings } from "../../../workers/platform/env.ts";
import { auditObject } from "../../../workers/platform/objects.ts";
import { applyRegistry } from "../registry.ts";
import { decision, event } from "./entries.ts";
import { type Log, openLog } from "./open.ts";

/** A follower: the leaves it hears of, one at a time, and the close code at the end. */
async function follow(log: Log, query: string) {
  const answer = await log.fetch(`https://audit/?${query}`, { headers: { Upgrade: "websocket" } });
  const heard: (AuditRow | number)[] = [];
  let wake = () => {};
  const push = (what: AuditRow | number) => {
    heard.push(what);
    wake();
  };
  answer.webSocket?.addEventListener("message", ({ data }) => push(JSON.parse(String(data)) as AuditRow));
  answer.webSocket?.addEventListener("close", ({ code }) => push(code));
  answer.webSocket?.accept();
  const next = async (): Promise<number> => {
    while (heard.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const what = heard.shift() ?? Number.NaN;
    return typeof what === "number" ? what : what.leaf;
  };
  return { status: answer.status, next, close: () => answer.webSocket?.close() };
}

describe("following by WebSocket", () => {
  it("replays what was missed and goes on with what comes, by kind", async () => {
    const log = openLog("follow");
    await log.append([decision(0), event(1), decision(2)]);
    const all = await follow(log, "after=0");
    const events = await follow(log, "after=-1&kinds=admin,login");
    const fresh = await follow(log, "");
    await log.append([decision(3), event(4)]);
    expect([await all.next(), await all.next(), await all.next(), await all.next()]).toEqual([1, 2, 3, 4]);
    expect([await events.next(), await events.next()]).toEqual([1, 4]);
    expect([await fresh.next(), await fresh.next()]).toEqual([3, 4]);
    for (const follower of [all, events, fresh]) follower.close();
  });

  it("asks one that is far behind to come again, and loses nothing", async () => {
    const log = openLog("behind");
    for (let n = 0; n < 1_250; n += 250) {
      await log.append(Array.from({ length: 250 }, (_, i) => decision(n + i)));
    }
    let after = -1;
    let connections = 0;
    for (let live = false; !live; connections++) {
      const follower = await follow(log, `after=${after}`);
      for (let heard = await follower.next(); heard !== 4000; heard = await follower.next()) {
        expect(heard).toBe(after + 1);
        after = heard;
        live = after === 1_249;
        if (live) break;
      }
      follower.close();
    }
    expect(connections).toBeGreaterThan(1);
    expect(after).toBe(1_249);
  });

  it("refuses what is no such request", async () => {
    const log = openLog("refuse");
    expect((await log.fetch("https://audit/")).status).toBe(426);
    expect((await follow(log, "after=x")).status).toBe(400);
    expect((await follow(log, "kinds=secret")).status).toBe(400);
  });
});

describe("following by server-sent events", () => {
  const bindings = checkBindings(env);
  const token = mintToken("rnapi", (length) => crypto.getRandomValues(new Uint8Array(length)));

  beforeAll(async () => {
    await applyRegistry();
    await bindings.db
      .prepare(
        "INSERT INTO api_tokens (id, name, secret_hash, role, created_at, updated_at) VALUES (?, ?, ?, 'auditor', 0, 0)",
      )
      .bind("tok_00000000000000000000000000", "follower", hashSecret(token))
      .run();
  });

  async function stream(path: string, headers: Record<string, string> = {}) {
    const request = new Request(`http://hub.localhost/api/v1${path}`, {
      headers: { authorization: `Bearer ${token}`, ...headers },
    });
    const answer = await followAudit(request, bindings);
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    /** Reads until `count` events came, and gives their ids. */
    const ids = async (count: number): Promise<number[]> => {
      for (;;) {
        const found = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
        if (found.length >= count) return found;
        const part = await reader?.read();
        if (!part || part.done) throw new Error(`the stream ended after ${text}`);
        text += part.value;
      }
    };
    return { answer, ids, text: () => text, cancel: () => reader?.cancel() };
  }

  it("resumes after the last event, filters, and lets go of a client that went", async () => {
    const log = auditObject(bindings);
    await log.append([decision(0), event(1), decision(2, { decision: "deny" })]);
    const resumed = await stream("/audit/stream?after=1", { "last-event-id": "0" });
    const denials = await stream("/decisions/stream?after=0&decision=deny");
    expect(resumed.answer.headers.get("content-type")).toBe("text/event-stream");
    expect(await resumed.ids(2)).toEqual([1, 2]);
    expect(await denials.ids(1)).toEqual([2]);
    await log.append([decision(3), decision(4, { decision: "deny" })]);
    expect(await resumed.ids(4)).toEqual([1, 2, 3, 4]);
    expect(await denials.ids(2)).toEqual([2, 4]);
    expect(denials.text()).toContain("event: decision\n");
    await resumed.cancel();
    await denials.cancel();
    expect(await log.append([decision(5)])).toEqual({ size: 6 });
  });
});
