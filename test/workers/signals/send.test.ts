import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { publicKeys } from "../../../workers/gateway/jwks.ts";
import worker from "../../../workers/index.ts";
import { noteTrouble } from "../../../workers/session/events.ts";
import { sendSignals } from "../../../workers/signals/sent/index.ts";
import { call, createNetwork } from "../hub/world.ts";
import { answerAt, bindings, startNetwork } from "../login/silent-provider.ts";
import { applyRegistry } from "../registry.ts";
import { deviceOf, signallingProvider } from "./world.ts";

const CAEP = "https://schemas.openid.net/secevent/caep/event-type/";
const RISC = "https://schemas.openid.net/secevent/risc/event-type/";
const AUDIENCE = "https://receiver.example/aud";
const MINUTE = 60_000;

let token = "";
let stream = { id: "", token: "" };
let answer: (body: string) => Promise<number> = async () => 202;
const pushed: { readonly body: string; readonly headers: Headers }[] = [];
let now = Date.now();

beforeAll(async () => {
  await applyRegistry();
  token = await createNetwork();
  await startNetwork();
  answerAt("receiver.example", async (_, init) => {
    pushed.push({ body: String(init?.body), headers: new Headers(init?.headers) });
    return new Response(null, { status: await answer(String(init?.body)) });
  });
  answerAt("keys.example", async () => Response.json({ keys: await publicKeys(bindings) }));
  const body = {
    name: "soc",
    target: "https://receiver.example/in/hidden",
    authorization: "Bearer their-token",
    audience: AUDIENCE,
  };
  const made = await call(token, "POST", "/signals/receivers", { body });
  expect(made.status).toBe(201);
  stream = { id: (made.json.receiver as { id: string }).id, token: String(made.json.token) };
  await sendSignals(bindings, now);
});
beforeEach(() => {
  pushed.length = 0;
  answer = async () => 202;
  now = Date.now();
});

/** Runs of the minute until something was pushed, since the log tells its index a moment later. */
async function run(count = 1) {
  await expect
    .poll(async () => {
      now = Math.max(now, Date.now());
      await sendSignals(bindings, now);
      return pushed.length;
    })
    .toBeGreaterThanOrEqual(count);
}

const claimsOf = async ({ body }: { body: string }) =>
  (
    await jwtVerify(body, createLocalJWKSet({ keys: await publicKeys(bindings) }), {
      issuer: bindings.authOrigin,
      audience: AUDIENCE,
      typ: "secevent+jwt",
    })
  ).payload;

const user = async (email: string) =>
  String((await call(token, "POST", "/users", { body: { email } })).json.id);

async function manage(method: string, path: string, body?: object, bearer = stream.token) {
  const ctx = createExecutionContext();
  const request = new Request(`${bindings.authOrigin}/.rustronaut/ssf/${path}`, {
    method,
    headers: { authorization: `Bearer ${bearer}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const response = await worker.fetch(request, env, ctx);
  await waitOnExecutionContext(ctx);
  const text = await response.text();
  return { status: response.status, json: text === "" ? null : (JSON.parse(text) as unknown) };
}

test("what is found is pushed as a token that jose verifies by the published keys, once", async () => {
  const id = await user("mia@corp.com");
  await call(token, "PUT", `/users/${id}/risk`, { body: { score: 90 } });
  await run();
  const [only] = pushed;
  const claims = await claimsOf(only ?? expect.fail("nothing"));
  expect(claims).toMatchObject({
    sub_id: { format: "email", email: "mia@corp.com" },
    events: { [`${CAEP}risk-level-change`]: { principal: "USER", current_level: "HIGH" } },
  });
  expect(claims).not.toHaveProperty("exp");
  expect(claims).not.toHaveProperty("sub");
  expect(decodeProtectedHeader(only?.body ?? "").alg).toBe("ES256");
  expect(only?.headers.get("authorization")).toBe("Bearer their-token");
  expect(only?.headers.get("content-type")).toBe("application/secevent+jwt");
  await sendSignals(bindings, now + MINUTE);
  expect(pushed).toHaveLength(1);
  const configuration = await worker.fetch(
    new Request(`${bindings.authOrigin}/.well-known/ssf-configuration`),
    env,
    createExecutionContext(),
  );
  expect(await configuration.json()).toMatchObject({
    issuer: bindings.authOrigin,
    jwks_uri: `${bindings.authOrigin}/.well-known/rustronaut/jwks.json`,
    delivery_methods_supported: ["urn:ietf:rfc:8935"],
  });
});

test("a user who is switched off, and on again, is told as RISC has it", async () => {
  const id = await user("bo@corp.com");
  const change = (status: string, version: number) =>
    call(token, "PATCH", `/users/${id}`, { body: { status }, headers: { "if-match": `"${version}"` } });
  await change("disabled", 1);
  await change("active", 2);
  await run(2);
  const events = await Promise.all(
    pushed.map(async (one) => Object.keys((await claimsOf(one)).events as object)),
  );
  expect(events).toEqual([[`${RISC}account-disabled`], [`${RISC}account-enabled`]]);
});

test("a device that falls out of compliance is told of with its owner, once, and so is a copied passkey", async () => {
  const id = await user("cleo@corp.com");
  const { id: node } = await deviceOf(id);
  const state = (facts: string[]) =>
    call(token, "PUT", `/nodes/${node}/facts`, { body: { by: "intune", facts } });
  for (const facts of [["managed"], ["compliant"], ["compliant", "managed"], ["not-compliant"]])
    await state(facts);
  await noteTrouble(bindings, "login", "passkey.cloned", `user:${id}`, id, { name: "key" });
  await run(3);
  const told = await Promise.all(pushed.map(claimsOf));
  const person = { format: "email", email: "cleo@corp.com" };
  const sub_id = { format: "complex", user: person, device: { format: "opaque", id: node } };
  const [type, event_timestamp] = [`${CAEP}device-compliance-change`, expect.any(Number)];
  const [good, bad] = ["compliant", "not-compliant"];
  expect(told.map(({ sub_id, events }) => ({ sub_id, events }))).toEqual([
    { sub_id, events: { [type]: { event_timestamp, previous_status: bad, current_status: good } } },
    { sub_id, events: { [type]: { event_timestamp, previous_status: good, current_status: bad } } },
    {
      sub_id: person,
      events: { [`${RISC}credential-compromise`]: { event_timestamp, credential_type: "fido2-roaming" } },
    },
  ]);
});

test("our own receiver heeds what our own transmitter sends, and does not tell it on", async () => {
  const provider = await signallingProvider(token);
  const session = await provider.signIn();
  const { userId } = session.principal;
  await env.DB.prepare(
    "UPDATE signal_transmitters SET issuer = ?, audience = ?, jwks_uri = 'https://keys.example/jwks' WHERE id = ?",
  )
    .bind(bindings.authOrigin, AUDIENCE, provider.transmitterId)
    .run();
  // Somebody else's kill: the sessions of this network are still there.
  await call(token, "PUT", `/users/${userId}/risk`, { body: { score: 95 } });
  answer = async (body) => (await provider.push(body)).status;
  await run();
  expect(await provider.received()).toMatchObject([
    { event: "risk-level-change", outcome: "set the risk 95" },
  ]);
  pushed.length = 0;
  now += MINUTE;
  await sendSignals(bindings, now);
  expect(pushed).toEqual([]);
});

test("the sessions that an administrator ends are told of, with their person", async () => {
  const provider = await signallingProvider(token);
  const session = await provider.signIn();
  const killed = await call(token, "DELETE", `/sessions/${session.id}`);
  expect(killed.json.ended).toEqual([session.id]);
  await run();
  const claims = await claimsOf(pushed[0] ?? expect.fail("nothing"));
  expect(claims).toMatchObject({
    sub_id: { email: session.principal.email },
    events: { [`${CAEP}session-revoked`]: { initiating_entity: "admin" } },
  });
});

test("what is not taken is tried later under the same id, in its order, given up after a day, and sent again by hand", async () => {
  answer = async () => 503;
  const id = await user("eve@corp.com");
  await call(token, "PUT", `/users/${id}/risk`, { body: { score: 50 } });
  await run();
  await call(token, "PUT", `/users/${id}/risk`, { body: { score: 0 } });
  const waiting = async () => {
    await sendSignals(bindings, now);
    return (await call(token, "GET", "/signals/receivers/soc")).json.waiting;
  };
  await expect.poll(waiting).toBe(2);
  for (let hour = 0; hour < 27; hour++) {
    now += 61 * MINUTE;
    await sendSignals(bindings, now);
  }
  const ids = await Promise.all(pushed.map(async (one) => (await claimsOf(one)).jti));
  const shown = async () => (await call(token, "GET", "/signals/receivers/soc")).json;
  expect(await shown()).toMatchObject({
    target: "https://receiver.example",
    lastFailure: "It answered 503.",
  });
  expect((await shown()).givenUp).toBeGreaterThanOrEqual(1);
  const before = pushed.length;
  await sendSignals(bindings, now + 1);
  answer = async () => 202;
  expect((await call(token, "POST", "/signals/receivers/soc/verify")).status).toBe(204);
  now = Date.now() + 60 * 86_400_000;
  await sendSignals(bindings, now);
  const again = await Promise.all(pushed.slice(before).map(async (one) => (await claimsOf(one)).jti));
  expect(again).toContain(ids[0]);
  expect(await shown()).toMatchObject({ waiting: 0, givenUp: 0 });
});

test("a receiver manages its own stream, and no other", async () => {
  expect((await manage("GET", "stream", undefined, "rnsig_wrong")).status).toBe(401);
  expect(await manage("GET", "stream")).toMatchObject({
    json: [{ stream_id: stream.id, aud: AUDIENCE, delivery: { method: "urn:ietf:rfc:8935" } }],
  });
  expect((await manage("GET", "status?stream_id=other")).status).toBe(404);
  expect((await manage("POST", "status", { stream_id: "other", status: "paused" })).status).toBe(400);
  expect((await manage("POST", "status", { stream_id: stream.id, status: "gone" })).status).toBe(400);
  expect((await manage("POST", "verify", { stream_id: stream.id, state: "s1" })).status).toBe(204);
  const claims = await claimsOf(pushed[0] ?? expect.fail("nothing"));
  expect(claims).toMatchObject({ sub_id: { format: "opaque", id: stream.id } });
  expect(JSON.stringify(claims.events)).toContain('"state":"s1"');
  expect((await manage("POST", "verify", { stream_id: stream.id })).status).toBe(429);
});

test("a paused stream's tokens wait, and people whom it does not want are left out", async () => {
  const [mo, jo] = [await user("mo@corp.com"), await user("jo@corp.com")];
  const subject = { format: "email", email: "MO@corp.com" };
  expect((await manage("POST", "subjects/remove", { stream_id: stream.id, subject })).status).toBe(204);
  // The KELVIN SIGN is another letter than k, though it is one in lower case.
  const other = { format: "email", email: "jo\u212a@corp.com" };
  const jok = await user("jok@corp.com");
  await manage("POST", "subjects/remove", { stream_id: stream.id, subject: other });
  expect(
    await env.DB.prepare("SELECT 1 FROM signal_exclusions WHERE user_id = ?").bind(jok).first(),
  ).toBeNull();
  await manage("POST", "status", { stream_id: stream.id, status: "paused" });
  pushed.length = 0;
  for (const id of [mo, jo]) await call(token, "PUT", `/users/${id}/risk`, { body: { score: 50 } });
  const waiting = async () => {
    now += MINUTE;
    await sendSignals(bindings, now);
    return (await call(token, "GET", "/signals/receivers/soc")).json.waiting;
  };
  await expect.poll(waiting).toBe(1);
  expect(pushed).toEqual([]);
  await manage("POST", "status", { stream_id: stream.id, status: "enabled" });
  await run();
  expect((await claimsOf(pushed[0] ?? expect.fail("nothing"))).sub_id).toMatchObject({
    email: "jo@corp.com",
  });
});

test("a receiver at an address inside, or at this network itself, is refused; nobody is shown more than its origin", async () => {
  for (const target of [
    "http://r.example",
    "https://127.0.0.1/",
    "https://169.254.169.254/",
    "https://hub.localhost/",
  ]) {
    const made = await call(token, "POST", "/signals/receivers", {
      body: { name: "x", target, audience: "x" },
    });
    expect(made.status).toBe(422);
  }
  const seen = await Promise.all(
    ["/signals/receivers", "/history?kind=signalReceiver"].map(
      async (path) => (await call(token, "GET", path)).json,
    ),
  );
  const rows = await env.DB.prepare("SELECT * FROM signal_receivers").all();
  expect(JSON.stringify([seen, rows.results])).not.toMatch(/hidden|their-token/);
});

test("a receiver's credential is not shown at another origin, to which it was moved without one", async () => {
  const create = { name: "moved", target: "https://receiver.example/a", audience: AUDIENCE };
  const made = await call(token, "POST", "/signals/receivers", {
    body: { ...create, authorization: "Bearer abc" },
  });
  const { id } = made.json.receiver as { id: string };
  const change = (target: string, version: number) =>
    call(token, "PATCH", `/signals/receivers/${id}`, {
      body: { target },
      headers: { "if-match": `"${version}"` },
    });
  expect((await change("https://receiver.example/b", 1)).json).toMatchObject({ authorized: true });
  expect((await change("https://other.example/b", 2)).json).toMatchObject({ authorized: false });
});
