import type { Failure } from "../paths/failures.ts";
import type { UsedPath } from "./path-view.ts";
import { PATH_KINDS, type PathKind } from "./protocol/types.ts";

/** How the mesh is, in figures. Each direction of a pair counts for itself. */
export interface MeshHealth {
  readonly nodes: { readonly all: number; readonly online: number };
  /** Directions by the kind of the path in use, those that nothing passes, and those of which nothing was measured. */
  readonly paths: Readonly<Record<PathKind | "silent" | "unreported", number>>;
  /** Of the paths that are well, in milliseconds; null while none was measured. */
  readonly rttMs: { readonly median: number; readonly p95: number } | null;
  /** The mean share of probes that were lost on them, 0 to 1. */
  readonly loss: number | null;
  /** Changes of paths within the last hour. */
  readonly moves: number;
  readonly failures: {
    readonly open: number;
    readonly suspected: number;
    readonly endedLastDay: number;
    /** From the first suspicion until it ended, in milliseconds, over those that ended in the last day. */
    readonly medianMs: number | null;
  };
}

const DAY_MS = 86_400_000;

export function healthOf(
  segments: readonly {
    readonly pairs: readonly UsedPath[];
    readonly unreported: number;
    readonly moves: number;
  }[],
  failures: readonly Failure[],
  nodes: MeshHealth["nodes"],
  now: number,
): MeshHealth {
  const pairs = segments.flatMap((segment) => segment.pairs);
  const sum = (of: "unreported" | "moves") => segments.reduce((total, segment) => total + segment[of], 0);
  const passes = pairs.filter(({ state }) => state === "well");
  const silent = pairs.filter(({ state }) => state === "silent" || state === "one_way").length;
  const byKind = Object.fromEntries(
    PATH_KINDS.map((kind) => [kind, passes.filter((path) => path.kind === kind).length]),
  ) as Record<PathKind, number>;
  const times = sorted(passes.flatMap(({ rttMicros }) => rttMicros ?? []));
  const losses = passes.flatMap(({ lossPermille }) => lossPermille ?? []);
  const open = failures.filter(({ endedAt }) => endedAt === null);
  const ended = failures.filter(({ endedAt }) => endedAt !== null && endedAt > now - DAY_MS);
  const lasted = sorted(ended.map(({ suspectedAt, endedAt }) => (endedAt ?? now) - suspectedAt));
  return {
    nodes,
    paths: {
      ...byKind,
      silent,
      unreported: sum("unreported") + pairs.length - passes.length - silent,
    },
    rttMs:
      times.length === 0
        ? null
        : { median: quantile(times, 0.5) / 1_000, p95: quantile(times, 0.95) / 1_000 },
    loss: losses.length === 0 ? null : losses.reduce((a, b) => a + b, 0) / losses.length / 1_000,
    moves: sum("moves"),
    failures: {
      open: open.filter(({ confirmedAt }) => confirmedAt !== null).length,
      suspected: open.filter(({ confirmedAt }) => confirmedAt === null).length,
      endedLastDay: ended.length,
      medianMs: lasted.length === 0 ? null : quantile(lasted, 0.5),
    },
  };
}

const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);
/** The nearest rank. */
const quantile = (values: readonly number[], share: number): number =>
  values[Math.max(0, Math.ceil(values.length * share) - 1)] ?? 0;
