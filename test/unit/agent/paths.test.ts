import { describe, expect, it } from "vitest";
import { type Candidate, candidatesOf } from "../../../agent/paths/candidates.ts";
import { PathBook } from "../../../agent/paths/path-book.ts";
import { type Move, PeerPaths } from "../../../agent/paths/peer-paths.ts";
import { packetsOf, Traffic } from "../../../agent/paths/traffic.ts";
import type { WireguardDevice } from "../../../agent/tunnel/machine.ts";
import { PROBE_EVERY_MS } from "../../../shared/paths/path-watch.ts";

const [FIRST, SECOND, THIRD] = ["192.0.2.1:1", "192.0.2.2:1", "192.0.2.3:1"] as const;
const direct = (endpoint: string): Candidate => ({ kind: "direct", endpoint });
const KNOWN = [FIRST, SECOND, THIRD].map(direct);

/** A pair with traffic, of which each path answers at the times that are said. */
class Pair {
  readonly paths = new PeerPaths(0);
  readonly moves: Move[] = [];
  now = 0;
  asked = 0;
  readonly answers: (endpoint: string, now: number) => boolean;

  constructor(answers: (endpoint: string, now: number) => boolean, known = KNOWN) {
    this.answers = answers;
    this.paths.learn(known, known[0]?.endpoint ?? null, 0);
  }

  /** @param each what else happens in each step */
  run(untilMs: number, each: (paths: PeerPaths, now: number) => void = () => undefined): this {
    for (; this.now < untilMs; this.now += PROBE_EVERY_MS) {
      const { now, paths } = this;
      each(paths, now);
      const move = paths.look(now);
      if (move) this.moves.push(move);
      if (!paths.isDue(now)) continue;
      const id = String(++this.asked);
      paths.asks(id, now);
      if (this.answers(paths.current?.endpoint ?? "", now)) paths.isAnswered(id, now + 20);
    }
    return this;
  }

  get used() {
    return this.paths.measured(this.now).find(({ inUse }) => inUse);
  }
}
const carries = (paths: PeerPaths, now: number) => paths.carries(now);

describe("the paths to a peer", () => {
  it("are measured, and one that answers is kept", () => {
    const pair = new Pair(() => true).run(60_000, carries);
    expect(pair.moves).toEqual([]);
    expect(pair.used).toMatchObject({ endpoint: FIRST, state: "well", rttMs: 20, loss: 0 });
  });

  it("are changed within seconds when the one in use falls silent, to the first that answers", () => {
    const pair = new Pair((endpoint, now) => (endpoint === FIRST ? now < 20_000 : endpoint === THIRD));
    pair.run(60_000, carries);
    expect(pair.moves.map(({ to, why }) => [to.endpoint, why])).toEqual([
      [SECOND, "tried"],
      [THIRD, "tried"],
    ]);
    expect(pair.moves[0]?.at).toBeLessThan(25_000);
    expect(pair.moves[1]?.at).toBeLessThan(27_000);
    expect(pair.used).toMatchObject({ endpoint: THIRD, state: "well" });
  });

  it("go back to the one in use when none answers, and are tried ever more rarely", () => {
    const pair = new Pair((_, now) => now < 20_000).run(600_000, carries);
    expect(pair.moves[2]).toMatchObject({ to: { endpoint: FIRST }, why: "in_vain" });
    expect(pair.used).toMatchObject({ endpoint: FIRST, state: "silent" });
    const rounds = pair.moves.filter(({ why }) => why === "in_vain").map(({ at }) => at);
    const pauses = rounds.slice(1).map((at, index) => at - (rounds[index] ?? 0));
    expect(pauses.every((pause, index) => pause >= (pauses[index - 1] ?? 0))).toBe(true);
    expect(rounds.length).toBeLessThan(9);
  });

  it("are not judged by a peer that never answered", () => {
    const pair = new Pair(() => false).run(600_000, carries);
    expect(pair.moves).toEqual([]);
    expect(pair.used).toMatchObject({ state: "unknown", rttMs: null });
  });

  it("are left alone when only the peer's agent has ended: the tunnel brings bytes, and nobody asks", () => {
    const pair = new Pair((_, now) => now < 20_000).run(120_000, (paths, now) => {
      paths.carries(now);
      paths.hears(now);
    });
    expect(pair.moves).toEqual([]);
    expect(pair.used).toMatchObject({ endpoint: FIRST, state: "unknown" });
  });

  it("are changed when the peer is heard asking and does not answer: what is sent is lost", () => {
    const pair = new Pair((endpoint, now) => endpoint === SECOND || now < 20_000);
    pair.run(24_000, (paths, now) => {
      paths.carries(now);
      paths.hears(now);
      paths.isAsked(now);
    });
    expect(pair.used?.state).not.toBe("unknown");
    pair.run(40_000, carries);
    expect(pair.used).toMatchObject({ endpoint: SECOND, state: "well" });
  });

  it("of a peer without traffic are probed about once a minute, and closely only when one is not answered", () => {
    const idle = new Pair(() => true).run(600_000);
    expect(idle.asked).toBeLessThanOrEqual(11);
    const silent = new Pair((_, now) => now < 300_000).run(600_000);
    expect(silent.used?.state).toBe("silent");
    expect(silent.asked).toBeLessThan(80);
    const heard = silent.run(3_600_000).asked;
    expect(heard).toBeLessThan(140);
  });

  it("go by a relay when no direct one answers, and back when one does again, with fewer tries each time", () => {
    const RELAYED = "198.51.100.1:7000";
    const known: Candidate[] = [direct(FIRST), { kind: "relay", endpoint: RELAYED }];
    const pair = new Pair((endpoint, now) => endpoint === RELAYED || now < 20_000 || now > 900_000, known);
    pair.run(26_000, carries);
    expect(pair.used).toMatchObject({ endpoint: RELAYED, kind: "relay", state: "well" });
    pair.run(900_000, carries);
    const vain = pair.moves.filter(({ why }) => why === "in_vain").length;
    expect(vain).toBeGreaterThan(2);
    expect(vain).toBeLessThan(7);
    pair.run(1_600_000, carries);
    expect(pair.used).toMatchObject({ endpoint: FIRST, kind: "direct", state: "well" });
  });

  it("by relays are tried first where the relay answers for this node's half, and last where it does not", () => {
    const leg = (node: string): Candidate => ({
      ...{ kind: "relay", endpoint: `198.51.100.${node}:20000` },
      by: { node: `nod_${node}`, leg: `leg_${node}`, probeKey: "k" },
    });
    const [dead, alive] = [leg("1"), leg("2")];
    const works = (endpoint: string, now: number) => endpoint === alive.endpoint || now < 20_000;
    const pair = new Pair(works, [direct(FIRST), direct(SECOND), dead, alive]);
    const asked: string[] = [];
    pair.run(26_000, (paths, now) => {
      paths.carries(now);
      for (const { endpoint } of paths.spares(now)) {
        asked.push(endpoint);
        paths.halfAnswers(endpoint, endpoint === alive.endpoint || now < 10_000 ? 7 : null, now);
      }
    });
    expect(new Set(asked)).toEqual(new Set([dead.endpoint, alive.endpoint]));
    expect(pair.moves.map(({ to, why }) => [to.endpoint, why])).toEqual([[alive.endpoint, "tried"]]);
    const book = new PathBook();
    book.peers.set("nod_b", pair.paths);
    const told = new Map(book.untold(26_000, 1_000_000).paths.map((path) => [path.endpoint, path]));
    expect(told.get(alive.endpoint)).toMatchObject({ relay: "nod_2", halfMicros: 7_000, inUse: true });
    expect(told.get(dead.endpoint)).not.toHaveProperty("halfMicros");
    expect(JSON.stringify([...told])).not.toContain("probeKey");
  });

  const LEG: Candidate = {
    kind: "relay",
    endpoint: SECOND,
    by: { node: "r", leg: "l", probeKey: "k" },
  };

  it("by relays are not probed for a peer without traffic, nor the one in use beside its own probes", () => {
    const idle = new Pair(() => true, [direct(FIRST), LEG]).run(5_000);
    expect(idle.paths.spares(5_000)).toEqual([]);
    const [spare, used] = [
      [direct(FIRST), LEG],
      [LEG, direct(FIRST)],
    ].map((known) => new Pair(() => true, known).run(5_000, carries).paths.spares(5_000));
    expect([spare, used]).toEqual([[LEG], []]);
  });

  it("by relays are as the last question for their half found them, and for no longer than ten seconds", () => {
    const { paths } = new Pair(() => true, [direct(FIRST), LEG]);
    const half = (now: number) => paths.measured(now).find(({ kind }) => kind === "relay")?.halfMs;
    paths.halfAnswers(SECOND, 7, 1_000);
    expect([half(10_999), half(11_000)]).toEqual([7, null]);
    paths.halfAnswers(SECOND, null, 2_000);
    expect(half(2_000)).toBeNull();
  });

  it("follow WireGuard, and say so", () => {
    const pair = new Pair(() => true).run(5_000, carries);
    const roamed = "203.0.113.5:9";
    const move = pair.paths.learn(candidatesOf({ endpoints: [FIRST, SECOND] }, roamed), roamed, 5_000);
    expect(move).toMatchObject({ from: FIRST, to: { endpoint: roamed }, why: "followed" });
    expect(pair.run(20_000, carries).moves).toEqual([]);
  });
});

describe("the book of paths", () => {
  it("tells what is new until the hub has it, in the hub's time", () => {
    const book = new PathBook();
    const pair = new Pair((endpoint, now) => endpoint === SECOND || now < 20_000);
    book.peers.set("nod_b", pair.paths);
    pair.run(10_000, carries);
    const first = book.untold(10_000, 1_000_000);
    expect(first.paths.find(({ inUse }) => inUse)).toMatchObject({
      peer: "nod_b",
      rttMicros: 20_000,
      measuredAt: 999_520,
    });
    expect(book.hasNews(10_000)).toBe(true);
    book.told(first);
    expect([book.hasNews(10_000), book.untold(10_000, 1_000_000).paths]).toEqual([false, []]);
    for (const move of pair.run(40_000, carries).moves) book.moved("nod_b", move);
    expect(book.hasNews(40_000)).toBe(true);
    const second = book.untold(40_000, 2_000_000);
    expect(second.moves).toMatchObject([{ to: SECOND, why: "tried" }]);
    book.told(second);
    expect(book.hasNews(40_000)).toBe(false);
  });
});

it("what a path became while a report was on its way is told with the next one", () => {
  const book = new PathBook();
  const pair = new Pair(() => true).run(10_000, carries);
  book.peers.set("nod_b", pair.paths);
  const untold = book.untold(10_000, 0);
  pair.paths.learn(KNOWN.slice(0, 2), FIRST, 10_100);
  book.told(untold);
  expect(book.hasNews(10_200)).toBe(true);
});

describe("traffic", () => {
  const TABLE = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       2    0    0    0     0          0         0      100       2    0    0    0     0       0          0
   rn0:    1000      10    0    0    0     0          0         0     2000      30    0    0    0     0       0          0
`;
  it("is read from the kernel's table", () => {
    expect([packetsOf(TABLE, "rn0"), packetsOf(TABLE, "rn"), packetsOf(TABLE, "rn01")]).toEqual([
      40,
      null,
      null,
    ]);
  });

  it("is more than probes and keepalives", () => {
    const traffic = new Traffic("rn0");
    const device = (sentBytes: number): WireguardDevice => ({
      ...{ publicKey: null, listenPort: 0, mark: 0 },
      peers: [
        { publicKey: "k", endpoint: null, allowedIps: [], handshake: 0, receivedBytes: sentBytes, sentBytes },
      ],
    });
    const looks = (sentBytes: number, probes: number) =>
      traffic.compare(device(sentBytes), () => probes).carrying;
    expect(looks(1_000, 0)).toEqual([]);
    expect(looks(1_064, 0)).toEqual([]);
    expect(looks(1_464, 10)).toEqual([]);
    expect(looks(1_964, 0)).toEqual(["k"]);
  });
});
