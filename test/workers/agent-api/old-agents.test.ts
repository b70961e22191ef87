import { beforeAll, describe, expect, test } from "vitest";
import { base64url } from "../../../shared/base/base64url.ts";
import type { AnyDocument } from "../../../shared/node/config/object.ts";
import type { ComponentDocument, ConfigUpdate, PeerDocument } from "../../../shared/node/config/types.ts";
import { sealEnrolmentSecret } from "../../../shared/node/protocol/enrolment-secret.ts";
import { confirmed, startHandshake } from "../../../shared/node/protocol/handshake.ts";
import { signStatement } from "../../../shared/node/protocol/statement.ts";
import type { ChallengeAnswer } from "../../../shared/node/protocol/types.ts";
import { type Answer, bytes, newNode, type TestNode } from "../../support/test-node.ts";
import first from "../../vectors/agent-protocol/calls/1.json" with { type: "json" };
import { openWorld, type World } from "./world.ts";

/** The calls of released agents, member for member as they sent them. A new capability adds a file; none is changed. */

let world: World;
beforeAll(async () => {
  world = await openWorld();
});

type Values = Readonly<Record<string, unknown>>;

/** A recorded document with what this run knows in the places of `$name`. */
function filled(document: unknown, values: Values): unknown {
  if (typeof document === "string" && document.startsWith("$")) return values[document.slice(1)];
  if (Array.isArray(document)) return document.map((item) => filled(item, values));
  if (typeof document !== "object" || document === null) return document;
  return Object.fromEntries(Object.entries(document).map(([name, value]) => [name, filled(value, values)]));
}

const document = (recorded: unknown, values: Values) => filled(recorded, values) as Record<string, unknown>;

function understood(answer: Answer, members: readonly string[]): Record<string, unknown> {
  expect(answer.status, answer.text).toBe(200);
  const said = answer.json<Record<string, unknown>>();
  expect(Object.keys(said)).toEqual(expect.arrayContaining([...members]));
  return said;
}

/** Only the headers that the release sent, and its own capability. */
async function call(node: TestNode, method: string, target: string, body?: string): Promise<Answer> {
  const signed = await node.signed(method, target, body === undefined ? {} : { body });
  const headers = Object.fromEntries(
    Object.entries(first.sessionHeaders).map(([name, value]) => [
      name,
      value.startsWith("$") ? (signed[name] ?? "") : value,
    ]),
  );
  return node.hub.send(target, { method, headers, ...(body === undefined ? {} : { body }) });
}

async function enrol(node: TestNode, secret: string): Promise<Answer> {
  const { crypto, origin, root } = node.hub;
  const asked = await node.hub.post("/agent/v1/enroll/challenge", { keys: node.publicKeys });
  const challenge = understood(asked, first.answers.challenge) as unknown as ChallengeAnswer;
  const sealed = await sealEnrolmentSecret(crypto, secret.split(".")[0] ?? "", {
    origin,
    hubKem: bytes(root.hubKem.publicKey),
    signingKey: node.signing.publicKey,
  });
  if (!sealed.ok) throw new Error(sealed.error);
  const statement = document(first.enroll, {
    keys: node.publicKeys,
    challenge: challenge.challenge,
    facts: first.facts,
    now: Date.now(),
    hubCiphertext: base64url(sealed.value.hubCiphertext),
    sealedKey: base64url(sealed.value.sealed),
  });
  return node.hub.post("/agent/v1/enroll", await node.prove("enroll", statement, challenge));
}

async function shakeHands(node: TestNode): Promise<void> {
  const { crypto, origin, root } = node.hub;
  const started = await startHandshake(
    crypto,
    { origin, kem: bytes(root.hubKem.publicKey) },
    { node: node.id, signingKey: node.signing },
    { counter: 1, time: Date.now() },
  );
  if (!started.ok) throw new Error(started.error);
  const { request, sessionKey } = started.value;
  const statement = JSON.parse(new TextDecoder().decode(bytes(request.statement)));
  expect(Object.keys(statement)).toEqual(first.handshake);
  const answer = understood(await node.hub.post("/agent/v1/handshake", request), first.answers.handshake);
  expect(await confirmed(crypto, sessionKey, answer as unknown as Parameters<typeof confirmed>[2])).toBe(
    true,
  );
  node.session = { ticket: String(answer.ticket), key: sessionKey, requests: 0 };
}

describe("I8: an agent of capability 1", () => {
  test("joins, polls, reports, rotates its keys and leaves", async () => {
    const peer = await world.member();
    const node = await newNode(world.hub);
    understood(await world.hub.send("/agent/v1/trust"), first.answers.trust);
    node.id = String(understood(await enrol(node, await world.key()), first.answers.enroll).node);
    await shakeHands(node);
    const config = understood(await call(node, "GET", "/agent/v1/config"), first.answers.config);

    const signedFacts = await signStatement("facts", node.hub.origin, first.facts, node.signing);
    for (const recorded of first.reports) {
      const { serial, manifest } = config;
      const report = document(recorded, { now: Date.now(), peer: peer.id, signedFacts, serial, manifest });
      const answer = await call(node, "POST", "/agent/v1/telemetry", JSON.stringify(report));
      expect(understood(answer, [])).not.toHaveProperty("leftOut");
    }
    const { data } = await world.admin.call("nodes.get", { params: { node: node.id } });
    expect(data).toMatchObject({
      endpoints: first.reports[0]?.endpoints,
      offeredRoutes: first.reports[0]?.routes,
      live: { applyError: "nft: table is busy", conditions: [] },
    });

    await node.newKeys();
    const keys = JSON.stringify({ keys: node.publicKeys });
    const asked = await call(node, "POST", "/agent/v1/keys/challenge", keys);
    const challenge = understood(asked, first.answers.challenge) as unknown as ChallengeAnswer;
    const statement = document(first.rotate, {
      node: node.id,
      keys: node.publicKeys,
      challenge: challenge.challenge,
      now: Date.now(),
    });
    const proven = JSON.stringify(await node.prove("rotate", statement, challenge));
    understood(await call(node, "POST", "/agent/v1/keys", proven), first.answers.rotate);
    expect((await call(node, "POST", "/agent/v1/logout")).status).toBe(200);
  });
});

describe("an agent that knows less of rules than the hub", () => {
  const member = async (capability: number): Promise<TestNode> => {
    const node = await newNode(world.hub);
    node.capability = capability;
    await node.enrol(await world.key());
    await node.shakeHands();
    return node;
  };
  const config = async (node: TestNode) => {
    const documents = ((await node.poll()).json<ConfigUpdate>().objects ?? []).map(
      (text) => JSON.parse(new TextDecoder().decode(bytes(text))) as AnyDocument,
    );
    const component = documents.find(({ type }) => type === "component") as ComponentDocument;
    const peers = documents.filter(({ type }) => type === "peer") as PeerDocument[];
    return { rules: component.rules.map(({ id }) => id), peers };
  };

  const ruleBetween = async (ends: string[], name: string, effect: "allow" | "deny", traffic: string) => {
    const body = { name, from: ends, to: ends, traffic: [traffic], effect };
    return (await world.admin.call("meshRules.create", { body })).data;
  };
  const by = (...rules: { id: string }[]) => rules.map(({ id }) => ({ rule: id }));

  test("is never given what another rule denies, and gets all of it once it knows denials", async () => {
    const SINCE = 4;
    const [old, peer] = [await member(SINCE - 1), await member(SINCE)];
    const both = [old, peer].map(({ name }) => `node:${name}`);
    const rule = (name: string, effect: "allow" | "deny", traffic: string) =>
      ruleBetween(both, name, effect, traffic);
    const web = await rule("web", "allow", "tcp/1-1000");
    const dns = await rule("dns", "allow", "udp/53");
    const telnet = await rule("telnet", "deny", "tcp/23");
    // Its schema knows no traffic of one family, and it would refuse the whole config.
    const six = await rule("six", "allow", "tcp6/8443");
    const denied = [{ rule: telnet.id }];
    const whole = { denied: { inbound: denied, outbound: denied } };

    const given = await config(old);
    expect(given.rules).not.toContain(telnet.id);
    expect(given.rules).not.toContain(six.id);
    expect(given.peers).toMatchObject([{ node: peer.id, inbound: by(dns), outbound: by(dns) }]);
    expect(given.peers[0]).not.toHaveProperty("denied");
    expect((await config(peer)).peers).toMatchObject([
      { node: old.id, inbound: by(web, dns, six), ...whole },
    ]);

    old.capability = SINCE;
    await old.shakeHands();
    expect((await config(old)).peers).toMatchObject([
      { node: peer.id, outbound: by(web, dns, six), ...whole },
    ]);

    old.capability = SINCE - 1;
    await old.shakeHands();
    expect(await config(old)).toEqual(given);
  });

  test("is given no type of ICMP, and nothing that a denial of one touches", async () => {
    const SINCE = 6;
    const [old, peer] = [await member(SINCE - 1), await member(SINCE)];
    const both = [old, peer].map(({ name }) => `node:${name}`);
    const web = await ruleBetween(both, "typed web", "allow", "tcp/1-1000");
    const telnet = await ruleBetween(both, "typed telnet", "deny", "tcp/23");
    const ping = await ruleBetween(both, "typed ping", "allow", "icmp/echo-request");
    const icmp = await ruleBetween(both, "typed icmp", "allow", "icmp6");
    const query = await ruleBetween(both, "typed query", "deny", "icmp6/node-information-query");
    const strange = await ruleBetween(both, "typed strange", "deny", "other");

    const given = await config(old);
    const ids = given.rules;
    for (const { id } of [ping, query, strange]) expect(ids).not.toContain(id);
    expect(given.peers).toMatchObject([
      { node: peer.id, inbound: by(web), outbound: by(web), denied: { inbound: by(telnet) } },
    ]);
    expect((await config(peer)).peers).toMatchObject([
      { node: old.id, inbound: by(web, ping, icmp), denied: { outbound: by(telnet, query) } },
    ]);
  });
});

describe("I8: an agent that is newer than the hub", () => {
  const live = async (node: TestNode) =>
    (await world.admin.call("nodes.get", { params: { node: node.id } })).data.live;

  test("is heard without what the hub doesn't know, and both sides are told what that was", async () => {
    const [node, peer] = [await world.member(), await world.member()];
    const seen = { node: peer.id, handshakeAt: null, receivedBytes: 1, sentBytes: 1, endpoint: null };
    const facts = await signStatement(
      "facts",
      node.hub.origin,
      { ...first.facts, secureBoot: true },
      node.signing,
    );
    const answer = await node.report({
      battery: 40,
      applyError: "still told",
      endpoints: ["198.51.100.7:51820"],
      conditions: [{ code: "names_unwritten", detail: "read-only", since: 1 }],
      peers: [
        { ...seen, path: "satellite" },
        { ...seen, path: "none", rttMs: 3 },
        { ...seen, path: "none", rttMs: 4 },
      ],
      facts,
    });
    expect(answer.status, answer.text).toBe(200);
    const { leftOut } = answer.json<{ leftOut: string[] }>();
    expect(leftOut).toEqual([
      "peers by a path that the hub doesn't know (1): satellite",
      "/peers/<any>/rttMs (2 times): unknown to the hub",
      "/battery: unknown to the hub",
      "/conditions/<any>/since: unknown to the hub",
      "/facts/secureBoot: unknown to the hub",
    ]);
    expect(await live(node)).toMatchObject({
      applyError: "still told",
      conditions: [{ code: "names_unwritten", detail: "read-only" }],
      leftOut,
    });
  });

  test("says so many new things that only some are named, in words that a terminal can show", async () => {
    const node = await world.member();
    const many = Object.fromEntries(
      Array.from({ length: 500 }, (_, n) => [`new\u202e${n}${"x".repeat(500)}`, n]),
    );
    const answer = await node.report({ endpoints: [], ...many });
    const { leftOut } = answer.json<{ leftOut: string[] }>();
    expect(leftOut).toHaveLength(11);
    expect(leftOut[10]).toBe("490 more members: unknown to the hub");
    expect(leftOut.every((text) => text.length < 200 && !text.includes("\u202e"))).toBe(true);
  });

  test("may not say something else than it signed, or call what it tells by a wrong kind", async () => {
    const node = await world.member();
    const signed = await signStatement("facts", node.hub.origin, first.facts, node.signing);
    expect((await node.report({ facts: { ...signed, more: 1 } })).code).toBe("invalid_input");
    expect((await node.report({ clockSkewMs: "3" })).code).toBe("invalid_input");
    expect((await node.report({ peers: [{ path: "direct" }] })).code).toBe("invalid_input");
  });
});

describe("a segment whose machines are looked at", () => {
  const CHECK = "edr = process edrd";
  const lookFor = async (deviceChecks: string[]) => {
    const { etag } = await world.admin.call("segments.get", { params: { segment: "main" } });
    await world.admin.call("segments.update", {
      params: { segment: "main" },
      body: { deviceChecks },
      ifMatch: etag ?? "",
    });
  };
  /** What the node's newest config says to look for. */
  const wanted = async (node: TestNode) => {
    const { objects } = (await node.poll()).json<{ objects: string[] }>();
    const documents = objects.map((text) => JSON.parse(new TextDecoder().decode(bytes(text))));
    return documents.find(({ type }) => type === "manifest").checks;
  };

  test("says so in the configs of agents that know of it, and an agent that is upgraded learns it", async () => {
    const [old, node] = [await world.member(), await world.member()];
    old.capability = 2;
    await old.shakeHands();
    await lookFor([CHECK]);
    const check = { name: "edr", kind: "process", target: "edrd", sha256: [] };
    expect([await wanted(old), await wanted(node)]).toEqual([undefined, [check]]);
    old.capability = 3;
    await old.shakeHands();
    expect(await wanted(old)).toEqual([check]);
    old.capability = 2;
    await old.shakeHands();
    expect(await wanted(old)).toBeUndefined();
    await lookFor([]);
    expect(await wanted(node)).toBeUndefined();
  });

  test("refuses what no agent would look for", async () => {
    for (const line of ["x = file /etc/../root/.ssh/id", "x = file /home/ann/diary", "nonsense"])
      await expect(lookFor([line])).rejects.toThrow(/deviceChecks/);
    await expect(lookFor([CHECK, "edr = process other"])).rejects.toThrow(/two checks alike/);
  });
});
