import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFrame, encodeFrame, type Frame } from "../../../shared/connector/frame.ts";
import { INITIAL_WINDOW, MAX_DATA, MAX_STREAMS, MAX_WINDOW } from "../../../shared/connector/limits.ts";
import { Link } from "../../../shared/connector/link.ts";
import { StreamReset, type TunnelStream } from "../../../shared/connector/tunnel-stream.ts";
import { WindowBudget } from "../../../shared/connector/window-budget.ts";
import { drawn, SEED } from "../../support/sample.ts";

/** Two ends of a tunnel, and between them a wire on which frames wait until a test moves them. */
class Wire {
  readonly toAgent: Uint8Array[] = [];
  readonly toHub: Uint8Array[] = [];
  readonly accepted = new Map<number, TunnelStream>();
  readonly hub: Link;
  readonly agent: Link;
  /** What each direction of each stream may still send, as the frames on the wire say. */
  readonly #credit = new Map<string, number>();
  /** Frames that went beyond the credit. */
  readonly overdrafts: string[] = [];

  constructor(budget = 1024 * 1024, lastId = 0) {
    const port = (queue: Uint8Array[], side: "hub" | "agent") => ({
      send: (bytes: Uint8Array) => {
        this.#account(side, bytes);
        queue.push(bytes);
      },
    });
    this.hub = new Link(port(this.toAgent, "hub"), new WindowBudget(budget), lastId);
    this.agent = new Link(
      {
        ...port(this.toHub, "agent"),
        onOpen: (stream) => {
          this.accepted.set(stream.id, stream);
        },
      },
      new WindowBudget(budget),
    );
  }

  /** Delivers one frame in one direction. False when there was none. */
  step(side: "toAgent" | "toHub"): boolean {
    const bytes = this[side].shift();
    if (!bytes) return false;
    const wrong = (side === "toAgent" ? this.agent : this.hub).receive(bytes);
    if (wrong !== null) throw new Error(`honest ends blame each other: ${wrong}`);
    return true;
  }

  /** Delivers all frames, also those that the delivery brings about. */
  async settle(): Promise<void> {
    for (let idle = 0; idle < 3; ) {
      const moved = this.step("toAgent") || this.step("toHub");
      await Promise.resolve();
      for (let i = 0; i < 10; i++) await Promise.resolve();
      idle = moved ? 0 : idle + 1;
    }
  }

  #account(side: "hub" | "agent", bytes: Uint8Array): void {
    const decoded = decodeFrame(bytes);
    if (!decoded.ok || decoded.value.type === "drain") return;
    const frame = decoded.value;
    const key = (sender: "hub" | "agent") => `${frame.stream} ${sender}`;
    const left = this.#credit.get(key(side)) ?? INITIAL_WINDOW;
    if (frame.type === "data" || frame.type === "part") {
      this.#credit.set(key(side), left - bytes.length);
      if (bytes.length > left) this.overdrafts.push(key(side));
    }
    if (frame.type === "credit") {
      const peer = side === "hub" ? "agent" : "hub";
      const theirs = (this.#credit.get(key(peer)) ?? INITIAL_WINDOW) + frame.bytes;
      this.#credit.set(key(peer), theirs);
      if (theirs > MAX_WINDOW) this.overdrafts.push(`${key(peer)} may send ${theirs}`);
    }
  }
}

/** Bytes that repeat only after 7, so that a shift by a frame is noticed. */
const pattern = (seed: number, length: number): Uint8Array =>
  length === 0 ? Buffer.alloc(0) : Buffer.alloc(length, Buffer.from([seed & 255, 1, 2, 3, 4, 5, seed >> 8]));

async function readAll(stream: TunnelStream): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let next = await stream.read(); next !== null; next = await stream.read()) parts.push(next.bytes);
  return Buffer.concat(parts);
}

describe("two honest ends", () => {
  const flow = fc.record({
    up: fc.array(fc.integer({ min: 0, max: 3 * MAX_DATA }), { maxLength: 5 }),
    down: fc.array(fc.integer({ min: 0, max: 3 * MAX_DATA }), { maxLength: 5 }),
    /** Who gives up, and when, counted in steps of the wire. */
    cancel: fc.option(fc.record({ by: fc.constantFrom("hub", "agent"), after: fc.nat(30) })),
  });
  const runs = drawn(25, 1_000);

  it("lose, repeat and reorder no byte, and never send more than was granted", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(flow, { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.boolean()),
        fc.constantFrom(0, 100_000, 4_000_000),
        async (flows, turns, budget) => {
          const wire = new Wire(budget, 0xffff_fffd);
          const opened = flows.map((_, i) => wire.hub.open(pattern(i, 3)));
          while (wire.step("toAgent"));
          const outcomes = flows.flatMap(({ up, down }, i) => {
            const asking = opened[i];
            const serving = wire.accepted.get(asking?.id ?? 0);
            if (!asking || !serving) throw new Error("a stream was not accepted");
            const send = async (stream: TunnelStream, sizes: readonly number[]) => {
              for (const size of sizes) await stream.write(pattern(size, size));
              stream.end();
            };
            serving.answer(pattern(i, 2));
            const sent = [send(asking, up), send(serving, down)];
            const received = [asking.answered().then(() => readAll(asking)), readAll(serving)];
            const expected = [down, up].map((sizes) =>
              Buffer.concat(sizes.map((size) => pattern(size, size))),
            );
            for (const promise of [...sent, ...received]) promise.catch(() => undefined);
            return received.map((promise, side) => ({ promise, expected: expected[side], flow: i }));
          });
          let steps = 0;
          for (let idle = 0; idle < 4; steps++) {
            flows.forEach(({ cancel }, i) => {
              if (cancel?.after !== steps) return;
              const stream = cancel.by === "hub" ? opened[i] : wire.accepted.get(opened[i]?.id ?? 0);
              stream?.reset("cancelled");
            });
            const side = turns.next().value ? "toAgent" : "toHub";
            const moved = wire.step(side) || wire.step(side === "toAgent" ? "toHub" : "toAgent");
            for (let i = 0; i < 12; i++) await Promise.resolve();
            idle = moved || steps < 32 ? 0 : idle + 1;
          }
          for (const { promise, expected, flow: i } of outcomes) {
            const result = await promise.catch((error: unknown) => error);
            if (result instanceof StreamReset) expect(flows[i]?.cancel).not.toBeNull();
            else expect(Buffer.from(result as Uint8Array).equals(expected ?? Buffer.alloc(1))).toBe(true);
          }
          expect(wire.overdrafts).toEqual([]);
          expect([wire.hub.streams, wire.agent.streams]).toEqual([0, 0]);
        },
      ),
      { numRuns: runs, seed: SEED },
    );
  });

  it("end each direction by itself: an answer may come long after the request has ended, and before", async () => {
    const wire = new Wire();
    const asking = wire.hub.open(new Uint8Array(0));
    asking.end();
    await wire.settle();
    const serving = wire.accepted.get(asking.id);
    expect(await serving?.read()).toBeNull();
    serving?.answer(pattern(1, 1));
    await serving?.write(pattern(1, 10));
    serving?.end();
    await wire.settle();
    expect([...(await readAll(asking))]).toEqual([...pattern(1, 10)]);
    expect(wire.hub.streams).toBe(0);
  });

  it("keep a whole answer although its stream is reset afterwards", async () => {
    const wire = new Wire();
    const asking = wire.hub.open(new Uint8Array(0));
    await wire.settle();
    const serving = wire.accepted.get(asking.id);
    serving?.answer(new Uint8Array(0));
    await serving?.write(pattern(2, 100));
    serving?.end();
    serving?.reset("cancelled");
    await wire.settle();
    await expect(asking.write(pattern(1, 1))).rejects.toBeInstanceOf(StreamReset);
    expect([...(await readAll(asking))]).toEqual([...pattern(2, 100)]);
    expect(wire.hub.streams).toBe(0);
  });

  it("give up everything when the tunnel is lost", async () => {
    const wire = new Wire();
    const asking = wire.hub.open(new Uint8Array(0));
    const answered = asking.answered();
    wire.hub.lose("gone");
    await expect(answered).rejects.toMatchObject({ reason: "lost" });
    await expect(asking.write(pattern(1, 1))).rejects.toMatchObject({ reason: "lost" });
    expect(wire.hub.streams).toBe(0);
  });
});

describe("a bad peer", () => {
  const hubWith = () => {
    const wire = new Wire(0);
    const stream = wire.hub.open(new Uint8Array(0));
    const hear = (frame: Frame) => wire.hub.receive(encodeFrame(frame));
    const answered = () => hear({ type: "answer", stream: stream.id, head: new Uint8Array(0) });
    const data = (size: number, id = stream.id) =>
      hear({ type: "data", stream: id, bytes: new Uint8Array(size) });
    return { wire, stream, hear, answered, data };
  };

  it("that sends more than was granted is found out at the first byte", async () => {
    const { answered, data, stream } = hubWith();
    expect([answered(), data(MAX_DATA)]).toEqual([null, null]);
    expect(data(1)).toBe("more came than was granted");
    await expect(stream.read()).rejects.toMatchObject({ reason: "violation" });
  });

  it("can't fill the memory with empty frames either", () => {
    const { answered, data } = hubWith();
    answered();
    const taken = Array.from({ length: 100_000 }, () => data(0)).findIndex((wrong) => wrong !== null);
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThanOrEqual(INITIAL_WINDOW / 5);
  });

  it("can't flood streams that were given up: what may still be on its way is counted", () => {
    const { answered, data, stream } = hubWith();
    answered();
    stream.reset("cancelled");
    expect(data(MAX_DATA)).toBeNull();
    expect(data(MAX_DATA)).toBe(`stream ${stream.id} is not open`);
  });

  it.each<[string, (peer: ReturnType<typeof hubWith>) => string | null]>([
    ["data before the answer", ({ data }) => data(1)],
    ["two answers", ({ answered }) => answered() ?? answered()],
    ["an end before the answer", ({ hear, stream }) => hear({ type: "end", stream: stream.id, close: null })],
    [
      "data after the end",
      ({ answered, hear, data, stream }) =>
        answered() ?? hear({ type: "end", stream: stream.id, close: null }) ?? data(1),
    ],
    [
      "a credit without end",
      ({ hear, stream }) => hear({ type: "credit", stream: stream.id, bytes: 0xffff_ffff }),
    ],
    [
      "a stream that an agent opens",
      ({ hear }) => hear({ type: "open", stream: 9, head: new Uint8Array(0) }),
    ],
    ["data of a stream that never was", ({ data }) => data(100, 4_711)],
    ["something that is no frame", ({ wire }) => wire.hub.receive(new Uint8Array([255]))],
  ])("is refused for %s", (_, act) => {
    expect(act(hubWith())).not.toBeNull();
  });

  it("opens at most so many streams at an agent", () => {
    const wire = new Wire(0);
    const open = (stream: number) =>
      wire.agent.receive(encodeFrame({ type: "open", stream, head: new Uint8Array(0) }));
    for (let id = 1; id <= MAX_STREAMS + 1; id++) expect(open(id)).toBeNull();
    expect(wire.agent.streams).toBe(MAX_STREAMS);
    const last = decodeFrame(wire.toHub.at(-1) ?? new Uint8Array(0));
    expect(last).toMatchObject({ ok: true, value: { type: "reset", reason: "overloaded" } });
    expect(open(1)).toBe("stream 1 is open already");
  });
});

describe("the budget of windows", () => {
  it("gives a few streams much and many streams little, and gets all of it back", () => {
    const budget = new WindowBudget(24 * 1024 * 1024);
    const taken = Array.from({ length: 2_000 }, () => budget.take());
    expect(taken[0]).toBe(MAX_WINDOW / 2);
    expect(taken.at(-1)).toBe(0);
    expect(taken.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(24 * 1024 * 1024);
    for (const bytes of taken) budget.giveBack(bytes);
    expect(budget.take()).toBe(MAX_WINDOW / 2);
  });

  it("evens out between streams that came early and late, and is never overdrawn", async () => {
    const whole = 2 * 1024 * 1024;
    const wire = new Wire(whole);
    const send = async (stream: TunnelStream) => {
      for (;;) await stream.write(pattern(1, MAX_DATA));
    };
    const receive = async (stream: TunnelStream) => {
      while (await stream.read());
    };
    const begin = (count: number) =>
      Array.from({ length: count }, () => {
        const stream = wire.hub.open(pattern(1, 3));
        while (wire.step("toAgent"));
        const serving = wire.accepted.get(stream.id) as TunnelStream;
        serving.answer(pattern(1, 3));
        for (const flow of [send(serving), receive(stream)]) flow.catch(() => undefined);
        return stream;
      });
    const flow = async (frames: number) => {
      for (let n = 0; n < frames; n++) {
        wire.step("toHub");
        while (wire.step("toAgent"));
        for (let i = 0; i < 8; i++) await Promise.resolve();
      }
    };
    const early = begin(4);
    await flow(200);
    const wide = early.map(({ extra }) => extra);
    const all = [...early, ...begin(36)];
    await flow(4_000);
    const shares = all.map(({ extra }) => extra);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(whole);
    expect(Math.min(...wide)).toBeGreaterThan(3 * Math.max(...shares));
    // A difference of 16 kB is not worth a frame.
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(16 * 1024);
    // Those who stay get what the others leave.
    for (const stream of all.slice(4)) stream.reset("cancelled");
    await flow(1_000);
    expect(Math.min(...early.map(({ extra }) => extra))).toBeGreaterThan(3 * Math.max(...shares));
    wire.hub.resetAll("cancelled", "");
  });
});
