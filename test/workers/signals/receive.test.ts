import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { auditObject } from "../../../workers/platform/objects.ts";
import { loadPrincipal } from "../../../workers/registry/principals.ts";
import { call, createNetwork } from "../hub/world.ts";
import { bindings, startNetwork } from "../login/silent-provider.ts";
import { applyRegistry } from "../registry.ts";
import { caep, deviceOf, risc, type SignallingProvider, signallingProvider } from "./world.ts";

let token = "";
beforeAll(async () => {
  await applyRegistry();
  token = await createNetwork();
  await startNetwork();
});

const seconds = (ms = 0) => Math.floor((Date.now() + ms) / 1_000);
const riskOf = async (userId: string) => (await loadPrincipal(env.DB, userId))?.risk ?? [];

describe("a signal", () => {
  test("S-37: that revokes the session ends the sessions of the person, and of nobody else", async () => {
    const provider = await signallingProvider(token);
    const [one, other] = [await provider.signIn(), await provider.signIn(undefined, "other-")];
    expect(await provider.send(caep("session-revoked", { event_timestamp: seconds() }))).toEqual({
      status: 202,
    });
    expect(await provider.live(one)).toBeUndefined();
    expect(await provider.live(other)).toBeDefined();
    expect(await provider.received()).toMatchObject([
      { event: "session-revoked", outcome: "ended sessions", ended: 1 },
    ]);
  });

  test("of one session ends it, and those whose id at the provider is not known", async () => {
    const provider = await signallingProvider(token);
    provider.sid = "one";
    const one = await provider.signIn();
    provider.sid = "two";
    const two = await provider.signIn();
    provider.sid = null;
    const unknown = await provider.signIn();
    const user = { format: "iss_sub", iss: provider.issuer, sub: provider.claims.sub };
    const sub_id = { format: "complex", user, session: { format: "opaque", id: "one" } };
    await provider.send(caep("session-revoked"), { sub_id });
    expect([await provider.live(one), await provider.live(unknown)]).toEqual([undefined, undefined]);
    expect(await provider.live(two)).toBeDefined();
    const alone = { format: "complex", session: { format: "opaque", id: "two" } };
    await provider.send(caep("session-revoked"), { sub_id: alone });
    expect(await provider.live(two)).toBeUndefined();
  });

  test("of a risk level sets the person's risk, and takes back no more than it set itself", async () => {
    const provider = await signallingProvider(token);
    const { userId } = (await provider.signIn()).principal;
    const level = (current_level: string, at: number) =>
      provider.send(caep("risk-level-change", { principal: "USER", current_level, event_timestamp: at }));
    const set = { source: "soc", score: 40, halfLifeSeconds: 3_600 };
    await call(token, "PUT", `/users/${userId}/risk`, { body: set });
    expect((await level("HIGH", seconds(-30_000))).status).toBe(202);
    expect((await riskOf(userId)).map(({ source, score }) => [source, score])).toEqual([
      [`signal:${provider.transmitter}`, 95],
      ["soc", 40],
    ]);
    await level("LOW", seconds(-20_000));
    expect((await riskOf(userId)).map(({ source }) => source)).toEqual(["soc"]);
    // One that was held up says nothing any more.
    await level("HIGH", seconds(-25_000));
    expect((await riskOf(userId)).map(({ source }) => source)).toEqual(["soc"]);
  });

  test("raises the risk by devices apart from that of the person", async () => {
    const provider = await signallingProvider(token);
    const { userId } = (await provider.signIn()).principal;
    await provider.send(caep("risk-level-change", { principal: "USER", current_level: "MEDIUM" }));
    await provider.send(caep("device-compliance-change", { current_status: "not-compliant" }));
    await provider.send(caep("device-compliance-change", { current_status: "compliant" }));
    expect((await riskOf(userId)).map(({ kind, score }) => [kind, score])).toEqual([["risk_level", 60]]);
  });

  test("of a device's compliance is noted of that device, and of no device of others", async () => {
    const provider = await signallingProvider(token);
    const { userId } = (await provider.signIn()).principal;
    const [own, foreign] = [await deviceOf(userId), await deviceOf(null)];
    const said = (device: string, current_status: string, at = seconds()) => {
      const user = { format: "iss_sub", iss: provider.issuer, sub: provider.claims.sub };
      const sub_id = { format: "complex", user, device: { format: "opaque", id: device } };
      const payload = { current_status, previous_status: "compliant", event_timestamp: at };
      return provider.send(caep("device-compliance-change", payload), { sub_id });
    };
    const stated = async (node: string) => {
      const { json } = await call(token, "GET", `/nodes/${node}`);
      const all = json.stated as { source: string; fact: string; expiresAt: number }[];
      return all.filter(({ expiresAt }) => expiresAt > Date.now()).map(({ source, fact }) => [source, fact]);
    };
    const doubted = [[`signal:${provider.transmitter}`, "not-compliant"]];
    expect((await said(own.name, "not-compliant", seconds(-30_000))).status).toBe(202);
    expect(await stated(own.id)).toEqual(doubted);
    expect(await riskOf(userId)).toEqual([]);
    await said(own.id, "compliant", seconds(-20_000));
    expect(await stated(own.id)).toEqual([]);
    // One that was held up says nothing any more.
    await said(own.id, "not-compliant", seconds(-25_000));
    expect(await stated(own.id)).toEqual([]);
    // What is none of the person's devices is said of the person, as far as it goes.
    await said(foreign.id, "not-compliant");
    expect(await stated(foreign.id)).toEqual([]);
    expect((await riskOf(userId)).map(({ kind }) => kind)).toEqual(["device_not_compliant"]);
    // A device alone names whose it is.
    const alone = { format: "complex", device: { format: "opaque", id: own.id } };
    await provider.send(caep("device-compliance-change", { current_status: "?" }), { sub_id: alone });
    expect(await stated(own.id)).toEqual(doubted);
    const path = `/nodes/${own.id}/facts`;
    const by = `signal:${provider.transmitter}`;
    expect((await call(token, "PUT", path, { body: { by, facts: ["compliant"] } })).status).toBe(422);
    expect((await call(token, "PUT", path, { body: { by, facts: [] } })).status).toBe(200);
    expect(await stated(own.id)).toEqual([]);
  });

  test("of a device's compliance keeps no owner out unless an owner allowed that", async () => {
    const provider = await signallingProvider(token);
    const { userId } = (await provider.signIn()).principal;
    await env.DB.prepare("UPDATE users SET role = 'owner' WHERE id = ?").bind(userId).run();
    const own = await deviceOf(userId);
    const device = { format: "opaque", id: own.id };
    const user = { format: "iss_sub", iss: provider.issuer, sub: provider.claims.sub };
    const said = async (subject: object) => {
      const payload = { current_status: "not-compliant", previous_status: "compliant" };
      const sub_id = { format: "complex", device, ...subject };
      expect((await provider.send(caep("device-compliance-change", payload), { sub_id })).status).toBe(202);
      const { json } = await call(token, "GET", `/nodes/${own.id}`);
      return (json.stated as { fact: string }[]).map(({ fact }) => fact);
    };
    // With its person, and alone.
    expect([await said({ user }), await said({}), await riskOf(userId)]).toEqual([[], [], []]);
    await env.DB.prepare("UPDATE signal_transmitters SET rates_owners = 1 WHERE id = ?")
      .bind(provider.transmitterId)
      .run();
    expect(await said({})).toEqual(["not-compliant"]);
  });

  test("that comes late leaves sessions of a newer sign-in alone", async () => {
    const provider = await signallingProvider(token);
    provider.authTime = seconds();
    const session = await provider.signIn();
    const event_timestamp = seconds(-3_600_000);
    await provider.send(risc("sessions-revoked", { event_timestamp }));
    expect(await provider.live(session)).toBeDefined();
    await provider.send(risc("sessions-revoked", { event_timestamp: seconds() }));
    expect(await provider.live(session)).toBeUndefined();
  });

  test("of changed claims has the provider asked now, and ends the sessions if it can't be asked", async () => {
    const provider = await signallingProvider(token);
    const asked = await provider.signIn();
    provider.claims = { ...provider.claims, groups: ["finance"] };
    await provider.send(caep("token-claims-change", { claims: { groups: ["finance"] } }));
    expect((await provider.live(asked))?.principal.groups).toEqual(["finance"]);
    await env.DB.prepare("DELETE FROM provider_grants").run();
    await provider.send(caep("token-claims-change", { claims: {} }));
    expect(await provider.live(asked)).toBeUndefined();
  });

  test("does what an administrator chose for its kind", async () => {
    const provider = await signallingProvider(token, { effects: { "credential-change": "record" } });
    const session = await provider.signIn();
    await provider.send(caep("credential-change", { credential_type: "password", change_type: "update" }));
    expect(await provider.live(session)).toBeDefined();
    await provider.send(risc("account-disabled", { reason: "hijacking" }));
    expect(await provider.live(session)).toBeUndefined();
  });

  test("that is sent again is heeded once, also when heeding it failed before", async () => {
    const provider = await signallingProvider(token);
    await provider.signIn();
    const again = await provider.securityEvent(caep("session-revoked"), { jti: "once" });
    expect(await provider.push(again)).toEqual({ status: 202 });
    const session = await provider.signIn();
    expect(await provider.push(again)).toEqual({ status: 202 });
    expect(await provider.live(session)).toBeDefined();
    await env.DB.prepare("UPDATE signal_events SET outcome = NULL WHERE jti = 'once'").run();
    expect(await provider.push(again)).toEqual({ status: 202 });
    expect(await provider.live(session)).toBeUndefined();
  });

  test("is listed with what it caused, and leads to its entry in the log", async () => {
    const provider = await signallingProvider(token);
    const { email } = (await provider.signIn()).principal;
    await provider.send(caep("session-revoked"));
    const { json } = await call(token, "GET", `/signals?transmitter=${provider.transmitter}`);
    expect(json.items).toMatchObject([
      { event: "session-revoked", email, outcome: "ended sessions", ended: 1 },
    ]);
    const [{ entry }] = json.items as [{ entry: string }];
    expect((await auditObject(bindings).get(entry))?.entry).toMatchObject({ action: "signal.received" });
  });

  test("about the stream itself is kept with the transmitter", async () => {
    const provider = await signallingProvider(token);
    const ssf = "https://schemas.openid.net/secevent/ssf/event-type/";
    const sub_id = { format: "opaque", id: "stream-1" };
    await provider.send({ [`${ssf}verification`]: { state: "hello" } }, { sub_id });
    await provider.send({ [`${ssf}stream-updated`]: { status: "paused" } }, { sub_id });
    const { json } = await call(token, "GET", `/signals/transmitters/${provider.transmitter}`);
    expect(json).toMatchObject({ verifiedState: "hello", streamStatus: "paused" });
  });
});

describe("a transmitter", () => {
  let provider: SignallingProvider;
  beforeAll(async () => {
    provider = await signallingProvider(token);
  });
  const revoked = caep("session-revoked");

  test.each([
    ["another type", "invalid_request", {}, { typ: "JWT" }],
    ["another issuer", "invalid_issuer", { iss: "https://evil.example" }, {}],
    ["another audience", "invalid_audience", { aud: "them" }, {}],
    ["audiences that are no texts", "invalid_audience", { aud: ["us", 7] }, {}],
    ["very many audiences", "invalid_audience", { aud: Array.from({ length: 99 }, () => "us") }, {}],
    ["no jti", "invalid_request", { jti: undefined }, {}],
    ["an expiry, as other tokens have one", "invalid_request", { exp: 4_000_000_000 }, {}],
    ["a time to come", "invalid_request", { iat: 4_000_000_000 }, {}],
    ["a time long ago", "invalid_request", { iat: 1_700_000_000 }, {}],
    ["no subject", "invalid_request", { sub_id: undefined }, {}],
    [
      "two subjects",
      "invalid_request",
      {
        sub_id: { format: "email", email: "a@corp.com" },
        events: caep("session-revoked", { subject: { format: "email", email: "b@corp.com" } }),
      },
      {},
    ],
    ["no events", "invalid_request", { events: {} }, {}],
    ["a key that is not its own", "invalid_key", {}, { kid: "other" }],
    ["its own key in the header", "invalid_request", {}, { jwk: { kty: "RSA" } }],
  ])("is refused a token with %s", async (_, err, claims, header) => {
    expect(await provider.send(revoked, claims, header)).toEqual({ status: 400, err });
  });

  test("is refused a forged token, whatever its algorithm says", async () => {
    const [head = "", body = "", signature = ""] = (await provider.securityEvent(revoked)).split(".");
    const b64 = (value: object) => btoa(JSON.stringify(value)).replaceAll("=", "");
    const none = b64({ alg: "none", typ: "secevent+jwt" });
    const hmac = b64({ alg: "HS256", typ: "secevent+jwt", kid: "k" });
    const es = b64({ alg: "ES256", typ: "secevent+jwt", kid: "k" });
    expect(await provider.push(`${none}.${body}.`)).toEqual({ status: 400, err: "invalid_request" });
    expect(await provider.push(`${hmac}.${body}.${signature}`)).toEqual({
      status: 400,
      err: "invalid_request",
    });
    expect(await provider.push(`${es}.${body}.${signature}`)).toEqual({ status: 400, err: "invalid_key" });
    const other = await signallingProvider(token);
    const [, theirs = ""] = (await other.securityEvent(revoked, { iss: provider.issuer })).split(".");
    expect(await provider.push(`${head}.${theirs}.${signature}`)).toEqual({
      status: 400,
      err: "invalid_key",
    });
  });

  test("is refused without its bearer token, with another's, and with a body of another kind or size", async () => {
    const set = await provider.securityEvent(revoked);
    const refused = { status: 400, err: "authentication_failed" };
    expect(await provider.push(set, { authorization: "" })).toEqual(refused);
    expect(await provider.push(set, { authorization: `Bearer ${provider.bearer}x` })).toEqual(refused);
    const other = await signallingProvider(token);
    expect(await provider.push(set, { authorization: `Bearer ${other.bearer}` })).toEqual(refused);
    const invalid = { status: 400, err: "invalid_request" };
    expect(await provider.push(set, { "content-type": "application/json" })).toEqual(invalid);
    expect(await provider.push("a".repeat(70_000))).toEqual(invalid);
  });

  test("speaks of people of its own provider alone", async () => {
    const other = await signallingProvider(token);
    const session = await other.signIn();
    const { email } = session.principal;
    const foreign = { format: "iss_sub", iss: other.issuer, sub: other.claims.sub };
    expect(await provider.send(revoked, { sub_id: foreign })).toEqual({ status: 400, err: "access_denied" });
    for (const sub_id of [
      { format: "email", email },
      { format: "iss_sub", iss: provider.issuer, sub: other.claims.sub },
      { format: "opaque", id: other.claims.sub },
      { format: "aliases", identifiers: [{ format: "email", email }] },
      { format: "phone_number", phone_number: "+12065550100" },
    ]) {
      expect(await provider.send(revoked, { sub_id })).toEqual({ status: 202 });
      await provider.send(caep("risk-level-change", { current_level: "HIGH" }), { sub_id });
    }
    expect(await other.live(session)).toBeDefined();
    expect(await riskOf(session.principal.userId)).toEqual([]);
    const said = (await provider.received()).map(({ outcome, err }) => outcome ?? err);
    expect(said).toContain("recorded: it names nobody who signs in here");
    expect(said).toContain("access_denied");
  });

  test("is believed an e-mail address, an opaque id and aliases of its own people", async () => {
    const subject = provider.claims.sub;
    for (const sub_id of [
      { format: "email", email: String(provider.claims.email).toUpperCase() },
      { format: "opaque", id: subject },
      {
        format: "aliases",
        identifiers: [
          { format: "did", url: "did:x:1" },
          { format: "opaque", id: subject },
        ],
      },
    ]) {
      const session = await provider.signIn();
      await provider.send(revoked, { sub_id });
      expect(await provider.live(session)).toBeUndefined();
    }
  });

  test("raises no owner's risk unless an owner allowed it", async () => {
    const { userId } = (await provider.signIn()).principal;
    await env.DB.prepare("UPDATE users SET role = 'owner' WHERE id = ?").bind(userId).run();
    const high = caep("risk-level-change", { current_level: "HIGH" });
    await provider.send(high);
    expect(await riskOf(userId)).toEqual([]);
    const path = `/signals/transmitters/${provider.transmitter}`;
    const admin = await call(token, "POST", "/api-tokens", { body: { name: "admin", role: "admin" } });
    const patch = async (by: string, version: number, body: object) =>
      (await call(by, "PATCH", path, { body, headers: { "if-match": `"${version}"` } })).status;
    const as = String(admin.json.secret);
    // Nor does an admin say by whose keys, or by which events, owners are signed out.
    const powers = [
      ...[{ ratesOwners: true }, { issuer: "https://evil.example" }, { jwksUri: "https://evil.example/k" }],
      ...[{ effects: { "session-presented": "end_all" } }, { audience: "https://evil.example" }],
      { quarantines: ["risk-level-change"] },
    ];
    for (const body of powers) expect([body, await patch(as, 1, body)]).toEqual([body, 403]);
    const body = { name: "mine", issuer: "https://evil.example", provider: provider.id };
    expect((await call(as, "POST", "/signals/transmitters", { body })).status).toBe(403);
    expect(await patch(as, 1, { enabled: false })).toBe(200);
    expect(await patch(as, 2, { enabled: true })).toBe(403);
    expect(await patch(token, 2, { enabled: true, ratesOwners: true })).toBe(200);
    await provider.send(high);
    expect((await riskOf(userId)).map(({ score }) => score)).toEqual([95]);
  });

  test("as RISC before SSF 1.0 has it names the subject within the event, and shows no bearer token", async () => {
    const google = await signallingProvider(token, { kind: "risc", bearer: false });
    const session = await google.signIn();
    const subject = { subject_type: "iss-sub", iss: google.issuer, sub: google.claims.sub };
    const old = { sub_id: undefined };
    expect(await google.send(risc("sessions-revoked", { subject }), old, { typ: undefined })).toEqual({
      status: 202,
    });
    expect(await google.live(session)).toBeUndefined();
  });

  test("that is switched off, or that nobody set up, is refused", async () => {
    const off = await signallingProvider(token, { enabled: false });
    expect(await off.send(revoked)).toEqual({ status: 400, err: "access_denied" });
    const made = { name: "inner", provider: provider.id };
    for (const issuer of [
      "https://127.0.0.1",
      "https://169.254.169.254/x",
      "http://idp.example",
      "https://auth.localhost",
    ]) {
      const { status } = await call(token, "POST", "/signals/transmitters", { body: { ...made, issuer } });
      expect(status).toBe(422);
    }
  });
});
