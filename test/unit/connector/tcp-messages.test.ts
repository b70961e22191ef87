import { describe, expect, it } from "vitest";
import { TCP_WINDOW, tookBytes, Untaken } from "../../../shared/connector/tcp-messages.ts";

describe("what a client of a TCP app was sent and has not taken", () => {
  it("is bounded, whatever the client says that it took", () => {
    const untaken = new Untaken();
    untaken.sent(TCP_WINDOW);
    expect(untaken.isFull).toBe(true);
    expect(untaken.took(TCP_WINDOW + 1)).toBe(false);
    expect(untaken.isFull).toBe(true);
    expect(untaken.took(1)).toBe(true);
    expect(untaken.isFull).toBe(false);
    expect(untaken.took(TCP_WINDOW)).toBe(false);
  });

  it("is told by one text alone", () => {
    expect(["took 5", "took -5", "took 5 ", "took 1e9", "end"].map(tookBytes)).toEqual([
      5,
      ...[null, null, null, null],
    ]);
  });
});
