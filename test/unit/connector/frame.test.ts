import { describe, expect, it } from "vitest";
import { decodeFrame, encodeFrame, type Frame } from "../../../shared/connector/frame.ts";
import { MAX_DATA, MAX_HEAD } from "../../../shared/connector/limits.ts";

const bytes = new Uint8Array([1, 2, 3]);
const FRAMES: readonly Frame[] = [
  { type: "open", stream: 1, head: bytes },
  { type: "answer", stream: 0xffff_ffff, head: new Uint8Array(0) },
  { type: "data", stream: 7, bytes },
  { type: "part", stream: 7, bytes, isText: true, isLast: false },
  { type: "part", stream: 7, bytes: new Uint8Array(0), isText: false, isLast: true },
  { type: "end", stream: 7, close: null },
  { type: "end", stream: 7, close: { code: 4321, reason: "tschüß" } },
  { type: "reset", stream: 7, reason: "unreachable", detail: "connect ECONNREFUSED" },
  { type: "credit", stream: 7, bytes: 0xffff_ffff },
  { type: "drain" },
];

const wire = (...numbers: number[]) => decodeFrame(new Uint8Array(numbers));

describe("frames", () => {
  it.each(FRAMES.map((frame) => [frame.type, frame] as const))("%s is read as it was written", (_, frame) => {
    expect(decodeFrame(encodeFrame(frame))).toEqual({ ok: true, value: frame });
  });

  it("begin with the version, so that a newer format is refused rather than misread", () => {
    const [first = 0] = encodeFrame({ type: "drain" });
    expect(first >> 4).toBe(1);
    expect(wire((2 << 4) | 7, 0, 0, 0, 0)).toEqual({ ok: false, error: "the frame has version 2" });
  });

  it.each([
    ["nothing", []],
    ["half a header", [0x12, 0, 0]],
    ["an unknown type", [0x1f, 0, 0, 0, 1]],
    ["data of the tunnel itself", [0x12, 0, 0, 0, 0]],
    ["a drain of a stream", [0x17, 0, 0, 0, 1]],
    ["a drain with a payload", [0x17, 0, 0, 0, 0, 1]],
    ["a credit of three bytes", [0x16, 0, 0, 0, 1, 0, 0, 1]],
    ["a part without flags", [0x13, 0, 0, 0, 1]],
    ["a part with unknown flags", [0x13, 0, 0, 0, 1, 4]],
    ["a reset without a reason", [0x15, 0, 0, 0, 1]],
    ["a reset with an unknown reason", [0x15, 0, 0, 0, 1, 99]],
    ["a close with half a code", [0x14, 0, 0, 0, 1, 16]],
    ["a close whose reason is no UTF-8", [0x14, 0, 0, 0, 1, 16, 0, 0xff]],
  ])("refuse %s", (_, numbers) => {
    expect(wire(...numbers).ok).toBe(false);
  });

  it("are bounded", () => {
    const sized = (type: number, size: number) => {
      const frame = new Uint8Array(5 + size);
      frame.set([0x10 | type, 0, 0, 0, 1]);
      return decodeFrame(frame).ok;
    };
    expect([sized(2, MAX_DATA), sized(2, MAX_DATA + 1)]).toEqual([true, false]);
    expect([sized(0, MAX_HEAD), sized(0, MAX_HEAD + 1)]).toEqual([true, false]);
    expect([sized(3, MAX_DATA + 1), sized(3, MAX_DATA + 2)]).toEqual([true, false]);
    expect(sized(4, 126)).toBe(false);
  });
});
