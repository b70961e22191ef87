import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { healthOf, type MeshHealth } from "../../../shared/node/mesh-health.ts";
import { meshMetrics } from "../../../shared/node/mesh-metrics.ts";
import type { UsedPath } from "../../../shared/node/path-view.ts";
import { counted, NO_DURATIONS } from "../../../shared/paths/durations.ts";
import type { Failure } from "../../../shared/paths/failures.ts";
import { where } from "../../support/needs.ts";

const HOUR = 3_600_000;
const NOW = 100 * HOUR;
const path = (more: Partial<UsedPath> = {}): UsedPath => ({
  ...{ node: "a", peer: "b", kind: "direct", endpoint: "192.0.2.1:1", state: "well" },
  ...{ rttMicros: 10_000, jitterMicros: 0, lossPermille: 0, measuredAt: NOW, reportedAt: NOW },
  ...more,
});
const failure = (more: Partial<Failure> = {}): Failure => ({
  ...{ kind: "node_down", node: "a", to: null, observers: ["b"], suspectedAt: NOW - HOUR },
  ...{ confirmedAt: null, endedAt: null },
  ...more,
});
const health = (): MeshHealth =>
  healthOf(
    [
      {
        pairs: [
          path({ rttMicros: 20_000, lossPermille: 100 }),
          path(),
          path({ kind: "relay", rttMicros: 90_000 }),
          path({ state: "silent" }),
          path({ state: "one_way" }),
          path({ state: "unknown", rttMicros: null }),
        ],
        unreported: 3,
        moves: 2,
      },
    ],
    [
      failure(),
      failure({ confirmedAt: NOW }),
      failure({ confirmedAt: NOW - HOUR, endedAt: NOW - HOUR + 4_000 }),
      failure({ suspectedAt: 0, confirmedAt: 1, endedAt: 2 }),
    ],
    { all: 5, online: 4 },
    NOW,
  );

describe("the health of the mesh", () => {
  it("counts directions by path, with the round trips of what passes", () => {
    expect(health()).toEqual({
      nodes: { all: 5, online: 4 },
      paths: { direct: 2, relay: 1, edge: 0, silent: 2, unreported: 4 },
      rttMs: { median: 20, p95: 90 },
      loss: 0.1 / 3,
      moves: 2,
      failures: { open: 1, suspected: 1, endedLastDay: 1, medianMs: 4_000 },
    });
  });

  it("says that nothing is known rather than nought", () => {
    expect(healthOf([], [], { all: 0, online: 0 }, NOW)).toMatchObject({ rttMs: null, loss: null });
  });
});

describe("the text for Prometheus", () => {
  const durations = counted(counted(NO_DURATIONS, 4_000), 9_999_000);

  it("has a cumulative histogram, and no sample of what is not known", () => {
    const text = meshMetrics(health(), durations, 1);
    expect(text).toContain('rustronaut_mesh_paths{path="silent"} 2\n');
    expect(text).toContain("rustronaut_mesh_path_rtt_median_seconds 0.02\n");
    expect(text).toContain('rustronaut_mesh_failure_duration_seconds_bucket{le="5.0"} 1\n');
    expect(text).toContain('_bucket{le="+Inf"} 2\nrustronaut_mesh_failure_duration_seconds_sum 10003\n');
    expect(text.endsWith("# EOF\n")).toBe(true);
    const empty = meshMetrics(healthOf([], [], { all: 0, online: 0 }, NOW), NO_DURATIONS, 0);
    expect(empty).not.toMatch(/^rustronaut_mesh_path_rtt/m);
  });

  where("promtool").it("is what promtool reads, and has nothing to object to", () => {
    const checked = spawnSync("promtool", ["check", "metrics"], {
      input: meshMetrics(health(), durations, 0),
      encoding: "utf8",
    });
    expect([checked.status, checked.stdout + checked.stderr]).toEqual([0, ""]);
  });
});
