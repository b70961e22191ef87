import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { base64url } from "../../../shared/base/base64url.ts";
import { sealingKey } from "../../../shared/node/hub-keys.ts";
import { transcript } from "../../../shared/node/protocol/transcript.ts";
import { CHALLENGE_LIFETIME_MS } from "../../../shared/node/protocol/types.ts";
import { bytes, type TestNode } from "../../support/node-client.ts";
import { type AgentApi, startAgentApi } from "./setup.ts";

let api: AgentApi;
beforeAll(async () => {
  api = await startAgentApi();
});
afterAll(() => api?.stop());

/** Refused with the code, and nothing is otherwise than before. */
async function refused(code: string, attack: () => Promise<{ status: number; code: string; text: string }>) {
  const before = await api.state();
  const answer = await attack();
  expect(answer.code, answer.text).toBe(code);
  expect(await api.state()).toEqual(before);
}

describe("an enrolment key", () => {
  it("lets in one of 200 who use a one-off key at the same time", async () => {
    const { id, secret } = await api.key({ maxUses: 1 });
    const nodes = await Promise.all(Array.from({ length: 200 }, () => api.hub.newNode()));
    const bodies = await Promise.all(nodes.map((node) => node.enrolment(secret)));
    const answers = await Promise.all(bodies.map((body) => api.hub.post("/agent/v1/enroll", body)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(new Set(answers.map(({ code }) => code))).toEqual(new Set(["", "enrolment_key_used_up"]));
    const { data } = await api.system.admin.call("enrolmentKeys.get", { params: { enrolmentKey: id } });
    expect(data.uses).toBe(1);
    const { data: listed } = await api.system.admin.call("nodes.list", { query: { limit: 200 } });
    expect(listed.items.filter(({ enrolmentKeyId }) => enrolmentKeyId === id)).toHaveLength(1);
  });

  it("is used up after its last use", async () => {
    const { secret } = await api.key({ maxUses: 1 });
    await (await api.hub.newNode()).enrol(secret);
    const second = await api.hub.newNode();
    await refused("enrolment_key_used_up", () => second.tryEnrol(secret));
  });

  it("is refused once revoked, once expired, and when nobody made it", async () => {
    const node = await api.hub.newNode();
    const revoked = await api.key();
    const params = { enrolmentKey: revoked.id };
    await api.system.admin.call("enrolmentKeys.delete", { params, ifMatch: '"1"' });
    await refused("enrolment_key_invalid", () => node.tryEnrol(revoked.secret));
    const expired = await api.key();
    const db = await api.system.platform.miniflare.getD1Database("DB");
    await db.prepare("UPDATE enrolment_keys SET expires_at = 1 WHERE id = ?").bind(expired.id).run();
    await refused("enrolment_key_expired", () => node.tryEnrol(expired.secret));
    await refused("enrolment_key_invalid", () => node.tryEnrol(`rnek_${"A".repeat(46)}.x`));
  });

  it.each([" %", "% ", "%\n", "%\0", "%%", "", "'; DROP TABLE nodes; --"])("is not %j", async (form) => {
    const { secret } = await api.key();
    const text = form.replaceAll("%", secret.split(".")[0] ?? "");
    const node = await api.hub.newNode();
    // An empty secret is too short to have been sealed at all.
    await refused(text === "" ? "invalid_input" : "enrolment_key_invalid", () => node.tryEnrol(text));
  });
});

describe("keys", () => {
  let secret: string;
  let node: TestNode;
  beforeEach(async () => {
    ({ secret } = await api.key());
    node = await api.hub.newNode();
  });

  const challengeFor = (keys: object) =>
    api.hub.post("/agent/v1/enroll/challenge", { keys: { ...node.publicKeys, ...keys } });

  it.each([
    ["31 bytes", base64url(new Uint8Array(31).fill(9))],
    ["33 bytes", base64url(new Uint8Array(33).fill(9))],
    ["padding", `${base64url(new Uint8Array(32).fill(9))}=`],
    ["bits beyond the last byte", `${"A".repeat(42)}B`],
    ["zeroes", base64url(new Uint8Array(32))],
    ["a point of order 4", base64url(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0)))],
    [
      "a point of order 8",
      base64url(Buffer.from("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800", "hex")),
    ],
    ["a number beyond the field", base64url(Buffer.from(`ee${"ff".repeat(30)}7f`, "hex"))],
  ])("of WireGuard are not %s", async (_, wireguard) => {
    await refused("invalid_input", () => challengeFor({ wireguard }));
  });

  it("for KEM have their length and reduced coefficients", async () => {
    const { kem } = node.publicKeys;
    await refused("invalid_input", () => challengeFor({ kem: kem.slice(4) }));
    await refused("invalid_input", () => challengeFor({ kem: `${kem}AAAA` }));
    await refused("invalid_input", () => challengeFor({ kem: base64url(new Uint8Array(1_216).fill(255)) }));
  });

  it("of another node are nobody else's, nor are one's own from another machine", async () => {
    const other = await api.hub.newNode();
    await other.enrol(secret);
    await refused("key_in_use", async () => {
      node.seeds = other.seeds;
      node.publicKeys = { ...other.publicKeys, signing: node.publicKeys.signing };
      return node.tryEnrol(secret);
    });
    const again = other.clone();
    await again.newKeys();
    await refused("key_in_use", () => again.tryEnrol(secret));
    const otherKey = await api.key();
    await refused("key_in_use", () => other.clone().tryEnrol(otherKey.secret));
  });

  it("are proven: who only knows the public halves gets nothing", async () => {
    const other = await api.hub.newNode();
    const challenge = await node.challenge();
    node.seeds = other.seeds;
    await refused("possession_not_proven", () => node.tryEnrol(secret, { challenge }));
  });

  it("answer a challenge that was for them and came from this hub", async () => {
    const other = await api.hub.newNode();
    const challenge = await other.challenge();
    await refused("possession_not_proven", () => node.tryEnrol(secret, { challenge }));
    const own = await node.challenge();
    const forged = { statement: { challenge: base64url(new Uint8Array(100)) } };
    await refused("possession_not_proven", () => node.tryEnrol(secret, { challenge: own, ...forged }));
  });

  it("answer a challenge in time", async () => {
    const { crypto } = api.hub;
    const key = await sealingKey(crypto, api.system.secretKey, "challenge");
    const { signing, wireguard, kem } = node.publicKeys;
    const boundTo = transcript("possession", signing, wireguard, kem);
    const given = await node.challenge();
    const sealed = bytes(given.challenge);
    const nonce = sealed.subarray(0, 12);
    const opened = await key.open(nonce, sealed.subarray(12), boundTo);
    const [expiresAt, possessed] = JSON.parse(Buffer.from(opened.ok ? opened.value : []).toString());
    expect(expiresAt - Date.now()).toBeLessThanOrEqual(CHALLENGE_LIFETIME_MS);
    const ended = Buffer.from(JSON.stringify([Date.now(), possessed]));
    const challenge = base64url(Buffer.concat([nonce, await key.seal(nonce, ended, boundTo)]));
    await refused("challenge_expired", () => node.tryEnrol(secret, { challenge: { ...given, challenge } }));
  });

  it("enrol again as the same node when the answer was lost, at no second use", async () => {
    const key = await api.key({ maxUses: 1 });
    const first = await node.enrol(key.secret);
    await refused("", async () => {
      const again = await node.tryEnrol(key.secret);
      expect(again.json()).toMatchObject({ node: first.node, name: first.name });
      return again;
    });
  });
});

describe("an enrolment", () => {
  let secret: string;
  let node: TestNode;
  beforeEach(async () => {
    ({ secret } = await api.key());
    node = await api.hub.newNode();
  });

  it("means nothing at another hub", async () => {
    await refused("signature_invalid", () => node.tryEnrol(secret, { origin: "https://hub.example.com" }));
  });

  it("counts once: before and after its node is there", async () => {
    const body = await node.enrolment(secret);
    const twice = await Promise.all([1, 2, 3].map(() => api.hub.post("/agent/v1/enroll", body)));
    expect(twice.filter(({ status }) => status === 200)).toHaveLength(1);
    await refused("enrolment_replayed", () => api.hub.post("/agent/v1/enroll", body));
  });

  it("whose statement or signature was changed is nobody's", async () => {
    const body = await node.enrolment(secret);
    const statement = bytes(body.statement);
    const changed = Buffer.from(Buffer.from(statement).toString().replace('"machine"', '"Machine"'));
    const post = (over: object) => api.hub.post("/agent/v1/enroll", { ...body, ...over });
    await refused("signature_invalid", () => post({ statement: base64url(changed) }));
    const half = (at: number) => {
      const signature = bytes(body.signature);
      signature[at] = (signature[at] ?? 0) ^ 1;
      return post({ signature: base64url(signature) });
    };
    // One of the two signatures alone is none.
    await refused("signature_invalid", () => half(0));
    await refused("signature_invalid", () => half(3_372));
    await refused("possession_not_proven", () => post({ possession: base64url(new Uint8Array(32)) }));
    // A signature that was made over other tags: the hub takes no tags from nodes at all.
    const tagged = await node.enrolment(secret, { statement: { tags: ["admin"] } });
    await refused("invalid_input", () => api.hub.post("/agent/v1/enroll", tagged));
  });

  it.each([1_000, Date.UTC(2099, 0)])("by a clock at %i says both times", async (time) => {
    await refused("clock_skewed", async () => {
      const answer = await node.tryEnrol(secret, { statement: { time } });
      expect(answer.text).toContain(new Date(time).toISOString());
      return answer;
    });
  });

  it("seals its key for this hub and this device", async () => {
    const other = JSON.parse(
      Buffer.from(bytes((await (await api.hub.newNode()).enrolment(secret)).statement)).toString(),
    );
    const { hubCiphertext, sealedKey } = other;
    await refused("enrolment_key_invalid", () =>
      node.tryEnrol(secret, { statement: { hubCiphertext, sealedKey } }),
    );
    const short = { statement: { hubCiphertext: hubCiphertext.slice(4) } };
    await refused("invalid_input", () => node.tryEnrol(secret, short));
    const zeroes = { statement: { hubCiphertext: base64url(new Uint8Array(1_120)) } };
    await refused("enrolment_key_invalid", () => node.tryEnrol(secret, zeroes));
  });

  it.each([
    ["", "node"],
    ["a".repeat(64), "a".repeat(56)],
    [`"quoted"`, "quoted"],
    ["x; rm -rf", "x-rm--rf"],
    ["a\nb", "a-b"],
    ["../../etc/passwd", "node"],
    ["xn--pple-43d", "pple-43d"],
    ["аdmin", "dmin"],
    ["\u202Eexe.txt", "exe"],
    ["localhost", "node-localhost"],
    ["hub", "node-hub"],
  ])("of the host %j gets a label", async (hostname, label) => {
    const { name } = await node.enrol(secret, { statement: { hostname } });
    expect(name.replace(/-\d+$/, "")).toBe(label.replace(/-\d+$/, ""));
    expect(name).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
    const { data } = await api.system.admin.call("nodes.get", { params: { node: node.id } });
    expect(data.hostname).toMatch(/^[\x20-\x7e]*$/);
  });

  it("by another's name gets a name of its own", async () => {
    const other = await api.hub.newNode();
    const taken = await other.enrol(secret, { statement: { hostname: "database" } });
    const { name } = await node.enrol(secret, { statement: { hostname: "database" } });
    expect([taken.name, name]).toEqual(["database", "database-2"]);
  });

  it("gets the address of nobody who was there a moment ago, and later one that has rested", async () => {
    const shown = async ({ id }: TestNode) =>
      (await api.system.admin.call("nodes.get", { params: { node: id } })).data;
    await node.enrol(secret);
    const before = await shown(node);
    const leave = { params: { node: node.id }, ifMatch: `"${before.version}"` };
    await api.system.admin.call("nodes.delete", leave);
    const [next, later] = [await api.hub.newNode(), await api.hub.newNode()];
    await next.enrol(secret);
    expect((await shown(next)).ipv4).not.toBe(before.ipv4);
    const db = await api.system.platform.miniflare.getD1Database("DB");
    const rest = "SELECT until - ended_at AS ms FROM address_holds WHERE node_id = ?";
    expect(await db.prepare(rest).bind(node.id).first()).toEqual({ ms: 7 * 86_400_000 });
    await db.prepare("UPDATE address_holds SET until = 1 WHERE node_id = ?").bind(node.id).run();
    await later.enrol(secret);
    const { ipv4, ipv6 } = await shown(later);
    expect([ipv4, ipv6]).toEqual([before.ipv4, before.ipv6]);
  });

  it("of a name beyond 253 characters is refused", async () => {
    const statement = { hostname: "a".repeat(254) };
    await refused("invalid_input", () => node.tryEnrol(secret, { statement }));
  });

  it.each([
    ["10.0.0.1/24"],
    ["10.0.0.0/7"],
    ["8.0.0.0/5"],
    ["2000::/3"],
    ["2000::/15"],
    ["100.64.0.0/16"],
    ["100.0.0.0/8"],
    ["127.0.0.0/8"],
    ["169.254.0.0/16"],
    ["224.0.0.0/8"],
    ["240.0.0.0/8"],
    ["0.0.0.0/8"],
    ["fe80::/64"],
    ["ff00::/16"],
    ["010.0.0.0/8"],
    ["10.0.0.0/33"],
    ["10.0.0.0"],
    ["10.0.0.0/24\nPostUp = reboot"],
  ])("offers no route %j", async (route) => {
    await refused("invalid_input", () => node.tryEnrol(secret, { statement: { routes: [route] } }));
  });

  it("offers no 10,000 routes", async () => {
    const routes = Array.from({ length: 10_000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
    const statement = { routes: routes.slice(0, 33) };
    await refused("invalid_input", () => node.tryEnrol(secret, { statement }));
    const many = await node.enrolment(secret, { statement: { routes } });
    await refused("invalid_input", () => api.hub.post("/agent/v1/enroll", many));
  });
});
