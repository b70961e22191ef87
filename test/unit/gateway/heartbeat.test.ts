import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Heartbeat, heartbeat } from "../../../workers/gateway/heartbeat.ts";

/** S-A11: a reader that left is found by writing to it. */

let beat: Heartbeat;
let writer: WritableStreamDefaultWriter<Uint8Array>;
let reader: ReadableStreamDefaultReader<Uint8Array>;
beforeEach(() => {
  vi.useFakeTimers();
  beat = heartbeat(async () => undefined, 1_000);
  writer = beat.stream.writable.getWriter();
  reader = beat.stream.readable.getReader();
});
afterEach(() => {
  beat.stop();
  vi.useRealTimers();
});

const write = (text: string) => writer.write(new TextEncoder().encode(text));
const read = async () => new TextDecoder().decode((await reader.read()).value);

test("S-A11: a silent stream gets a comment between two lines, again and again", async () => {
  void write("data: 1\n\n");
  expect(await read()).toBe("data: 1\n\n");
  for (let i = 0; i < 2; i++) {
    const next = read();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await next).toBe(":\n");
  }
});

test("S-A11: so does one that has not begun", async () => {
  const next = read();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await next).toBe(":\n");
});

test("nothing is written into a line, nor where events flow", async () => {
  void write("data: ha");
  expect(await read()).toBe("data: ha");
  const rest = read();
  await vi.advanceTimersByTimeAsync(5_000);
  void write("lf\n\n");
  expect(await rest).toBe("lf\n\n");
  for (let i = 0; i < 5; i++) {
    const next = read();
    await vi.advanceTimersByTimeAsync(900);
    void write(`data: ${i}\n\n`);
    expect(await next).toBe(`data: ${i}\n\n`);
  }
});

test("comments do not pile up for a reader that is slow", async () => {
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await read()).toBe(":\n");
  const next = read();
  void write("data: 1\n\n");
  expect(await next).toBe("data: 1\n\n");
});

test("nothing beats once it was stopped", () => {
  beat.stop();
  expect(vi.getTimerCount()).toBe(0);
});
