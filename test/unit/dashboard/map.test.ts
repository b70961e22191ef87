import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { connectionsOf } from "../../../dashboard/lib/map/connections.ts";
import {
  graphOf,
  MAX_SHOWN_NODES,
  type MeshMap,
  segmentPoint,
  summarise,
} from "../../../dashboard/lib/map/graph.ts";
import { assignSlots, placeCircles, radiusFor, slotSpot } from "../../../dashboard/lib/map/layout.ts";
import { nextPoint } from "../../../dashboard/lib/map/move.ts";
import { namesThatFit } from "../../../dashboard/lib/map/names.ts";
import { neighboursOf } from "../../../dashboard/lib/map/neighbours.ts";
import { frameOf, place, WHOLE } from "../../../dashboard/lib/map/place.ts";

const SEED = 20_261_124;

const nodeOf = (name: string, segment = "main", online = true): MeshMap["nodes"][number] => ({
  id: `node_${name}`,
  name,
  segment,
  ipv4: "100.64.0.1",
  online,
  lastSeenAt: 1,
});
const linkOf = (
  a: string,
  b: string,
  path: "direct" | "none" | "unknown" = "direct",
): MeshMap["links"][number] => ({
  a: `node_${a}`,
  b: `node_${b}`,
  allows: ["rule_1"],
  handshakeAt: 1,
  path,
  measured: null,
  bytes: 1,
});
const mapOf = (nodes: MeshMap["nodes"], links: MeshMap["links"] = []): MeshMap => ({
  nodes,
  links,
  rules: {},
  truncated: false,
  missing: [],
});
const many = (count: number, segments: number): MeshMap =>
  mapOf(
    Array.from({ length: count }, (_, n) => nodeOf(String(n).padStart(5, "0"), `segment ${n % segments}`)),
  );

describe("where nodes stand", () => {
  it("any two of a circle are apart, and all are inside it", () => {
    for (const slots of [1, 2, 3, 8, 12, 13, 40, 100, 1_000]) {
      const spots = Array.from({ length: slots }, (_, slot) => slotSpot(slot, slots));
      for (const [at, one] of spots.entries()) {
        expect(Math.hypot(one.x, one.y), `${at} of ${slots}`).toBeLessThan(radiusFor(slots));
        for (const other of spots.slice(at + 1)) {
          expect(Math.hypot(one.x - other.x, one.y - other.y), `of ${slots}`).toBeGreaterThan(0.8);
        }
      }
    }
  });

  it("no circle touches another, whatever their sizes", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(sizes, fc.double({ min: 0.5, max: 3, noNaN: true }), (counts, aspect) => {
        const circles = counts.map((count, at) => ({ name: `s${at}`, r: radiusFor(count) }));
        const placed = [...placeCircles(circles, aspect).values()];
        expect(placed).toHaveLength(counts.length);
        for (const [at, one] of placed.entries()) {
          for (const other of placed.slice(at + 1)) {
            expect(Math.hypot(one.x - other.x, one.y - other.y)).toBeGreaterThan(one.r + other.r);
          }
        }
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it("a newcomer among many moves nobody", () => {
    const before = place(graphOf(many(60, 3), null), new Map(), 1.5);
    const grown = mapOf([...many(60, 3).nodes, nodeOf("00000a", "segment 1")]);
    const after = place(graphOf(grown, null), before.slots, 1.5);
    for (const [id, spot] of before.spots) expect(after.spots.get(id)).toEqual(spot);
    expect(after.spots.has("node_00000a")).toBe(true);
  });

  it("one that left frees its slot for the next", () => {
    const slots = assignSlots(
      new Map([
        ["a", 0],
        ["b", 1],
        ["c", 2],
      ]),
      ["a", "c", "z"],
    );
    expect(Object.fromEntries(slots)).toEqual({ a: 0, z: 1, c: 2 });
  });

  it("everything fits into the picture, and stands where the zoom puts it", () => {
    const placed = place(graphOf(many(200, 7), null), new Map(), 600 / 400);
    const frame = frameOf(placed, WHOLE, 600, 400);
    for (const { x, y } of placed.spots.values()) {
      expect(frame.x + x * frame.scale).toBeGreaterThanOrEqual(0);
      expect(frame.x + x * frame.scale).toBeLessThanOrEqual(600);
      expect(frame.y + y * frame.scale).toBeGreaterThanOrEqual(0);
      expect(frame.y + y * frame.scale).toBeLessThanOrEqual(400);
    }
    const middle = { x: 2, y: -1 };
    const near = frameOf(placed, { zoom: 4, middle }, 600, 400);
    expect(near.scale).toBeCloseTo(4 * frame.scale);
    expect([near.x + middle.x * near.scale, near.y + middle.y * near.scale]).toEqual([300, 200]);
  });
});

describe("names on the map", () => {
  const named = (gap: number, name = "") => {
    const graph = graphOf(mapOf([nodeOf(`a${name}`), nodeOf(`b${name}`), nodeOf(`c${name}`)]), null);
    const spots = new Map(graph.points.map(({ id }, at) => [id, { x: at * gap, y: 0 }]));
    return namesThatFit(graph.points, spots, { scale: 40, x: 0, y: 0 }).size;
  };

  it("stand where they cover neither a dot nor another name, and the first wins", () => {
    expect(named(1)).toBe(3);
    expect(named(1, "-with-a-long-name")).toBe(1);
    expect(named(2, "-with-a-long-name")).toBe(2);
    expect(named(3, "-with-a-long-name")).toBe(3);
    const graph = graphOf(mapOf([nodeOf("above"), nodeOf("below")]), null);
    const spots = new Map(graph.points.map(({ id }, at) => [id, { x: 0, y: at * 0.5 }]));
    expect([...namesThatFit(graph.points, spots, { scale: 40, x: 0, y: 0 })]).toEqual(["node_below"]);
  });
});

describe("what the map shows", () => {
  it("every node and pair while they are few", () => {
    const map = mapOf(
      [nodeOf("a"), nodeOf("b"), nodeOf("c", "lab", false)],
      [linkOf("a", "b"), linkOf("b", "c", "none")],
    );
    const graph = graphOf(map, null);
    expect(graph.points.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    expect(graph.lines.map(({ path }) => path)).toEqual(["direct", "none"]);
    expect(summarise(map, 2)).toBe(
      "2 of 3 nodes online in 2 segments; 1 of 2 permitted pairs connected directly",
    );
  });

  it("segments instead of nodes when there are thousands, and the nodes of one when it is opened", () => {
    const map = many(5_000, 10);
    const links = Array.from({ length: 500 }, (_, n) =>
      linkOf(map.nodes[n]?.name ?? "", map.nodes[n + 1]?.name ?? "", n % 2 === 0 ? "none" : "direct"),
    );
    const graph = graphOf({ ...map, links }, null);
    expect(graph.points).toHaveLength(10);
    expect(
      graph.points.every(({ kind, nodes, online }) => kind === "segment" && nodes === 500 && online === 500),
    ).toBe(true);
    expect(graph.lines).toHaveLength(10);
    expect(graph.lines.reduce((sum, line) => sum + line.count, 0)).toBe(500);
    const opened = graphOf({ ...map, links }, "segment 3");
    expect(opened.points).toHaveLength(509);
    expect(opened.points.filter(({ kind }) => kind === "segment").map(({ id }) => id)).not.toContain(
      segmentPoint("segment 3"),
    );
    expect(place(opened, new Map(), 1.5).spots.size).toBe(509);
    expect(graphOf(many(MAX_SHOWN_NODES, 4), null).points).toHaveLength(MAX_SHOWN_NODES);
  });

  it("a line by kind and quality, and for many pairs by the best that passes", () => {
    const measured = (passes: boolean, loss: number) => ({ passes, loss, rttMs: 5 });
    const link = (more: Partial<MeshMap["links"][number]>) => ({ ...linkOf("a", "b"), ...more });
    const drawn = (...links: MeshMap["links"]) =>
      graphOf(mapOf([nodeOf("a"), nodeOf("b")], links), null).lines.map(({ path, quality, count }) => [
        path,
        quality,
        count,
      ]);
    expect(drawn(link({}))).toEqual([["direct", "unmeasured", 1]]);
    expect(drawn(link({ path: "relay", measured: measured(true, 1 / 32) }))).toEqual([["relay", "good", 1]]);
    expect(drawn(link({ measured: measured(true, 2 / 32) }))).toEqual([["direct", "lossy", 1]]);
    const silent = link({ measured: measured(false, 0) });
    expect(drawn(silent)).toEqual([["direct", "silent", 1]]);
    const edge = link({ path: "edge", measured: measured(true, 0) });
    expect(drawn(silent, edge, silent)).toEqual([["edge", "good", 3]]);
  });

  it("passes over links whose ends are not there", () => {
    expect(graphOf(mapOf([nodeOf("a")], [linkOf("a", "gone")]), null).lines).toEqual([]);
    expect(connectionsOf(mapOf([nodeOf("a")], [linkOf("a", "gone")]), "", null)).toEqual([]);
  });

  it("in words: pairs by name, and only those that are looked for", () => {
    const map = mapOf(
      [nodeOf("web"), nodeOf("db", "data"), nodeOf("ci", "lab")],
      [linkOf("web", "db"), linkOf("ci", "web")],
    );
    const names = (found: string, segment: string | null) =>
      connectionsOf(map, found, segment).map(({ a, b }) => `${a.name}-${b.name}`);
    expect(names("", null)).toEqual(["ci-web", "db-web"]);
    expect(names("db", null)).toEqual(["db-web"]);
    expect(names("", "lab")).toEqual(["ci-web"]);
    expect(neighboursOf(map, "node_web").map(({ node }) => node.name)).toEqual(["ci", "db"]);
    expect(neighboursOf(map, "node_ci").map(({ node }) => node.name)).toEqual(["web"]);
  });
});

describe("arrow keys on the map", () => {
  const spots = new Map([
    ["middle", { x: 0, y: 0 }],
    ["right", { x: 2, y: 0.5 }],
    ["far right", { x: 5, y: 0 }],
    ["below", { x: 0.5, y: 3 }],
  ]);

  it("lead to the nearest point that way, and nowhere where there is none", () => {
    expect(nextPoint(spots, "middle", "ArrowRight")).toBe("right");
    expect(nextPoint(spots, "right", "ArrowRight")).toBe("far right");
    expect(nextPoint(spots, "middle", "ArrowDown")).toBe("below");
    expect(nextPoint(spots, "far right", "ArrowLeft")).toBe("right");
    expect(nextPoint(spots, "middle", "ArrowLeft")).toBeNull();
    expect(nextPoint(spots, "gone", "ArrowUp")).toBeNull();
  });

  it("reach every node of a segment from any other", () => {
    const { spots: all } = place(graphOf(many(50, 3), null), new Map(), 1.5);
    const reached = new Set<string>();
    const open = [[...all.keys()][0] ?? ""];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (reached.has(id)) continue;
      reached.add(id);
      for (const way of ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"] as const) {
        const next = nextPoint(all, id, way);
        if (next !== null) open.push(next);
      }
    }
    expect(reached.size).toBe(50);
  });
});
