import * as z from "zod/mini";

/** How agents tell the hub what they passed on, so that it is held against the decisions of the gateway. */

/** The most hits of one report. */
export const MAX_HITS = 500;

const hit = z.object({
  /** `rid` of the pass. */
  decision: z.string().check(z.regex(/^dec_[0-9a-hjkmnp-tv-z]{26}$/)),
  /** The app's id. */
  app: z.string().check(z.regex(/^app_[0-9a-hjkmnp-tv-z]{26}$/)),
  /** `sub` of the pass. */
  caller: z.string().check(z.maxLength(100)),
  method: z.string().check(z.maxLength(20)),
  /** When the agent passed it on, by the hub's clock. */
  at: z.int().check(z.gte(0)),
});

export const hitsReport = z.object({ hits: z.array(hit).check(z.maxLength(MAX_HITS)) });
export type HitsReport = z.infer<typeof hitsReport>;
export type ReportedHit = HitsReport["hits"][number];
