import { afterAll, beforeAll, expect, it } from "vitest";
import { base64url } from "../../../shared/base/base64url.ts";
import { HEADERS } from "../../../shared/node/protocol/types.ts";
import type { Answer, TestHub, TestNode } from "../../support/node-client.ts";
import { randomFrom } from "../../support/random.ts";
import { bySeed, drawn, SEED } from "../../support/sample.ts";
import { type AgentApi, startAgentApi } from "./setup.ts";

const REQUESTS = drawn(2_000, 100_000);
const AT_ONCE = 16;

let api: AgentApi;
let node: TestNode;

beforeAll(async () => {
  api = await startAgentApi();
  node = await api.member();
  await api.member();
});
afterAll(() => api?.stop());

/** What a request's number draws: the same in each run by the same seed. */
function luckOf(number: number) {
  const next = randomFrom(SEED + number);
  const below = (limit: number) => Math.floor(next() * limit);
  const one = <T>(of: readonly T[]): T => of[below(of.length)] as T;
  return { below, one };
}
type Luck = ReturnType<typeof luckOf>;

const JUNK: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  1e300,
  "",
  "\0",
  "\ud800",
  "\u202e",
  "A".repeat(43),
  "A".repeat(5_000),
  "10.0.0.0/8",
  "' OR 1=1 --",
  [],
  {},
  [[[[]]]],
  { __proto__: null, toString: 1 },
];

/** One place of a document is otherwise: replaced, removed, doubled or added to. */
function mutated(document: unknown, luck: Luck): unknown {
  if (luck.below(4) === 0 || document === null || typeof document !== "object") {
    return typeof document === "string" && luck.below(2) ? mangled(document, luck) : luck.one(JUNK);
  }
  if (Array.isArray(document)) {
    const copy: unknown[] = [...document, luck.one(JUNK)];
    const at = luck.below(copy.length);
    copy[at] = mutated(copy[at], luck);
    return luck.below(20) === 0 ? Array.from({ length: 300 }, () => copy[at]) : copy;
  }
  const members = Object.entries(document);
  const [name, value] = members.length > 0 ? luck.one(members) : ["x", null];
  const rest = members.filter(([other]) => other !== name);
  const kept =
    luck.below(6) === 0 ? [] : [[luck.below(12) ? name : mangled(name, luck), mutated(value, luck)]];
  return Object.fromEntries([...rest, ...kept]);
}

/** A text with some characters lost, doubled or changed. */
function mangled(text: string, luck: Luck): string {
  const at = luck.below(text.length + 1);
  switch (luck.below(4)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + text.slice(at + 1 + luck.below(4));
    case 2:
      return (
        text.slice(0, at) + luck.one(["A", "_", "=", "\\", '"', "}", "\u0000", "é", "9"]) + text.slice(at + 1)
      );
    default:
      return text + text.slice(at);
  }
}

const raw = (document: unknown, luck: Luck): string => {
  const text = JSON.stringify(document) ?? "";
  return luck.below(3) === 0 ? mangled(text, luck) : text;
};
const headerSafe = (text: string) => text.replace(/[^\x20-\x7e]/g, "?");

interface Seeds {
  readonly enrolment: Awaited<ReturnType<TestNode["enrolment"]>>;
  readonly statement: object;
  readonly key: string;
}

/** What is valid but for its mutation; MACs and signatures are made after it, so that what lies behind them is reached. */
const KINDS: readonly ((luck: Luck, hub: TestHub, seeds: Seeds) => Promise<Answer>)[] = [
  (luck, hub) =>
    hub.send("/agent/v1/enroll/challenge", post(raw(mutated({ keys: node.publicKeys }, luck), luck))),
  (luck, hub, { enrolment }) => hub.send("/agent/v1/enroll", post(raw(mutated(enrolment, luck), luck))),
  (luck, hub, { enrolment, statement }) => {
    const changed = base64url(Buffer.from(raw(mutated(statement, luck), luck)));
    return hub.send("/agent/v1/enroll", post(JSON.stringify({ ...enrolment, statement: changed })));
  },
  (luck, hub, { enrolment: { signature } }) => {
    const said = {
      node: node.id,
      counter: 1,
      time: Date.now(),
      nonce: "A".repeat(22),
      hubCiphertext: "A".repeat(1_494),
    };
    const statement = base64url(Buffer.from(raw(mutated(said, luck), luck)));
    return hub.send("/agent/v1/handshake", post(JSON.stringify(mutated({ statement, signature }, luck))));
  },
  (luck) => {
    const peers = [
      { node: node.id, handshakeAt: 1, receivedBytes: 1, sentBytes: 1, endpoint: null, path: "none" },
    ];
    const optional = { endpoints: ["198.51.100.1:51820"], routes: ["10.0.0.0/8"], exitNode: "x" };
    const serial = { epoch: 1, rootVersion: 1, counter: 1 };
    const applied = { serial, manifest: "A".repeat(43) };
    const report = { at: Date.now(), sequence: luck.below(1e9), applied, applyError: null, clockSkewMs: 0 };
    const body = raw(mutated({ ...report, ...(luck.below(2) ? optional : {}), peers }, luck), luck);
    return node.call("POST", "/agent/v1/telemetry", {
      body,
      headers: maybe(luck, "content-encoding", "gzip"),
    });
  },
  (luck) =>
    node.call("POST", "/agent/v1/keys", {
      body: raw(mutated({ statement: "e30", signature: "", possession: "" }, luck), luck),
    }),
  (luck) => {
    const tag = `${luck.one(['"1.1.1.', '"1.1.99999999999999999.', '"0.0.0.', '"-1.1.1.'])}${"A".repeat(43)}"`;
    const applied = headerSafe(luck.below(3) ? mangled(tag, luck) : tag).trim();
    return node.call("GET", "/agent/v1/config", {
      applied,
      headers: maybe(luck, "prefer", mangled("wait=0", luck)),
    });
  },
  (luck) =>
    node.call("GET", `/agent/v1/objects/${encodeURIComponent(mangled("A".repeat(43), luck).toWellFormed())}`),
  async (luck, hub) => {
    const headers = await node.signed("GET", "/agent/v1/config");
    const name = luck.one([...Object.values(HEADERS), "authorization"]);
    return hub.send("/agent/v1/config", {
      headers: { ...headers, [name]: headerSafe(mangled(headers[name] ?? "", luck)) },
    });
  },
  async (luck, hub) => {
    const target = `/${headerSafe(mangled("agent/v1/config", luck)).replace(/[ #]/g, "%20")}`;
    const method = luck.one(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]);
    return hub.send(target, { method, headers: await node.signed(method, target) });
  },
];

const post = (body: string) => ({ method: "POST", body });
const maybe = (luck: Luck, name: string, value: string): Record<string, string> =>
  luck.below(10) === 0 ? { [name]: headerSafe(value).trim() } : {};

it(`answers ${REQUESTS} mutated requests without breaking, and lets none of them in`, async () => {
  const hub = api.hub;
  const { secret } = await api.key();
  const enrolment = await (await hub.newNode()).enrolment(secret);
  const statement = JSON.parse(Buffer.from(enrolment.statement, "base64url").toString());
  const nodesBefore = (await api.system.admin.call("nodes.list")).data.items.length;
  const statuses = new Map<string, number>();
  let next = 0;
  const worker = async () => {
    for (let number = next++; number < REQUESTS; number = next++) {
      const luck = luckOf(number);
      // Tickets last ten minutes, and a full run takes longer.
      if (number > 0 && number % 20_000 === 0) await node.shakeHands();
      const kind = KINDS[number % KINDS.length];
      if (!kind) throw new Error("no kind");
      const answer = await kind(luck, hub, { enrolment, statement, key: secret });
      const told = `${answer.status} ${answer.code}`;
      statuses.set(told, (statuses.get(told) ?? 0) + 1);
      if (answer.status >= 500)
        throw new Error(`request ${number} by ${bySeed}: ${answer.status} ${answer.text}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  console.info(JSON.stringify(Object.fromEntries([...statuses].sort())));
  expect(statuses.size).toBeGreaterThan(10);
  const { data } = await api.system.admin.call("nodes.list");
  // The enrolment itself is valid: unharmed by its mutation it may have come through, once.
  expect(data.items.length - nodesBefore).toBeLessThanOrEqual(1);
}, 1_800_000);
