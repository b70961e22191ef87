import { DURATION_BOUNDS, type Durations } from "../paths/durations.ts";
import type { MeshHealth } from "./mesh-health.ts";

/**
 * The mesh's figures as text that Prometheus reads. It is OpenMetrics 1.0, and also Prometheus' own text format 0.0.4, in which the
 * last line is a comment. Names follow its conventions: a prefix, base units, and `_bucket`, `_sum` and `_count` of a histogram.
 * @param missing how many segments could not be asked
 */
export function meshMetrics(health: MeshHealth, durations: Durations, missing: number): string {
  const { nodes, paths, rttMs, loss, failures } = health;
  return [
    ...gauge("rustronaut_mesh_nodes", "Approved nodes, by whether the hub hears them.", [
      [{ state: "online" }, nodes.online],
      [{ state: "offline" }, nodes.all - nodes.online],
    ]),
    ...gauge(
      "rustronaut_mesh_paths",
      "Directions of pairs, by the kind of the path in use, or silent, or unreported.",
      Object.entries(paths).map(([path, count]) => [{ path }, count] as const),
    ),
    ...gauge(
      "rustronaut_mesh_path_rtt_median_seconds",
      "The median round trip of paths in use.",
      only(rttMs && rttMs.median / 1_000),
    ),
    ...gauge(
      "rustronaut_mesh_path_rtt_p95_seconds",
      "The round trip that 95 of 100 paths in use don't exceed.",
      only(rttMs && rttMs.p95 / 1_000),
    ),
    ...gauge("rustronaut_mesh_path_loss_ratio", "The mean share of probes lost on paths in use.", only(loss)),
    ...gauge("rustronaut_mesh_path_moves", "Changes of paths within the last hour.", only(health.moves)),
    ...gauge("rustronaut_mesh_failures", "Failures that last, by how sure they are.", [
      [{ state: "confirmed" }, failures.open],
      [{ state: "suspected" }, failures.suspected],
    ]),
    ...histogram(
      "rustronaut_mesh_failure_duration_seconds",
      "How long failures lasted, from the first suspicion to their end.",
      durations,
    ),
    ...gauge(
      "rustronaut_mesh_segments_missing",
      "Segments that could not be asked for these figures.",
      only(missing),
    ),
    "# EOF",
    "",
  ].join("\n");
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** A figure that is not known has no sample. */
const only = (value: number | null): readonly Sample[] => (value === null ? [] : [[{}, value]]);

const head = (name: string, type: string, help: string): string[] => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${type}`,
];

const gauge = (name: string, help: string, samples: readonly Sample[]): string[] => [
  ...head(name, "gauge", help),
  ...samples.map((sample) => sampleText(name, sample)),
];

function histogram(name: string, help: string, { counts, sumSeconds }: Durations): string[] {
  let sum = 0;
  const buckets = counts.map((count, place): Sample => {
    sum += count;
    return [{ le: DURATION_BOUNDS[place]?.toFixed(1) ?? "+Inf" }, sum];
  });
  return [
    ...head(name, "histogram", help),
    ...buckets.map((bucket) => sampleText(`${name}_bucket`, bucket)),
    `${name}_sum ${sumSeconds}`,
    `${name}_count ${sum}`,
  ];
}

function sampleText(name: string, [labels, value]: Sample): string {
  const parts = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
  return `${name}${parts.length === 0 ? "" : `{${parts.join(",")}}`} ${value}`;
}
