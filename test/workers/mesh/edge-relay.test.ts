import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { EdgeEnd } from "../../../shared/edge/edge-end.ts";
import { edgePair } from "../../../shared/edge/edge-relay.ts";
import { encodeFrame } from "../../../shared/edge/frame.ts";
import {
  EDGE_PROTOCOL,
  FLOOD,
  FRAME_COST,
  LEASE_MS,
  MAX_FRAME,
  RATE,
  WINDOW,
} from "../../../shared/edge/limits.ts";
import type { SegmentMeshRpc } from "../../../shared/node/segment-mesh.ts";
import { serveAgentApi } from "../../../workers/agent-api/index.ts";
import { answeredBy } from "../../support/objects.ts";
import type { TestNode } from "../../support/test-node.ts";
import { openWorld, type World } from "../agent-api/world.ts";
import { wait } from "../sessions/world.ts";

let world: World;
let pairs = 0;

beforeAll(async () => {
  world = await openWorld();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Two nodes that a rule links, and nobody else. */
async function linkedPair() {
  const tag = `pair${++pairs}`;
  const [a, b] = [await world.member({ tags: [tag] }), await world.member({ tags: [tag] })];
  const { data: rule } = await world.admin.call("meshRules.create", {
    body: { name: tag, from: [`tag:${tag}`], to: [`tag:${tag}`], traffic: ["any"] },
  });
  return { a, b, rule };
}

const targetOf = (peer: string) => `/agent/v1/edge?peer=${peer}`;
const asked = async (
  node: TestNode,
  peer: string,
  protocol = EDGE_PROTOCOL,
): Promise<Record<string, string>> => ({
  ...(await node.signed("GET", targetOf(peer))),
  upgrade: "websocket",
  "sec-websocket-protocol": protocol,
});
const ask = (peer: string, headers: Record<string, string>) =>
  serveAgentApi(new Request(world.hub.origin + targetOf(peer), { headers }), world.through);

const refusalOf = async (response: Response): Promise<[number, string]> => [
  response.status,
  ((await response.json()) as { code: string }).code,
];

/** An agent's end of a pair. `heard` is all that it was told: texts, frames, and the code when it was closed. */
class TestEnd {
  readonly heard: (string | number | Uint8Array)[] = [];
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.accept();
    socket.addEventListener("message", ({ data }) => {
      this.heard.push(typeof data === "string" ? data : new Uint8Array(data as ArrayBuffer));
    });
    socket.addEventListener("close", ({ code }) => {
      this.heard.push(code);
    });
  }

  static async of(node: TestNode, peer: TestNode): Promise<TestEnd> {
    const { webSocket, status } = await ask(peer.id, await asked(node, peer.id));
    if (!webSocket) throw new Error(`there is no socket: ${status}`);
    return new TestEnd(webSocket);
  }

  send(message: string | Uint8Array): void {
    this.#socket.send(message);
  }

  get frames(): Uint8Array[] {
    return this.heard.filter((one) => one instanceof Uint8Array);
  }

  /** Waits until it was told something. */
  hears(what: string | number): Promise<void> {
    return expect.poll(() => this.heard).toContain(what);
  }
}

/** A frame of one data message of WireGuard with so many bytes. */
function frame(bytes = 64, mark = 0): Uint8Array {
  const datagram = new Uint8Array(bytes);
  datagram[0] = 4;
  datagram[16] = mark;
  return encodeFrame([datagram]);
}
/** As large as frames may be. */
const fullFrame = () => {
  const datagram = new Uint8Array(1_600);
  datagram[0] = 4;
  return encodeFrame(Array.from({ length: Math.floor(MAX_FRAME / 1_602) }, () => datagram));
};

const relayOf = (a: TestNode, b: TestNode) =>
  env.EDGE_RELAY.get(env.EDGE_RELAY.idFromName(edgePair(a.id, b.id)));

describe("the edge relay", () => {
  test("carries what both ends of a linked pair send, as it was sent, and says when the other end comes and goes", async () => {
    const { a, b } = await linkedPair();
    const one = await TestEnd.of(a, b);
    one.send(frame());
    const other = await TestEnd.of(b, a);
    await Promise.all([one.hears("here"), other.hears("here")]);
    const [there, back] = [frame(1_440, 1), frame(148, 2)];
    one.send(there);
    await expect.poll(() => other.frames).toEqual([there]);
    other.send(back);
    await expect.poll(() => one.frames).toEqual([back]);
    one.send("seek");
    await other.hears("seek");
    const newer = await TestEnd.of(b, a);
    await other.hears(4409);
    one.send(there);
    await expect.poll(() => newer.frames).toEqual([there]);
    newer.send("ping");
    await newer.hears("pong");
    const answer = await TestEnd.of(a, b);
    await one.hears(4409);
    expect(answer.heard).not.toContain("away");
  });

  test("counts what it carried for each node, and the hub shows it", async () => {
    const { a, b } = await linkedPair();
    const one = await TestEnd.of(a, b);
    // What nobody takes is not carried.
    one.send(frame(500));
    const other = await TestEnd.of(b, a);
    for (let sent = 0; sent < 3; sent++) one.send(frame(1_000));
    await expect.poll(() => other.frames).toHaveLength(3);
    await runDurableObjectAlarm(relayOf(a, b));
    const edgeOf = async (node: TestNode) =>
      (await world.admin.call("nodes.get", { params: { node: node.id } })).data.live?.edge;
    expect(await edgeOf(a)).toMatchObject({ peers: 0, bytes: 3 * 1_002, lastAt: expect.any(Number) });
    expect(await edgeOf(b)).toEqual({ peers: 0, bytes: 0, lastAt: null });
  });

  test("is for linked pairs in good standing alone, whoever asks, and names no object before it knows", async () => {
    const { a, b } = await linkedPair();
    const stranger = await world.member();
    for (const peer of [stranger.id, a.id, "nod_00000000000000000000000000", "x", ""])
      expect(await refusalOf(await ask(peer, await asked(a, peer))), peer).toEqual([404, "not_found"]);
    const plain = await ask(b.id, await asked(a, b.id, "rustronaut-edge.0"));
    expect(await refusalOf(plain)).toEqual([400, "malformed_request"]);
    // Still linked in quarantine, for its repair.
    await world.admin.call("meshRules.create", {
      body: { name: "repair", from: ["quarantine"], to: [`node:${b.name}`], traffic: ["any"] },
    });
    await world.admin.call("nodes.quarantine", { params: { node: a.id } });
    const { data } = await world.admin.call("nodes.get", { params: { node: a.id } });
    expect(data.live?.peers).toBe(1);
    for (const [node, peer] of [
      [a, b],
      [b, a],
    ] as const)
      expect(await refusalOf(await ask(peer.id, await asked(node, peer.id)))).toEqual([404, "not_found"]);
    await world.admin.call("nodes.revoke", { params: { node: a.id } });
    expect((await ask(b.id, await asked(a, b.id))).status).toBe(403);
  });

  test.each(["the rule goes", "one is quarantined", "one is revoked"])(
    "parts the two at once when %s",
    async (what) => {
      const { a, b, rule } = await linkedPair();
      const [one, other] = [await TestEnd.of(a, b), await TestEnd.of(b, a)];
      const params = { node: b.id };
      if (what === "one is quarantined") await world.admin.call("nodes.quarantine", { params });
      else if (what === "one is revoked") await world.admin.call("nodes.revoke", { params });
      else
        await world.admin.call("meshRules.delete", {
          params: { meshRule: rule.id },
          ifMatch: `"${rule.version}"`,
        });
      await Promise.all([one.hears(4403), other.hears(4403)]);
    },
  );

  test("takes a request once, also where the isolate that saw it first is not asked", async () => {
    const { a, b } = await linkedPair();
    const headers = await asked(a, b.id);
    const { webSocket } = await ask(b.id, headers);
    if (!webSocket) throw new Error("there is no socket");
    const end = new TestEnd(webSocket);
    expect(await refusalOf(await ask(b.id, headers))).toEqual([409, "request_replayed"]);
    const { segmentId } = (await world.admin.call("nodes.get", { params: { node: a.id } })).data;
    const opening = (handshake: number, counter: number) =>
      relayOf(a, b).fetch(
        `https://edge/?${new URLSearchParams({ node: a.id, peer: b.id, segment: segmentId, handshake: String(handshake), counter: String(counter) })}`,
        { headers: { upgrade: "websocket" } },
      );
    const [handshake, counter] = [a.counter, Number(headers["rustronaut-counter"])];
    for (const [earlier, count] of [
      [handshake, counter],
      [handshake, counter - 1],
      [handshake - 1, counter + 9],
    ] as const)
      expect((await opening(earlier, count)).status).toBe(409);
    expect(end.heard).toEqual([]);
    expect((await opening(handshake, counter + 1)).status).toBe(101);
  });

  test("carries nothing of a socket that opened while the link of the pair ended", async () => {
    const { a, b, rule } = await linkedPair();
    const other = await TestEnd.of(b, a);
    const { segmentId } = (await world.admin.call("nodes.get", { params: { node: a.id } })).data;
    await world.admin.call("meshRules.delete", {
      params: { meshRule: rule.id },
      ifMatch: `"${rule.version}"`,
    });
    await other.hears(4403);
    const late = await Promise.all(
      [a, b].map(async (node) => {
        const peer = node === a ? b.id : a.id;
        const opening = { node: node.id, peer, segment: segmentId, handshake: "9999999999999", counter: "1" };
        const { webSocket } = await relayOf(a, b).fetch(`https://edge/?${new URLSearchParams(opening)}`, {
          headers: { upgrade: "websocket" },
        });
        if (!webSocket) throw new Error("there is no socket");
        return new TestEnd(webSocket);
      }),
    );
    late[0]?.send(frame());
    await Promise.all(late.map((end) => end.hears(4403)));
    expect(late.flatMap(({ frames }) => frames)).toEqual([]);
  });

  test("closes the socket of an end that sends anything else than frames of WireGuard", async () => {
    const { a, b } = await linkedPair();
    const other = await TestEnd.of(b, a);
    const messages: Readonly<Record<string, string | Uint8Array>> = {
      "a message that is no frame": new Uint8Array([1, 2, 3]),
      "an empty message": new Uint8Array(0),
      "a datagram that is longer than WireGuard's": frame(1_601),
      "a datagram that is none of WireGuard": encodeFrame([new Uint8Array(64).fill(7)]),
      "a frame that is longer than frames may be": encodeFrame(
        Array.from({ length: 300 }, () => frame(62).subarray(2)),
      ),
      "a length without its datagram": frame().subarray(0, 40),
      "an unknown text": "let me in",
      "a text that counts what can't be": "taken 1e9",
    };
    for (const [what, message] of Object.entries(messages)) {
      const one = await TestEnd.of(a, b);
      one.send(message);
      await expect.poll(() => [what, one.heard.at(-1)]).toEqual([what, 1008]);
    }
    await other.hears("away");
    expect(other.frames).toEqual([]);
  });

  test("drops what an end does not take, and goes on once it does", async () => {
    const { a, b } = await linkedPair();
    const [one, other] = [await TestEnd.of(a, b), await TestEnd.of(b, a)];
    const whole = fullFrame();
    const fit = Math.floor(WINDOW / whole.length);
    const batch = async () => {
      for (let sent = 0; sent < 10; sent++) one.send(whole);
      one.send("seek");
      // Frames of one socket are judged in their order.
      await expect.poll(() => other.heard.filter((it) => it === "seek").length).toBe(++seeks);
      wait(1_000);
    };
    let seeks = 0;
    for (let batches = 0; batches < 5; batches++) await batch();
    expect(other.frames).toHaveLength(fit);
    other.send(`taken ${10 * whole.length}`);
    other.send("seek");
    await one.hears("seek");
    await batch();
    await expect.poll(() => other.frames).toHaveLength(fit + 10);
  });

  test("drops what goes beyond the rate, and closes the socket of an end that does not heed it at all", async () => {
    const { a, b } = await linkedPair();
    const [one, other] = [await TestEnd.of(a, b), await TestEnd.of(b, a)];
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const whole = fullFrame();
    for (let sent = 0; sent * whole.length < FLOOD + RATE; sent++) one.send(whole);
    await one.hears(1008);
    await other.hears("away");
    expect(other.frames.length * whole.length).toBeLessThanOrEqual(RATE / 10);
  });

  test("closes the socket of an end that floods it with texts, and lets the others' frames pass", async () => {
    const { a, b } = await linkedPair();
    const other = await TestEnd.of(b, a);
    // Each text counts for a thousand of them. What the object counts is its own (`test/unit/edge/frame.test.ts`).
    const { say } = EdgeEnd.prototype;
    vi.spyOn(EdgeEnd.prototype, "say").mockImplementation(function (this: EdgeEnd, now: number) {
      return Array.from({ length: 1_000 }, () => say.call(this, now)).at(-1) as ReturnType<typeof say>;
    });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    for (const text of ["seek", "taken 0"]) {
      const one = await TestEnd.of(a, b);
      const texts = (2 * FLOOD) / FRAME_COST / 1_000;
      for (let sent = 0; sent < texts; sent++) one.send(text);
      await one.hears(1008);
    }
    expect(other.heard).not.toContain("seek");
    vi.restoreAllMocks();
    const one = await TestEnd.of(a, b);
    one.send(frame());
    await expect.poll(() => other.frames).toHaveLength(1);
  });

  test("asks the hub one question of an end at a time, however much comes meanwhile", async () => {
    const { a, b } = await linkedPair();
    const [one, other] = [await TestEnd.of(a, b), await TestEnd.of(b, a)];
    const answers: ((allowed: boolean) => void)[] = [];
    await runInDurableObject(relayOf(a, b), (object) => {
      (object as unknown as { env: unknown }).env = {
        SEGMENT_MESH: answeredBy<SegmentMeshRpc>({
          edgeLease: () => new Promise((resolve) => answers.push(resolve)),
        }),
      };
    });
    wait(LEASE_MS + 1);
    for (let sent = 0; sent < 20; sent++) one.send(frame(64, sent));
    one.send("seek");
    await other.hears("seek");
    expect([answers.length, other.frames.length]).toEqual([1, 0]);
    await runInDurableObject(relayOf(a, b), () => answers[0]?.(true));
    await expect.poll(() => other.frames).toEqual(Array.from({ length: 20 }, (_, at) => frame(64, at)));
  });

  test("goes on after it slept, and asks the hub again when the lease is over", async () => {
    const { a, b } = await linkedPair();
    const [one, other] = [await TestEnd.of(a, b), await TestEnd.of(b, a)];
    await evictDurableObject(relayOf(a, b));
    one.send(frame(64, 1));
    await expect.poll(() => other.frames).toEqual([frame(64, 1)]);
    await evictDurableObject(relayOf(a, b));
    wait(LEASE_MS + 1);
    other.send(frame(64, 2));
    await expect.poll(() => one.frames).toEqual([frame(64, 2)]);
  });

  test("carries nothing when nobody can say any more that it may, closes when the answer is no, and keeps counting", async () => {
    const { a, b } = await linkedPair();
    const [one, other] = [await TestEnd.of(a, b), await TestEnd.of(b, a)];
    let answer: SegmentMeshRpc["edgeLease"] = async () => true;
    const asks: (readonly [string, number])[] = [];
    await runInDurableObject(relayOf(a, b), (object) => {
      (object as unknown as { env: unknown }).env = {
        SEGMENT_MESH: answeredBy<SegmentMeshRpc>({
          edgeLease: (node, peer, bytes) => {
            asks.push([node, bytes]);
            return answer(node, peer, bytes);
          },
        }),
      };
    });
    one.send(frame(64, 1));
    await expect.poll(() => other.frames).toHaveLength(1);
    expect(asks.splice(0)).toEqual([[a.id, 0]]);
    answer = () => Promise.reject(new Error("the hub is away"));
    wait(LEASE_MS + 1);
    one.send(frame(64, 2));
    await expect.poll(() => asks).toEqual([[a.id, 66]]);
    one.send("seek");
    await other.hears("seek");
    expect(other.frames).toHaveLength(1);
    answer = async () => false;
    one.send(frame(64, 3));
    await Promise.all([one.hears(4403), other.hears(4403)]);
    expect(asks[1]).toEqual([a.id, 66]);
    expect(other.frames).toHaveLength(1);
  });
});
