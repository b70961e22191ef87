import { describe, expect, it } from "vitest";
import { NO_PATHS, notePaths } from "../../../shared/node/path-ledger.ts";
import type { PathMove, PathReport } from "../../../shared/node/protocol/types.ts";

const NOW = 1_800_000_000_000;
const PEERS = new Set(["a", "b"]);

const path = (at: number, more: Partial<PathReport> = {}): PathReport => ({
  ...{ peer: "a", kind: "direct", endpoint: `192.0.2.1:${at}`, inUse: false, state: "unknown" },
  ...{ rttMicros: 1_000, jitterMicros: 10, lossPermille: 0, measuredAt: NOW - 1_000 },
  ...more,
});
const move = (at: number, peer = "a"): PathMove => ({
  ...{ peer, at, from: null, to: "192.0.2.1:1", kind: "direct", why: "tried" },
});
const noted = (paths: readonly PathReport[], moves: readonly PathMove[] = [], ledger = NO_PATHS, now = NOW) =>
  notePaths(ledger, { paths, moves }, PEERS, now);
const series = <T>(length: number, each: (at: number) => T) => Array.from({ length }, (_, at) => each(at));

describe("what is kept of the paths that a node reports", () => {
  it("is of its own pairs alone", () => {
    const ledger = noted([path(1), path(2, { peer: "stranger" })], [move(NOW), move(NOW, "stranger")]);
    expect(ledger.paths.map(({ peer }) => peer)).toEqual(["a"]);
    expect(ledger.moves.map(({ peer }) => peer)).toEqual(["a"]);
    const later = notePaths(ledger, { paths: [], moves: [] }, new Set(["b"]), NOW);
    expect(later).toEqual(NO_PATHS);
  });

  it("was never measured, nor moved, later than it was received", () => {
    const { paths, moves } = noted([path(1, { measuredAt: NOW + 1e9 })], [move(NOW + 1e9)]);
    expect([paths[0]?.measuredAt, paths[0]?.reportedAt, moves[0]?.at]).toEqual([NOW, NOW, NOW]);
  });

  it("has each path once, and one in use", () => {
    const { paths } = noted([path(1), path(1, { inUse: true }), path(2, { inUse: true })]);
    expect(paths.map(({ endpoint, inUse }) => [endpoint, inUse])).toEqual([
      ["192.0.2.1:1", true],
      ["192.0.2.1:2", false],
    ]);
  });

  it("is twelve paths of a peer, and the one in use is among them, wherever it stands", () => {
    const { paths } = noted(series(40, (at) => path(at, { inUse: at === 30, state: "silent" })));
    expect(paths).toHaveLength(12);
    expect(paths.filter(({ inUse }) => inUse).map(({ endpoint }) => endpoint)).toEqual(["192.0.2.1:30"]);
  });

  it("is bounded for a node with many peers, and for one that moves on and on", () => {
    const peers = new Set(series(500, (at) => `p${at}`));
    const paths = [...peers].flatMap((peer) => series(12, (at) => path(at, { peer })));
    const moves = series(500, (at) => move(NOW - 500 + at, "p1"));
    const ledger = notePaths(NO_PATHS, { paths, moves }, peers, NOW);
    expect(ledger.paths).toHaveLength(2_048);
    expect(ledger.moves).toHaveLength(128);
    expect(ledger.moves.at(-1)?.at).toBe(NOW - 1);
  });

  it("gives way to what is reported of the same peer, and to time", () => {
    const ledger = noted([path(1), path(1, { peer: "b" })]);
    const later = noted([path(2)], [], ledger, NOW + 1);
    expect(later.paths.map(({ peer, endpoint }) => [peer, endpoint])).toEqual([
      ["a", "192.0.2.1:2"],
      ["b", "192.0.2.1:1"],
    ]);
    const week = 7 * 86_400_000;
    expect(noted([], [], ledger, NOW + week - 1).paths).toHaveLength(2);
    expect(noted([], [], ledger, NOW + week).paths).toEqual([]);
  });
});
