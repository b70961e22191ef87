import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { EventEntry } from "../../../shared/audit/types.ts";
import { shipLogs } from "../../../workers/logs/ship.ts";
import { notify } from "../../../workers/notifications/index.ts";
import { bindings, call, createNetwork } from "../hub/world.ts";
import { applyRegistry } from "../registry.ts";

interface Sent {
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
}

const MINUTE = 60_000;
let token: string;
let now = Date.now();
const sent: Sent[] = [];
let answer: () => Response | Promise<Response>;
let made = 0;

beforeAll(async () => {
  await applyRegistry();
  token = await createNetwork();
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input as RequestInfo, init as RequestInit);
    sent.push({ url: request.url, headers: request.headers, body: await request.text() });
    return answer();
  });
});
beforeEach(async () => {
  await env.DB.prepare("DELETE FROM log_destinations").run();
  sent.length = 0;
  answer = () => new Response(null, { status: 204 });
});

const api = (method: string, path: string, body?: unknown, headers?: HeadersInit) =>
  call(token, method, path, {
    ...(body === undefined ? {} : { body }),
    ...(headers === undefined ? {} : { headers }),
  });

const event = (id: string, kind: EventEntry["kind"] = "admin"): EventEntry => ({
  ...{ kind, id, at: now, actor: "system", action: "app.update", target: "app_1" },
  detail: { note: "x".repeat(50) },
});
const append = (...entries: EventEntry[]) =>
  env.AUDIT_LOG.get(env.AUDIT_LOG.idFromName("audit")).append(entries);
/** New entries with ids of their own. */
const happen = async (count: number, kind?: EventEntry["kind"]): Promise<string[]> => {
  const entries = Array.from({ length: count }, () => event(`aud_${String(++made).padStart(26, "0")}`, kind));
  for (let at = 0; at < count; at += 100) await append(...entries.slice(at, at + 100));
  return entries.map(({ id }) => id);
};
const run = async (afterMs = MINUTE) => {
  now += afterMs;
  await shipLogs(bindings, () => now);
};
const idsIn = ({ body }: Sent): string[] =>
  body
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).entry.id);
const add = async (more = {}) => {
  const body = { name: "siem", format: "ndjson", url: "https://logs.example/in", ...more };
  const answered = await api("POST", "/log-destinations", body);
  expect(answered.status).toBe(201);
  return answered.json as unknown as { secret: string; destination: { id: string } };
};
const state = async () => {
  const { items } = (await api("GET", "/log-destinations")).json as unknown as {
    items: Record<string, unknown>[];
  };
  return items[0];
};

describe("the log", () => {
  it("is sent from now on, signed, and each entry once while the destination confirms", async () => {
    await happen(2);
    const { secret } = await add({ authorization: "Bearer abc" });
    const later = await happen(3);
    await run();
    await run();
    const own = sent.flatMap(idsIn);
    expect(own.filter((id) => later.includes(id))).toEqual(later);
    expect(new Set(own).size).toBe(own.length);
    const [first] = sent;
    expect(first?.headers.get("authorization")).toBe("Bearer abc");
    expect(first?.headers.get("content-type")).toBe("application/x-ndjson");
    const at = new Date(Number(first?.headers.get("webhook-timestamp")) * 1_000);
    const signature = new Webhook(secret).sign(first?.headers.get("webhook-id") ?? "", at, first?.body ?? "");
    expect(first?.headers.get("webhook-signature")).toBe(signature);
    expect(await state()).toMatchObject({ state: "good", failures: 0, hasAuthorization: true });
  });

  it("holds of a destination's address neither path nor query, which may be a secret, and no history does", async () => {
    const { destination } = await add({ name: "sumo", url: "https://logs.example/http/k3y?token=s3cret" });
    const headers = { "if-match": '"1"' };
    const changed = await api(
      "PATCH",
      `/log-destinations/${destination.id}`,
      { url: "https://logs.example/http/k4y" },
      headers,
    );
    expect(changed.status).toBe(200);
    const told = await Promise.all(
      [`/audit?target=${destination.id}`, "/history?kind=logDestination"].map(async (path) =>
        JSON.stringify((await api("GET", path)).json),
      ),
    );
    for (const text of told) {
      expect(text).toContain("https://logs.example");
      expect(text).not.toMatch(/k3y|k4y|s3cret/);
    }
  });

  it.each([
    ["an error", () => new Response("no", { status: 500 })],
    ["a redirect", () => new Response(null, { status: 302, headers: { location: "https://else.example" } })],
    ["no answer", () => Promise.reject(new TypeError("lost"))],
  ])(
    "stays to be sent after %s, as the same batch under the same id, whatever comes meanwhile",
    async (_what, fails) => {
      await add();
      const ids = await happen(3);
      answer = fails as () => Response;
      await run();
      await happen(2);
      expect(await state()).toMatchObject({ state: "failing", failures: 1 });
      // Before the pause is over nothing is tried.
      await run(MINUTE / 2);
      expect(sent).toHaveLength(1);
      answer = () => new Response(null);
      await run();
      const [lost, again] = sent;
      expect(again?.body).toBe(lost?.body);
      expect(again?.headers.get("webhook-id")).toBe(lost?.headers.get("webhook-id"));
      expect(sent.slice(1).flatMap(idsIn)).toEqual(expect.arrayContaining(ids));
      const all = sent.slice(1).flatMap(idsIn);
      expect(new Set(all).size).toBe(all.length);
      expect(await state()).toMatchObject({ state: "good", failures: 0 });
    },
  );

  it("comes in batches within their bounds, and nothing is left out between them", async () => {
    await add();
    const ids = await happen(1_100);
    await run();
    expect(sent.length).toBeGreaterThan(2);
    expect(sent.every((one) => idsIn(one).length <= 500)).toBe(true);
    const all = sent.flatMap(idsIn);
    expect(all.filter((id) => ids.includes(id))).toEqual(ids);
  });

  it("of some kinds alone passes over the others, and does not look at them again", async () => {
    await add({ kinds: ["login"] });
    await happen(3);
    await run();
    expect(sent).toHaveLength(0);
    const before = (await state())?.sentUntil as number;
    const logins = await happen(2, "login");
    await run();
    expect(sent.flatMap(idsIn)).toEqual(logins);
    expect((await state())?.sentUntil).toBeGreaterThan(before);
  });

  it("of earlier times comes when it is asked for", async () => {
    const [first] = await happen(1);
    now += 1_000;
    const ids = await happen(2);
    await add({ startAt: now });
    await run();
    const own = sent.flatMap(idsIn);
    expect(own).toEqual(expect.arrayContaining(ids));
    expect(own).not.toContain(first);
  });

  it("is said to have stopped after many failures; it is tried on, and goes on where it stood", async () => {
    await add();
    const body = { name: "mail", kind: "webhook", target: "https://told.example/", events: ["logs.stopped"] };
    await api("POST", "/notifications", body);
    const ids = await happen(2);
    answer = () => new Response(null, { status: 503 });
    for (let failed = 0; failed < 6; failed++) await run(61 * MINUTE);
    expect(await state()).toMatchObject({ state: "stopped", failures: 6, lastFailure: "It answered 503." });
    const before = sent.length;
    await notify(bindings, now);
    expect(sent.slice(before).map(({ url }) => url)).toEqual(["https://told.example/"]);
    expect(sent.at(-1)?.body).toContain("siem: It answered 503.");
    answer = () => new Response(null);
    sent.length = 0;
    await run(61 * MINUTE);
    expect(sent.flatMap(idsIn)).toEqual(expect.arrayContaining(ids));
    expect(await state()).toMatchObject({ state: "good" });
  });

  it("is sent to public addresses alone, asked again at each batch, and shows no secret", async () => {
    for (const url of [
      "http://logs.example/",
      "https://127.0.0.1/",
      "https://169.254.169.254/",
      "https://u:p@logs.example/",
    ])
      expect((await api("POST", "/log-destinations", { name: "x", format: "ndjson", url })).status).toBe(422);
    const { destination, secret } = await add({ authorization: "Bearer abc" });
    await happen(1);
    await env.DB.prepare("UPDATE log_destinations SET url = 'https://192.168.1.1/'").run();
    await run();
    expect(sent).toHaveLength(0);
    expect((await state())?.lastFailure).toContain("refused");
    const shown = JSON.stringify([
      await state(),
      (await env.DB.prepare("SELECT * FROM log_destinations").all()).results,
      (await env.DB.prepare("SELECT after FROM history WHERE kind = 'logDestination'").all()).results,
    ]);
    expect(shown).not.toContain(secret);
    expect(shown).not.toContain("Bearer abc");
    // A credential for one receiver is not shown to another one.
    const path = `/log-destinations/${destination.id}`;
    const changed = await api("PATCH", path, { url: "https://other.example/" }, { "If-Match": '"1"' });
    expect(changed.json).toMatchObject({ hasAuthorization: false });
  });

  it("is read in its order by whoever asks behind an entry, to its end", async () => {
    const ids = await happen(5);
    const got: string[] = [];
    let after = -1;
    for (let asked = 0; asked < 2_000; asked++) {
      const query = after < 0 ? "" : `&after=${after}`;
      const part = (await api("GET", `/logs?limit=1000${query}`)).json as unknown as {
        items: { leaf: number; entry: { id: string } }[];
        after: number;
      };
      if (part.items.length === 0) break;
      got.push(...part.items.map(({ entry }) => entry.id));
      expect(part.after).toBe(part.items.at(-1)?.leaf);
      after = part.after;
    }
    expect(got.filter((id) => ids.includes(id))).toEqual(ids);
    expect(new Set(got).size).toBe(got.length);
    const none = (await api("GET", `/logs?after=${after + 5}&kinds=login`)).json as unknown as {
      after: number;
    };
    expect(none.after).toBe(after + 5);
  });
});
