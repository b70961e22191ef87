import { describe, expect, it } from "vitest";
import { EdgeEnd } from "../../../shared/edge/edge-end.ts";
import { edgePair, takenIn, takenText } from "../../../shared/edge/edge-relay.ts";
import { decodeFrame, encodeFrame, fits } from "../../../shared/edge/frame.ts";
import { FLOOD, FRAME_COST, MAX_DATAGRAM, MAX_FRAME, RATE, WINDOW } from "../../../shared/edge/limits.ts";

const data = (bytes: number, mark = 0) => {
  const datagram = new Uint8Array(bytes);
  datagram[0] = 4;
  datagram[bytes - 1] = mark;
  return datagram;
};

describe("a frame of the edge relay", () => {
  it("gives back the datagrams that it was made of", () => {
    const datagrams = [data(32, 1), data(MAX_DATAGRAM, 2), data(1_440, 3)];
    expect(decodeFrame(encodeFrame(datagrams))).toEqual(datagrams);
  });

  it("holds as many as fit, and no more", () => {
    const datagrams: Uint8Array[] = [];
    let bytes = 0;
    while (fits(bytes, data(1_440))) {
      datagrams.push(data(1_440));
      bytes += 1_442;
    }
    expect(encodeFrame(datagrams).length).toBe(bytes);
    expect(decodeFrame(encodeFrame(datagrams))).toHaveLength(Math.floor(MAX_FRAME / 1_442));
    expect(decodeFrame(encodeFrame([...datagrams, data(1_440)]))).toBeNull();
  });

  it.each([
    ["nothing", new Uint8Array(0)],
    ["half a length", new Uint8Array([0])],
    ["an empty datagram", new Uint8Array([0, 0])],
    ["a datagram that is cut off", encodeFrame([data(64)]).subarray(0, 65)],
    ["something behind the last datagram", new Uint8Array([...encodeFrame([data(64)]), 0])],
    ["a datagram that is too long", encodeFrame([data(MAX_DATAGRAM + 1)])],
    ["something else than WireGuard", encodeFrame([data(64), new Uint8Array(64).fill(1)])],
    ["DNS", encodeFrame([new Uint8Array([0x12, 0x34, 1, 0, 0, 1, ...new Uint8Array(40)])])],
  ])("is none with %s", (_, bytes) => {
    expect(decodeFrame(bytes)).toBeNull();
  });
});

describe("what the object counts of an end", () => {
  it("lets through the rate, and a flood is what goes far beyond it without a second of peace", () => {
    const end = new EdgeEnd(0);
    const frames = Math.floor(RATE / (MAX_FRAME + FRAME_COST));
    let passed = 0;
    for (let frame = 0; frame < 2 * frames; frame++)
      if (end.send(MAX_FRAME, (frame / (2 * frames)) * 1_000) === "goes") passed++;
    expect(passed).toBeGreaterThan(frames);
    expect(passed).toBeLessThan(1.2 * frames);
    // Much, but with peace in between.
    for (let second = 2; second < 20; second += 2)
      for (let frame = 0; (frame * MAX_FRAME) / FLOOD < 0.9; frame++)
        expect(end.send(MAX_FRAME, second * 1_000)).not.toBe("flood");
    const verdicts = Array.from({ length: Math.ceil((1.2 * FLOOD) / MAX_FRAME) }, () =>
      end.send(MAX_FRAME, 30_000),
    );
    expect(verdicts.at(-1)).toBe("flood");
  });

  it("heeds texts at a rate of their own, and calls out a flood of them", () => {
    const end = new EdgeEnd(0);
    const say = (times: number, now: number) => Array.from({ length: times }, () => end.say(now));
    const [burst, flood] = [Math.floor(RATE / 10 / FRAME_COST), FLOOD / FRAME_COST];
    expect(new Set(say(burst, 0))).toEqual(new Set(["goes"]));
    expect(new Set(say(flood, 0))).toEqual(new Set(["dropped"]));
    // Frames pass as if no text had come.
    expect(end.send(RATE / 10 - FRAME_COST, 0)).toBe("goes");
    expect(end.say(0)).toBe("flood");
    // After peace it counts anew.
    expect(say(1, 2_000)).toEqual(["goes"]);
    expect(say(burst, 2_000).at(-1)).toBe("dropped");
  });

  it("has no more on its way than the window, whatever the agent says that it took", () => {
    const end = new EdgeEnd(0);
    const fill = () => {
      let bytes = 0;
      while (end.receive(MAX_FRAME)) bytes += MAX_FRAME;
      return bytes;
    };
    expect(fill()).toBe(WINDOW);
    end.taken(3 * MAX_FRAME);
    expect(fill()).toBe(3 * MAX_FRAME);
    end.taken(99_999_999);
    expect(fill()).toBe(WINDOW);
  });

  it("tells what it carried once", () => {
    const end = new EdgeEnd(0);
    end.carried(5);
    end.carried(6);
    expect([end.takeCarried(), end.takeCarried()]).toEqual([11, 0]);
  });
});

describe("the words of the edge relay", () => {
  it("name a pair alike from both ends", () => {
    expect(edgePair("nod_b", "nod_a")).toBe(edgePair("nod_a", "nod_b"));
  });

  it("count in plain numbers alone", () => {
    expect(takenIn(takenText(32_768))).toBe(32_768);
    for (const text of [
      "taken",
      "taken -1",
      "taken 1.5",
      "taken 1e3",
      "taken 123456789",
      "taken 1 ",
      "Taken 1",
    ])
      expect(takenIn(text), text).toBeNull();
  });
});
