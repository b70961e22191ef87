import type { Answer } from "../../../shared/api/endpoints.ts";

/** How well packets pass between two nodes: `silent` is where probes are not answered. */
export type Quality = "good" | "lossy" | "silent" | "unmeasured";

/** The share of probes from whose loss on a path is called lossy: two of the last 32, not one. */
const LOSSY = 0.05;

export function qualityOf({ measured }: Pick<Answer<"mesh.map">["links"][number], "measured">): Quality {
  if (measured === null) return "unmeasured";
  if (!measured.passes) return "silent";
  return (measured.loss ?? 0) >= LOSSY ? "lossy" : "good";
}
