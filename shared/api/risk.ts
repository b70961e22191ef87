import * as z from "zod/mini";
import { MAX_HALF_LIFE_SECONDS } from "../access/risk/signal.ts";
import * as f from "./fields.ts";

/** What speaks for risk about people. */

export const riskSignal = z.object({
  source: z.string(),
  kind: z.string(),
  /** At the moment when it was found. */
  score: z.int(),
  at: f.instant,
  halfLifeSeconds: z.int(),
});

export const userRisk = z.object({
  userId: z.string(),
  email: z.string(),
  /** From 0 to 100, now. */
  score: z.int(),
  signals: z.array(riskSignal),
});

const ADMINISTRATOR = "administrator";

export const riskSet = z.strictObject({
  score: f.said(f.integer(0, 100), "from 0 to 100; 0 takes back what this source said"),
  source: z._default(f.said(f.label, "who says so: a name for each program that sets risk"), ADMINISTRATOR),
  halfLifeSeconds: z._default(
    f.said(f.integer(60, MAX_HALF_LIFE_SECONDS), "seconds after which half of it is left"),
    86_400,
  ),
});
