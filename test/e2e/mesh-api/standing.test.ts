import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import type { TestNode } from "../../support/node-client.ts";
import { type AgentApi, startAgentApi } from "./setup.ts";

let api: AgentApi;
const call: AgentApi["system"]["admin"]["call"] = (...input) => api.system.admin.call(...input);
const nodeOf = async ({ id }: TestNode) => (await call("nodes.get", { params: { node: id } })).data;
const change = async (node: TestNode, body: object) =>
  call("nodes.update", { params: { node: node.id }, body, ifMatch: `"${(await nodeOf(node)).version}"` });

beforeAll(async () => {
  api = await startAgentApi();
});
afterAll(() => api?.stop());

/** Every door of a session. */
async function expectShut(node: TestNode, code: string) {
  const answers = {
    poll: await node.poll(),
    waiting: await node.poll(undefined, { prefer: "wait=25" }),
    report: await node.report(),
    object: await node.call("GET", `/agent/v1/objects/${"A".repeat(43)}`),
    challenge: await node.call("POST", "/agent/v1/keys/challenge", {
      body: JSON.stringify({ keys: node.publicKeys }),
    }),
    rotate: await node.call("POST", "/agent/v1/keys", { body: "{}" }),
    socket: await node.call("GET", "/agent/v1/socket"),
    logout: await node.call("POST", "/agent/v1/logout"),
  };
  for (const [what, answer] of Object.entries(answers)) expect([what, answer.code]).toEqual([what, code]);
}

/** A poll that the hub holds, begun with what is applied. */
async function longPoll(node: TestNode) {
  const etag = String((await node.poll()).headers.etag);
  const started = Date.now();
  return node.poll(etag, { prefer: "wait=25" }).then((answer) => ({ answer, took: Date.now() - started }));
}

async function socketOf(
  node: TestNode,
): Promise<{ socket: WebSocket; closed: Promise<number>; heard: string[] }> {
  const headers = await node.signed("GET", "/agent/v1/socket");
  const { host, port } = new URL(api.system.hubOrigin);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/agent/v1/socket`, { headers: { ...headers, host } });
  const heard: string[] = [];
  socket.on("message", (data) => heard.push(String(data)));
  socket.on("error", () => {});
  const closed = new Promise<number>((resolve) => socket.on("close", resolve));
  // The hub has said goodbye; the connection itself may last some seconds longer.
  const watch = setInterval(() => socket.readyState === WebSocket.CLOSING && socket.terminate(), 10);
  socket.on("close", () => clearInterval(watch));
  await new Promise((resolve, reject) => {
    socket.on("open", resolve);
    socket.on("unexpected-response", (_, answer) => reject(new Error(String(answer.statusCode))));
  });
  return { socket, closed, heard };
}

describe("a node that needs approval", () => {
  it("gets in when an administrator says so, and not before", async () => {
    const node = await api.hub.newNode();
    const { secret } = await api.key({ preApproved: false });
    expect(await node.enrol(secret)).toMatchObject({ status: "pending" });
    expect((await node.tryHandshake()).code).toBe("node_pending");
    await call("nodes.approve", { params: { node: node.id } });
    await node.shakeHands();
    expect((await node.poll()).status).toBe(200);
  });
});

describe("a node that is put out", () => {
  it("by revocation is refused everywhere at once", async () => {
    const node = await api.member();
    const held = longPoll(node);
    const { closed } = await socketOf(node);
    expect((await nodeOf(node)).live?.online).toBe(true);
    await call("nodes.revoke", { params: { node: node.id } });
    // U33: who was put out is not "online", although it was there a moment ago.
    expect((await nodeOf(node)).live?.online ?? false).toBe(false);
    await expectShut(node, "node_revoked");
    expect((await node.tryHandshake()).code).toBe("node_revoked");
    const { answer, took } = await held;
    expect(answer.code).toBe("node_revoked");
    expect(took).toBeLessThan(10_000);
    expect(await closed).toBe(4403);
    // Its own keys bring it back by no key whatever.
    expect((await node.tryEnrol((await api.key()).secret)).code).toBe("key_in_use");
  });

  it("by deletion is refused everywhere, and is unknown", async () => {
    const node = await api.member();
    const { closed } = await socketOf(node);
    const { version } = await nodeOf(node);
    await call("nodes.delete", { params: { node: node.id }, ifMatch: `"${version}"` });
    await expectShut(node, "node_revoked");
    expect((await node.tryHandshake()).code).toBe("node_unknown");
    expect(await closed).toBe(4403);
  });

  it("by expiry is refused until an administrator approves it again", async () => {
    const node = await api.member();
    await change(node, { expiresAt: Date.now() + 1_500 });
    let answer = await node.poll();
    const end = Date.now() + 20_000;
    while (answer.status < 400 && Date.now() < end)
      answer = await longPoll(node).then(({ answer }) => answer);
    expect(answer.code).toBe("node_expired");
    await expectShut(node, "node_expired");
    expect((await node.tryHandshake()).code).toBe("node_expired");
    await call("nodes.approve", { params: { node: node.id } });
    await node.shakeHands();
    expect((await node.poll()).status).toBe(200);
  });

  it("by absence is removed when it is ephemeral, and stays when it is not", async () => {
    const [ephemeral, lasting] = [await api.hub.newNode(), await api.hub.newNode()];
    await ephemeral.enrol((await api.key({ ephemeral: true })).secret);
    await lasting.enrol((await api.key()).secret);
    const watcher = await api.member();
    // Neither has polled since it joined, which was an hour ago; the next change lets the segment know.
    const db = await api.system.platform.miniflare.getD1Database("DB");
    await db
      .prepare(
        `UPDATE nodes SET created_at = created_at - 3600000, revision = (SELECT revision + 1 FROM mesh_state)
         WHERE id IN (?, ?)`,
      )
      .bind(ephemeral.id, lasting.id)
      .run();
    await change(watcher, { name: "watcher" });
    const isRemoved = async () => {
      await watcher.poll();
      return api.audit("node.remove_absent", ephemeral.id);
    };
    await expect.poll(isRemoved).toBe(1);
    expect((await ephemeral.tryHandshake()).code).toBe("node_unknown");
    expect(await api.audit("node.remove_absent", lasting.id)).toBe(0);
    expect((await lasting.tryHandshake()).status).toBe(200);
  });

  it("by its own wish is gone, and can't leave twice", async () => {
    const node = await api.member();
    expect((await node.call("POST", "/agent/v1/logout")).status).toBe(200);
    expect((await node.call("POST", "/agent/v1/logout")).code).toBe("node_revoked");
    expect(await api.audit("node.logout", node.id)).toBe(1);
  });

  it("by its owner's end is quarantined, and others' nodes and keys stay", async () => {
    const user = async (email: string) => (await call("users.create", { body: { email } })).data;
    const [bob, carol] = [await user("bob@example.com"), await user("carol@example.com")];
    const [his, hers] = [await api.member({ user: bob.id }), await api.member({ user: carol.id })];
    const herKey = await api.key({ user: carol.id });
    await call("users.update", {
      params: { user: bob.id },
      body: { status: "disabled" },
      ifMatch: `"${bob.version}"`,
    });
    await expectShut(his, "node_quarantined");
    expect((await hers.poll()).status).toBe(200);
    await (await api.hub.newNode()).enrol(herKey.secret);
  });
});

describe("a node that moves", () => {
  it("shakes hands again and belongs to the other segment", async () => {
    await call("segments.create", { body: { name: "other" } });
    const node = await api.member();
    const { closed } = await socketOf(node);
    await change(node, { segment: "other" });
    await expectShut(node, "ticket_expired");
    expect(await closed).toBe(4403);
    await node.shakeHands();
    const config = await node.poll();
    expect(config.status).toBe(200);
  });

  it("keeps its handshake counter: a copy from before is noticed", async () => {
    const node = await api.member();
    const old = node.clone();
    old.counter = 0;
    await change(node, { segment: "other" });
    expect((await old.tryHandshake()).code).toBe("node_quarantined");
  });
});

describe("two machines with one state", () => {
  it("are both shut out, told to the administrator, and let in by a release", async () => {
    const first = await api.member();
    const second = first.clone();
    await second.shakeHands();
    expect((await first.tryHandshake()).code).toBe("node_quarantined");
    await expectShut(first, "node_quarantined");
    await expectShut(second, "node_quarantined");
    for (const machine of [second, first, second, first]) {
      expect((await machine.tryHandshake()).code).toBe("node_quarantined");
    }
    expect(await api.audit("node.quarantine", first.id)).toBe(1);
    await call("nodes.release", { params: { node: first.id } });
    await first.shakeHands();
    expect((await first.poll()).status).toBe(200);
  });

  it("are noticed when they shake hands at the same moment", async () => {
    const node = await api.member();
    const answers = await Promise.all([node.clone().tryHandshake(), node.clone().tryHandshake()]);
    expect(answers.map(({ code }) => code).sort()).toEqual(["", "node_quarantined"]);
    await expectShut(node, "node_quarantined");
  });
});

describe("a handshake", () => {
  it("is the node's own, for this hub, by a right clock", async () => {
    const [node, other] = [await api.member(), await api.member()];
    const asOther = node.clone();
    asOther.id = other.id;
    expect((await asOther.tryHandshake()).code).toBe("signature_invalid");
    asOther.id = `nod_${"0".repeat(26)}`;
    expect((await asOther.tryHandshake()).code).toBe("node_unknown");
    for (const time of [0, Date.UTC(2099, 0), Date.now() - 301_000]) {
      const answer = await node.tryHandshake(time);
      expect(answer.code).toBe("clock_skewed");
      expect(answer.text).toContain(new Date(time).toISOString());
    }
    // Five minutes are borne; and a refused handshake has used no counter that a later one needs.
    expect((await node.tryHandshake(Date.now() - 290_000)).status).toBe(200);
    expect((await node.poll()).status).toBe(200);
    for (const counter of [-1, 1.5, 2 ** 53]) {
      const answer = await node.clone().tryHandshake(Date.now(), counter);
      expect(answer.code, String(counter)).toMatch(/^(invalid_input|malformed_request)$/);
    }
  });
});

describe("a handshake that somebody overheard", () => {
  it("opens nothing when it is repeated, and puts nobody out", async () => {
    const node = await api.member();
    const sent: unknown[] = [];
    const { hub } = node;
    const post = vi.spyOn(hub, "post").mockImplementation((target, document) => {
      sent.push(document);
      return hub.send(target, { method: "POST", body: JSON.stringify(document) });
    });
    await node.shakeHands();
    await node.shakeHands();
    post.mockRestore();
    for (const document of sent) {
      expect((await hub.post("/agent/v1/handshake", document)).code).toBe("request_replayed");
    }
    expect((await node.poll()).status).toBe(200);
    expect(await api.audit("node.quarantine", node.id)).toBe(0);
  });
});

describe("a rotation of keys", () => {
  const challenge = async (node: TestNode) => {
    const body = JSON.stringify({ keys: node.publicKeys });
    return (await node.call("POST", "/agent/v1/keys/challenge", { body })).json<{ challenge: string }>();
  };
  async function rotation(node: TestNode, over: object = {}) {
    const given = (await challenge(node)) as Parameters<TestNode["prove"]>[2];
    const statement = {
      node: node.id,
      keys: node.publicKeys,
      challenge: given.challenge,
      time: Date.now(),
      ...over,
    };
    return JSON.stringify(await node.prove("rotate", statement, given));
  }

  it("gives new keys once, without losing the session", async () => {
    const node = await api.member();
    const before = await nodeOf(node);
    await node.newKeys();
    const body = await rotation(node);
    expect((await node.call("POST", "/agent/v1/keys", { body })).status).toBe(200);
    expect((await node.call("POST", "/agent/v1/keys", { body })).code).toBe("request_replayed");
    expect((await node.poll()).status).toBe(200);
    const after = await nodeOf(node);
    expect(after.wireguardKey).toBe(node.publicKeys.wireguard);
    expect([after.identity, after.ipv4]).toEqual([before.identity, before.ipv4]);
  });

  it("takes neither others' keys nor others' words", async () => {
    const [node, other] = [await api.member(), await api.member()];
    const own = { seeds: node.seeds, publicKeys: node.publicKeys };
    const before = await api.state();
    const refused = async (code: string, body: string) =>
      expect((await node.call("POST", "/agent/v1/keys", { body })).code).toBe(code);
    await refused("signature_invalid", await rotation(node, { node: other.id }));
    await refused("clock_skewed", await rotation(node, { time: 0 }));
    await refused("signature_invalid", await rotation(other));
    node.seeds = other.seeds;
    node.publicKeys = { ...other.publicKeys, signing: own.publicKeys.signing };
    await refused("key_in_use", await rotation(node));
    Object.assign(node, own);
    await node.newKeys();
    node.publicKeys = { ...node.publicKeys, signing: other.publicKeys.signing };
    await refused("signature_invalid", await rotation(node));
    expect(await api.state()).toEqual(before);
  });
});

describe("a socket", () => {
  it("hints at changes, takes nothing, and gives way to the next", async () => {
    const node = await api.member();
    const first = await socketOf(node);
    const second = await socketOf(node);
    expect(await first.closed).toBe(4409);
    const answers = await Promise.all(Array.from({ length: 5 }, () => socketOf(node).catch(() => null)));
    for (const answer of answers) answer?.socket.close();
    expect((await second.closed) >= 1000).toBe(true);
    for (const junk of [Buffer.alloc(1_000, 0xff), "x", "{}".repeat(10_000), Buffer.alloc(2_000_000)]) {
      const { socket, closed, heard } = await socketOf(node);
      for (let i = 0; i < 500; i++) socket.send(junk);
      expect([1006, 1008, 1009]).toContain(await closed);
      expect(heard).toEqual([]);
    }
    expect((await node.poll()).status).toBe(200);
  });

  it("hears of changes that concern its node, and pings are answered", async () => {
    const node = await api.member({ tags: ["listening"] });
    const { socket, heard } = await socketOf(node);
    const next = () => new Promise((resolve) => socket.once("message", resolve));
    const answered = next();
    socket.send("ping");
    await answered;
    const hinted = next();
    await call("meshRules.create", {
      body: { name: "listening", from: ["tag:listening"], to: ["tag:listening"], traffic: ["any"] },
    });
    await api.member({ tags: ["listening"] });
    await hinted;
    expect(heard[0]).toBe("pong");
    expect(JSON.parse(heard[1] ?? "")).toEqual({ changed: true, directory: expect.any(Number) });
    socket.terminate();
  });

  it("hints at a version of the directory, and a poll that names it is answered by no older one", async () => {
    const node = await api.member({ tags: ["hinted"] });
    const { socket } = await socketOf(node);
    const etag = String((await node.poll()).headers.etag);
    // The isolate has just learnt the directory, and would believe it for another second.
    expect((await node.poll(etag)).status).toBe(304);
    const hinted = new Promise<string>((resolve) => socket.once("message", (text) => resolve(String(text))));
    await call("meshRules.create", {
      body: { name: "hinted", from: ["tag:hinted"], to: ["tag:hinted"], traffic: ["any"] },
    });
    const { directory } = JSON.parse(await hinted);
    expect((await node.poll(etag, { "rustronaut-directory": String(directory) })).status).toBe(200);
    socket.terminate();
  });

  it("is for those who ask as a node and for an upgrade", async () => {
    const node = await api.member();
    expect((await node.call("GET", "/agent/v1/socket")).code).toBe("malformed_request");
    const headers = await node.signed("GET", "/agent/v1/socket");
    expect((await api.hub.send("/agent/v1/socket", { headers })).code).toBe("malformed_request");
    expect((await api.hub.send("/agent/v1/socket", { headers })).code).toBe("request_replayed");
    node.session = (await api.member()).session;
    await expect(
      socketOf(Object.assign(node.clone(), { session: { ...node.session, ticket: "x" } })),
    ).rejects.toThrow("401");
  });
});
