import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { keepNotices, providerDown } from "../../../workers/platform/notices.ts";
import { applyRegistry } from "../registry.ts";
import { bindings, MINUTE, pendingNode, startWorld } from "./world.ts";

let world: Awaited<ReturnType<typeof startWorld>>;
beforeAll(async () => {
  await applyRegistry();
  world = await startWorld();
});
beforeEach(async () => {
  await env.DB.batch([
    env.DB.prepare("DELETE FROM notification_destinations"),
    env.DB.prepare("DELETE FROM nodes"),
  ]);
  world.reset();
});

const add = async (name: string, kind: string, target: string, events?: string[]) => {
  const { status, json } = await world.api("POST", "/notifications", { name, kind, target, events });
  expect([status, json]).toEqual([201, json]);
  return json as { destination: { id: string; target: string; version: number }; secret: string | null };
};
const shown = async (name: string) => (await world.api("GET", `/notifications/${name}`)).json;

/** As a receiver checks it, by the web's own cryptography. */
async function verifies(secret: string, { headers, body }: { headers: Headers; body: string }) {
  const bytes = Uint8Array.from(atob(secret.replace("whsec_", "")), (char) => char.charCodeAt(0));
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, [
    "verify",
  ]);
  const signatures = (headers.get("webhook-signature") ?? "").split(" ").map((one) => one.split(","));
  expect(signatures.map(([version]) => version)).not.toContain(undefined);
  const signed = new TextEncoder().encode(
    `${headers.get("webhook-id")}.${headers.get("webhook-timestamp")}.${body}`,
  );
  const each = signatures.map(([, signature = ""]) =>
    crypto.subtle.verify(
      "HMAC",
      key,
      Uint8Array.from(atob(signature), (char) => char.charCodeAt(0)),
      signed,
    ),
  );
  return (await Promise.all(each)).includes(true);
}

describe("what waits for somebody", () => {
  it("is told to each destination in its form, once, and many of a kind together", async () => {
    const { secret } = await add("hook", "webhook", "https://hook.example/in?x=1", ["node.pending"]);
    await add("chat", "slack", "https://chat.example/services/T/B/secret", ["node.pending"]);
    await add("mail", "email", "Ops@Example.com");
    for (let n = 0; n < 12; n++) await pendingNode(`node-${n}`);
    await world.run();
    const [hook] = world.to("hook.example");
    expect(hook?.url).toBe("https://hook.example/in?x=1");
    expect(JSON.parse(hook?.body ?? "")).toMatchObject({
      type: "notification",
      data: {
        network: "test",
        text: "12 nodes want approval",
        groups: [{ event: "node.pending", count: 12, url: "http://hub.localhost/#/nodes" }],
      },
    });
    expect(hook && (await verifies(secret ?? "", hook))).toBe(true);
    const [chat] = world.to("chat.example");
    expect(chat?.url).toBe("https://chat.example/services/T/B/secret");
    expect(JSON.parse(chat?.body ?? "").text).toContain("|12 nodes want approval>");
    expect(JSON.parse(world.to("mail.example")[0]?.body ?? "")).toMatchObject({
      to: ["ops@example.com"],
      subject: "[test] 12 nodes want approval",
    });
    expect(world.sent.every(({ redirect }) => redirect === "manual")).toBe(true);
    await world.run(10 * MINUTE);
    // What still waits is not told again for as long as it is known to have been told.
    await env.DB.prepare("UPDATE nodes SET created_at = 1").run();
    await world.run(29 * 86_400_000);
    expect(world.sent).toHaveLength(3);
    expect(await shown("hook")).toMatchObject({ failures: 0, lastFailure: null });
    expect((await shown("hook")).lastSuccessAt).toEqual(expect.any(Number));
  });

  it("is told again under the same id until it is taken, while others are told; and says why", async () => {
    await add("down", "webhook", "https://down.example/", ["node.pending"]);
    await add("up", "webhook", "https://up.example/", ["node.pending"]);
    world.answers.set("down.example", () => new Response("no", { status: 503 }));
    await pendingNode("first");
    await world.run();
    expect(world.to("up.example")).toHaveLength(1);
    expect(await shown("down")).toMatchObject({
      failures: 1,
      lastFailure: "It answered 503.",
      lastSuccessAt: null,
    });
    world.answers.set("down.example", () => Promise.reject(new TypeError("refused")));
    await pendingNode("second");
    await world.run();
    expect(await shown("down")).toMatchObject({ failures: 2, lastFailure: "It can't be reached." });
    world.answers.clear();
    await world.run(3 * MINUTE);
    const tries = world.to("down.example");
    expect(tries).toHaveLength(3);
    expect(new Set(tries.map(({ headers }) => headers.get("webhook-id"))).size).toBe(1);
    expect(tries.at(-1)?.body).not.toContain("second");
    expect(await shown("down")).toMatchObject({ failures: 0 });
    await world.run(6 * MINUTE);
    expect(world.to("down.example").at(-1)?.body).toContain("second");
    // What fails to be sent is never itself something to tell.
    const { results } = await env.DB.prepare("SELECT event FROM notices").all<{ event: string }>();
    expect(new Set(results.map(({ event }) => event))).toEqual(new Set(["node.pending"]));
  });

  it("goes out once where two runs of a minute meet", async () => {
    await add("hook", "webhook", "https://hook.example/", ["node.pending"]);
    await pendingNode("one");
    const { resolve, promise } = Promise.withResolvers<void>();
    world.answers.set("hook.example", async () => {
      await promise;
      return new Response(null);
    });
    const first = world.run();
    await expect.poll(() => world.to("hook.example").length).toBe(1);
    await world.run(0);
    resolve();
    await first;
    expect(world.to("hook.example")).toHaveLength(1);
  });

  it("is a new owner, whoever made them one, but not one who is changed otherwise", async () => {
    await add("mail", "email", "ops@example.com", ["owner.new"]);
    const { json } = await world.api("POST", "/users", { email: "eve@corp.com", role: "admin" });
    await world.run();
    expect(world.sent).toHaveLength(0);
    await world.api("PATCH", `/users/${json.id}`, { role: "owner" }, { "if-match": '"1"' });
    await world.run();
    expect(JSON.parse(world.sent[0]?.body ?? "")).toMatchObject({
      subject: "[test] A person became an owner",
    });
    expect(world.sent[0]?.body).toContain("eve@corp.com");
    await world.api("PATCH", `/users/${json.id}`, { name: "Eve" }, { "if-match": '"2"' });
    await world.run(10 * MINUTE);
    expect(world.sent).toHaveLength(1);
  });

  it("is an action of the audit log that is chosen, and no other", async () => {
    await add("mail", "email", "ops@example.com", ["group.create"]);
    await world.run();
    await world.api("POST", "/groups", { name: "engineering" });
    await world.api("POST", "/segments", { name: "production" });
    await expect
      .poll(async () => {
        await world.run(10 * MINUTE);
        return world.sent.length;
      })
      .toBe(1);
    expect(JSON.parse(world.sent[0]?.body ?? "").text).toContain("created a group: engineering");
  });

  it("is a credential near its end: two weeks before, or a quarter of a short life", async () => {
    const day = 86_400_000;
    await add("mail", "email", "ops@example.com", ["credential.ending"]);
    await world.api("POST", "/service-tokens", { name: "long", expiresAt: Date.now() + 90 * day });
    await world.api("POST", "/service-tokens", { name: "short", expiresAt: Date.now() + 4 * day });
    await world.run();
    expect(world.sent).toHaveLength(0);
    await world.run(3 * day + MINUTE);
    expect(JSON.parse(world.sent.at(-1)?.body ?? "").text).toContain("The service token short ends on ");
    await world.run(74 * day);
    expect(JSON.parse(world.sent.at(-1)?.body ?? "").text).toContain("The service token long ends on ");
    expect(world.sent).toHaveLength(2);
    await env.DB.prepare("DELETE FROM service_tokens").run();
  });

  it("is a service token that nobody uses, a week before it is switched off", async () => {
    const day = 86_400_000;
    await add("mail", "email", "ops@example.com", ["credential.ending"]);
    await world.api("POST", "/service-tokens", { name: "idle", unusedDays: 30 });
    await world.api("POST", "/service-tokens", { name: "busy", unusedDays: 30 });
    await env.DB.prepare("UPDATE service_tokens SET last_used_at = ? WHERE name = 'busy'")
      .bind(world.now() + 20 * day)
      .run();
    await world.run(22 * day);
    expect(world.sent).toHaveLength(0);
    await world.run(day + MINUTE);
    expect(world.sent).toHaveLength(1);
    expect(JSON.parse(world.sent[0]?.body ?? "").text).toContain("The unused service token idle ends on ");
    await env.DB.prepare("DELETE FROM service_tokens").run();
  });

  it("is an identity provider that is away, once in some hours", async () => {
    await add("mail", "email", "ops@example.com");
    const six = 6 * 3_600_000;
    const start = Math.ceil(world.now() / six) * six;
    const found = (at: number) =>
      keepNotices(bindings, [providerDown({ id: "idp_1", name: "Google" }, at)], at);
    await found(start);
    await found(start + MINUTE);
    await world.run();
    await found(start + 2 * MINUTE);
    await world.run(10 * MINUTE);
    expect(world.sent).toHaveLength(1);
    expect(JSON.parse(world.sent[0]?.body ?? "").subject).toBe("[test] An identity provider does not answer");
  });

  it("is nothing for a destination that is switched off, and nothing of the time before it was made", async () => {
    await add("early", "email", "early@example.com", ["node.pending"]);
    await pendingNode("old");
    await world.run();
    const { destination } = await add("late", "slack", "https://late.example/x", ["node.pending"]);
    await world.run(10 * MINUTE);
    expect(world.to("late.example")).toHaveLength(0);
    await world.api("PATCH", `/notifications/${destination.id}`, { enabled: false }, { "if-match": '"1"' });
    await pendingNode("new");
    await world.run(10 * MINUTE);
    expect(world.to("late.example")).toHaveLength(0);
    expect(world.to("mail.example")).toHaveLength(2);
  });
});

describe("a destination", () => {
  it.each([
    ["webhook", "http://hook.example/"],
    ["webhook", "https://127.0.0.1/"],
    ["webhook", "https://[::ffff:10.0.0.1]/"],
    ["webhook", "https://169.254.169.254/latest"],
    ["webhook", "https://printer.local/"],
    ["webhook", "https://hub.localhost/api/v1/users"],
    ["webhook", "https://user:secret@hook.example/"],
    ["slack", "https://10.0.0.1/services"],
    ["email", "no address"],
    ["email", "a@b.example\nBcc: c@d.example"],
  ])("%s %s is refused where it is saved", async (kind, target) => {
    const { status, json } = await world.api("POST", "/notifications", { name: "x", kind, target });
    expect([status, json.code]).toEqual([422, "invalid_input"]);
  });

  it("is judged anew at each message, and no redirect is followed", async () => {
    await add("hook", "webhook", "https://hook.example/", ["node.pending"]);
    const answer = new Response(null, { status: 302, headers: { location: "https://10.0.0.1/" } });
    world.answers.set("hook.example", () => answer.clone());
    expect(await world.api("POST", "/notifications/hook/test")).toMatchObject({
      status: 502,
      json: { code: "notification_not_sent", detail: expect.stringContaining("redirects are not followed") },
    });
    expect(world.sent).toHaveLength(1);
    // As an earlier release stored it.
    await env.DB.prepare(
      "UPDATE notification_destinations SET target = 'https://192.168.1.1/', address_sealed = NULL",
    ).run();
    await world.run();
    const { json } = await world.api("POST", "/notifications/hook/test");
    expect(json.detail).toBe(
      "Its address is refused. It must be at a public address, and not at a host of this network itself.",
    );
    expect(world.sent).toHaveLength(1);
  });

  it("shows a secret once: a webhook's when it is made or renewed, of a URL only the origin", async () => {
    const made = await add("hook", "webhook", "https://hook.example/in/hidden?key=hidden");
    expect(made.destination.target).toBe("https://hook.example");
    expect(made.secret).toMatch(/^whsec_[0-9A-Za-z+/]{43}=$/);
    const { destination, secret } = await add("chat", "slack", "https://chat.example/services/T/B/hidden");
    expect([destination.target, secret]).toEqual(["https://chat.example", null]);
    const { json } = await world.api("POST", "/notifications/hook/rotate", {}, { "if-match": '"1"' });
    expect(json.secret).not.toBe(made.secret);
    await world.api("POST", "/notifications/hook/test");
    expect(await verifies(String(json.secret), world.to("hook.example")[0] ?? expect.fail("nothing"))).toBe(
      true,
    );
    expect(world.to("hook.example")[0]?.url).toBe("https://hook.example/in/hidden?key=hidden");
    const seen = await Promise.all(
      ["/notifications", "/network/document", "/history?kind=notificationDestination"].map(
        async (path) => (await world.api("GET", path)).json,
      ),
    );
    const all = JSON.stringify(seen);
    const rows = await env.DB.prepare("SELECT * FROM notification_destinations").all();
    const kept = await env.DB.prepare(
      "SELECT after FROM history WHERE kind = 'notificationDestination'",
    ).all();
    for (const text of [all, JSON.stringify(rows.results), JSON.stringify(kept.results)]) {
      expect(text).not.toMatch(/hidden|whsec/);
      expect(text).not.toContain(made.secret?.slice(6));
    }
  });

  it("gets messages that both secrets sign while one is being replaced, and the old one nothing more then", async () => {
    const { secret: old } = await add("hook", "webhook", "https://hook.example/", ["node.pending"]);
    const rotate = async (graceSeconds: number, version: number) => {
      const { json } = await world.api(
        "POST",
        "/notifications/hook/rotate",
        { graceSeconds },
        {
          "if-match": `"${version}"`,
        },
      );
      return String(json.secret);
    };
    const now = await rotate(3_600, 1);
    await world.api("POST", "/notifications/hook/test");
    const [both = expect.fail("nothing")] = world.to("hook.example");
    expect([await verifies(old ?? "", both), await verifies(now, both)]).toEqual([true, true]);
    const leaked = await rotate(0, 2);
    await world.api("POST", "/notifications/hook/test");
    const alone = world.to("hook.example")[1] ?? expect.fail("nothing");
    expect([await verifies(now, alone), await verifies(leaked, alone)]).toEqual([false, true]);
  });

  it("keeps an address of an earlier release from being read, and uses it as before", async () => {
    await add("hook", "webhook", "https://hook.example/", ["node.pending"]);
    await env.DB.prepare(
      "UPDATE notification_destinations SET target = 'https://hook.example/old/hidden', address_sealed = NULL",
    ).run();
    expect(await shown("hook")).toMatchObject({ target: "https://hook.example" });
    await pendingNode("one");
    await world.run();
    expect(world.to("hook.example")[0]?.url).toBe("https://hook.example/old/hidden");
    const { target } = (await env.DB.prepare("SELECT target FROM notification_destinations").first()) ?? {};
    expect(target).toBe("https://hook.example");
  });

  it("gets what it did not take for a day put aside, and the next; what was put aside is sent again by hand", async () => {
    await add("down", "webhook", "https://down.example/", ["node.pending"]);
    world.answers.set("down.example", () => new Response("no", { status: 503 }));
    await pendingNode("first");
    await world.run();
    await pendingNode("second");
    for (let hour = 0; hour < 25; hour++) await world.run(61 * MINUTE);
    const letters = async () => (await world.api("GET", "/dead-letters")).json.items as { id: string }[];
    const [letter, ...more] = await letters();
    expect([letter, more]).toMatchObject([
      { destination: "down", text: "A node wants approval", why: "It answered 503." },
      [],
    ]);
    expect(world.to("down.example").at(-1)?.body).toContain("second");
    const path = `/dead-letters/${letter?.id}`;
    expect((await world.api("POST", `${path}/resend`)).json.code).toBe("notification_not_sent");
    world.answers.clear();
    expect((await world.api("POST", `${path}/resend`)).status).toBe(204);
    const first = world.to("down.example")[0];
    const again = world.to("down.example").at(-1);
    expect(again?.headers.get("webhook-id")).toBe(first?.headers.get("webhook-id"));
    expect(again?.body).toContain("first");
    expect(await letters()).toEqual([]);
  });

  it("that takes nothing for five days is switched off, which the others are told; switched on, it has its time anew", async () => {
    await add("down", "webhook", "https://down.example/", ["node.pending"]);
    await add("mail", "email", "ops@example.com", ["destination.off"]);
    world.answers.set("down.example", () => new Response("no", { status: 410 }));
    for (let day = 0; day < 6; day++) {
      await pendingNode(`of-day-${day}`);
      await world.run(day === 0 ? MINUTE : 86_400_000);
      await world.run(61 * MINUTE);
    }
    const off = await shown("down");
    expect(off).toMatchObject({ enabled: false, lastFailure: "It answered 410." });
    await world.run(10 * MINUTE);
    expect(JSON.parse(world.to("mail.example").at(-1)?.body ?? "{}").text).toContain("down");
    const version = { "if-match": `"${off.version}"` };
    expect((await world.api("PATCH", "/notifications/down", { enabled: true }, version)).status).toBe(200);
    await world.run(10 * MINUTE);
    expect(await shown("down")).toMatchObject({ enabled: true });
  });

  it("wants events that there are, and says which was meant", async () => {
    const body = { name: "x", kind: "email", target: "a@b.example", events: ["node.pendign"] };
    const { status, json } = await world.api("POST", "/notifications", body);
    expect(status).toBe(422);
    expect(JSON.stringify(json)).toContain("did you mean node.pending?");
  });
});
