import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  HELD_MS,
  HeldStreams,
  MAX_HELD_BYTES,
  MAX_HELD_BYTES_OF_SESSION,
  MAX_HELD_FRAMES,
  MAX_HELD_IN_ISOLATE,
  MAX_HELD_OF_SESSION,
} from "../../../shared/access/sessions/held.ts";
import { admit, passedOn } from "../../../workers/gateway/passage.ts";
import { type Judgement, StreamWatch, type Witness } from "../../../workers/gateway/stream-watch.ts";
import { bridgeSockets } from "../../../workers/gateway/websocket.ts";

/** What waits of open streams while their session is paused: nothing passes, nothing is lost, nothing comes twice. */

const PAUSED: Judgement = { goesOn: false, code: 4408, reason: "step_up_required", isPause: true };
const ALLOWED: Judgement = { goesOn: true, isReadOnly: false };

/** One end of a WebSocket, as the run-time shows it. */
class Socket extends EventTarget {
  readonly sent: unknown[] = [];
  closed: readonly [number | undefined, string | undefined] | null = null;
  accept(): void {}
  send(data: unknown): void {
    if (this.closed) throw new Error("closed");
    this.sent.push(data);
  }
  close(code?: number, reason?: string): void {
    this.closed ??= [code, reason];
  }
  says(data: unknown): void {
    this.dispatchEvent(Object.assign(new Event("message"), { data }));
  }
  ends(code: number, reason = ""): void {
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason }));
  }
}

/** A kill line whose session object vouches for as long as it is asked. */
class Line extends Socket {
  override send(data: unknown): void {
    super.send(data);
    if (data === "ping") this.says("pong");
  }
}

let sessions = 0;
/** A watched stream whose judgement a test chooses. */
async function watched({ session = `ses_${++sessions}`, ...witness }: Witness & { session?: string } = {}) {
  const line = new Line();
  const object = { fetch: async () => ({ status: 101, webSocket: line }) };
  const bindings = { SEGMENT_SESSIONS: { idFromName: () => "id", get: () => object } };
  const caller = {
    kind: "user",
    owner: "seg_1/weur/0",
    session: { id: session, principal: { version: 1 } },
  };
  let judgement: Judgement = ALLOWED;
  const watch = new StreamWatch(bindings as never, caller as never, 1, async () => judgement, witness);
  await watch.start();
  const say = async (next: Judgement) => {
    judgement = next;
    line.says(JSON.stringify({ type: "recheck", epoch: 1, session: caller.session, at: Date.now() }));
    await vi.advanceTimersByTimeAsync(0);
  };
  return { watch, line, pause: () => say(PAUSED), resume: () => say(ALLOWED), say };
}

/** A watched WebSocket: what the client and the application say, and what they hear. */
async function bridged(given: Parameters<typeof watched>[0] = {}) {
  const { watch, ...rest } = await watched(given);
  const [client, server, upstream] = [new Socket(), new Socket(), new Socket()];
  vi.stubGlobal(
    "WebSocketPair",
    class {
      0 = client;
      1 = server;
    },
  );
  bridgeSockets(upstream as never, watch);
  return { watch, client: server, upstream, ...rest };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a WebSocket of a paused session", () => {
  it("passes nothing in either direction, and then each frame once, in its order, the end last", async () => {
    const { client, upstream, pause, resume } = await bridged();
    client.says("before");
    await pause();
    client.says("one");
    client.says(new Uint8Array([2]).buffer);
    upstream.says("answer");
    upstream.ends(1000, "bye");
    await vi.advanceTimersByTimeAsync(HELD_MS / 2);
    expect([upstream.sent, client.sent, client.closed]).toEqual([["before"], [], null]);
    await resume();
    expect(upstream.sent).toEqual(["before", "one", new Uint8Array([2]).buffer]);
    expect([client.sent, client.closed]).toEqual([["answer"], [1000, "bye"]]);
  });

  it("lets nothing that comes in the moment of going on overtake what waited", async () => {
    const { watch, client, upstream, pause } = await bridged();
    await pause();
    client.says("one");
    watch.hold.resume(Date.now());
    client.says("two");
    await vi.advanceTimersByTimeAsync(0);
    expect(upstream.sent).toEqual(["one", "two"]);
  });

  it("goes on as one that may only read, where that is what it may", async () => {
    const { client, upstream, pause, say } = await bridged();
    await pause();
    client.says("change");
    upstream.says("news");
    await say({ goesOn: true, isReadOnly: true });
    expect([upstream.sent, client.sent]).toEqual([[], ["news"]]);
  });

  it("is cut when the session ends, and what waited never passes", async () => {
    const { watch, line, client, upstream, pause, resume } = await bridged();
    await pause();
    client.says("one");
    upstream.says("two");
    line.says(JSON.stringify({ type: "end", reason: "killed_by_admin", closeCode: 4401, at: Date.now() }));
    await vi.advanceTimersByTimeAsync(0);
    expect(watch.signal.aborted).toBe(true);
    await resume();
    client.says("late");
    expect([upstream.sent, client.sent, client.closed]).toEqual([[], [], [4401, "killed_by_admin"]]);
  });

  it("is cut when nobody vouches for its session any more", async () => {
    const { line, client, pause } = await bridged();
    await pause();
    line.send = () => undefined;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(client.closed).toEqual([4401, "unavailable"]);
  });

  it("is cut with a receipt when its time is over", async () => {
    const [cut, held] = [vi.fn(), vi.fn()];
    const { client, upstream, pause } = await bridged({ cut, held });
    await pause();
    client.says("one");
    await vi.advanceTimersByTimeAsync(HELD_MS - 1);
    expect(client.closed).toBeNull();
    await vi.advanceTimersByTimeAsync(1);
    expect([client.closed, upstream.sent]).toEqual([[4408, "held_too_long"], []]);
    expect(cut.mock.calls[0]?.[0]).toMatchObject({ reason: "held_too_long", bytesAfter: 0 });
    expect(held.mock.calls[0]?.[0]).toMatchObject({ reason: "step_up_required", bytesAfter: 0 });
  });

  it.each([
    ["frames", MAX_HELD_FRAMES, "x"],
    ["bytes", 16, "x".repeat(MAX_HELD_BYTES / 16)],
  ])("keeps so many %s and no more: then it is cut", async (_, most, frame) => {
    const { client, upstream, pause, resume } = await bridged();
    await pause();
    for (let n = 0; n < most; n++) (n % 2 ? client : upstream).says(frame);
    expect(client.closed).toBeNull();
    upstream.says("x");
    expect(client.closed).toEqual([4408, "held_too_much"]);
    await resume();
    expect([upstream.sent, client.sent]).toEqual([[], []]);
  });

  it("is one of so many of its session: the next is cut", async () => {
    const session = "ses_crowded";
    const all = await Promise.all(Array.from({ length: MAX_HELD_OF_SESSION }, () => bridged({ session })));
    for (const { pause } of all) await pause();
    const next = await bridged({ session });
    await next.pause();
    expect(next.client.closed).toEqual([4408, "step_up_required"]);
    await all[0]?.resume();
    const later = await bridged({ session });
    await later.pause();
    expect(later.client.closed).toBeNull();
    for (const { watch } of [...all, later]) watch.close();
  });

  it("loses nothing, doubles nothing and lets nothing through, whatever comes when", async () => {
    const act = fc.constantFrom("up", "down", "pause", "resume");
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
        const { watch, client, upstream, pause, resume } = await bridged();
        const said = { up: [] as number[], down: [] as number[] };
        let passed = [0, 0];
        let isPaused = false;
        for (const [n, one] of acts.entries()) {
          if (one === "pause") await pause();
          else if (one === "resume") await resume();
          else if (one === "up") client.says(said.up.push(n) && String(n));
          else upstream.says(said.down.push(n) && String(n));
          if (isPaused && one !== "resume")
            expect([upstream.sent.length, client.sent.length]).toEqual(passed);
          if (one === "pause" || one === "resume") isPaused = one === "pause";
          passed = [upstream.sent.length, client.sent.length];
        }
        await resume();
        expect([upstream.sent, client.sent]).toEqual([said.up.map(String), said.down.map(String)]);
        watch.close();
      }),
    );
  });
});

describe("a body of a paused session", () => {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  /** A body on its way through the gateway. */
  async function passing() {
    const given = await watched();
    let source: ReadableByteStreamController | undefined;
    const body = new ReadableStream({
      type: "bytes",
      start: (controller) => {
        source = controller;
      },
    });
    const got: string[] = [];
    let isWhole = false;
    const sink = new WritableStream<Uint8Array>({
      write: (piece) => void got.push(text(piece)),
      close: () => {
        isWhole = true;
      },
    });
    const rest = vi.fn(async () => null);
    const over = passedOn(body, sink, { watch: given.watch, direction: "down", isUse: true }, rest);
    over.catch(() => undefined);
    const send = async (piece: string) => {
      source?.enqueue(new TextEncoder().encode(piece));
      await vi.advanceTimersByTimeAsync(0);
    };
    return { ...given, got, rest, over, send, isWhole: () => isWhole, source: () => source };
  }

  it("waits where it is, its end too, and goes on there", async () => {
    const { got, send, pause, resume, over, isWhole, source } = await passing();
    await send("a");
    await pause();
    await send("b");
    await send("c");
    source()?.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([got, isWhole()]).toEqual([["a"], false]);
    await resume();
    await over;
    expect([got.join(""), isWhole()]).toEqual(["abc", true]);
  });

  it("does not even show that it is whole", async () => {
    const { send, pause, resume, over, isWhole, source } = await passing();
    await send("a");
    await pause();
    source()?.close();
    source()?.byobRequest?.respond(0);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(isWhole()).toBe(false);
    await resume();
    await over;
    expect(isWhole()).toBe(true);
  });

  it("looks broken when it is cut, and nothing that waited passes", async () => {
    const { got, send, pause, line, over, isWhole } = await passing();
    await pause();
    await send("b");
    line.says(JSON.stringify({ type: "end", reason: "signed_out", closeCode: 4401, at: Date.now() }));
    await expect(over).rejects.toThrow("cut: signed_out");
    expect([got, isWhole()]).toEqual([[], false]);
  });

  it("that breaks off asks nobody for its rest before the session goes on", async () => {
    const { pause, resume, rest, source, over } = await passing();
    await pause();
    source()?.error(new Error("broken"));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(rest).not.toHaveBeenCalled();
    await resume();
    await expect(over).rejects.toThrow("broken");
    expect(rest).toHaveBeenCalledOnce();
  });

  it("of a stream that was cut is admitted no more", async () => {
    const { watch, line } = await passing();
    line.says(JSON.stringify({ type: "end", reason: "signed_out", closeCode: 4401, at: Date.now() }));
    await expect(admit({ watch, direction: "down", isUse: true }, 1)).rejects.toThrow("cut: signed_out");
    expect(await watch.mayPass()).toBe(false);
  });

  it("that can't be stopped on its way is cut", async () => {
    const { watch, pause } = await watched();
    watch.isUnstoppable = true;
    await pause();
    expect(watch.signal.reason).toMatchObject({ code: 4408, reason: "step_up_required" });
  });

  it("is not blamed on the upstream: the time in which nothing could pass does not count", async () => {
    const { watch, pause, resume } = await watched();
    watch.startLater(1_000, new Request("https://app.example/"));
    await vi.advanceTimersByTimeAsync(500);
    await pause();
    await vi.advanceTimersByTimeAsync(30_300);
    await resume();
    await vi.advanceTimersByTimeAsync(499);
    expect(watch.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(watch.signal.reason).toMatchObject({ reason: "upstream_timeout" });
  });
});

it("an isolate keeps so many bytes of all streams, and has room again when they went on", () => {
  const held = new HeldStreams();
  const one = MAX_HELD_BYTES;
  for (let n = 0; n < MAX_HELD_IN_ISOLATE / one; n++)
    expect(held.keep(`ses_${n}`, one, { frames: 0, bytes: 0 })).toBe(true);
  expect(held.keep("ses_more", 1, { frames: 0, bytes: 0 })).toBe(false);
  held.give("ses_0", one);
  expect(held.keep("ses_more", one, { frames: 0, bytes: 0 })).toBe(true);
});

it("one session's streams can't use up the room of all others, and have room again when they went on", () => {
  const held = new HeldStreams();
  const one = MAX_HELD_BYTES;
  for (let n = 0; n < MAX_HELD_BYTES_OF_SESSION / one; n++)
    expect(held.keep("ses_greedy", one, { frames: 0, bytes: 0 })).toBe(true);
  expect(held.keep("ses_greedy", 1, { frames: 0, bytes: 0 })).toBe(false);
  expect(held.keep("ses_other", one, { frames: 0, bytes: 0 })).toBe(true);
  held.give("ses_greedy", one);
  expect(held.keep("ses_greedy", one, { frames: 0, bytes: 0 })).toBe(true);
});
