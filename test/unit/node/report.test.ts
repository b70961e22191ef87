import { expect, test } from "vitest";
import { isAlive } from "../../../shared/node/report.ts";

const NOW = 1_800_000_000_000;
const peer = { node: "nod_1", receivedBytes: 1, sentBytes: 1, endpoint: null };

test.each([
  ["a handshake of a moment ago, directly", "direct", NOW - 1, true],
  ["three minutes without one", "direct", NOW - 180_000, false],
  ["a little less", "direct", NOW - 179_999, true],
  ["no handshake ever", "direct", null, false],
  ["no path", "none", NOW - 1, false],
] as const)("a peer is alive or not by %s", (_what, path, handshakeAt, expected) => {
  expect(isAlive({ ...peer, path, handshakeAt }, NOW)).toBe(expected);
});
