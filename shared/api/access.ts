import * as z from "zod/mini";
import { GRADES } from "../access/grade/access.ts";
import { ACTIONS } from "../access/policy/request.ts";
import { MONITORING, VERIFICATIONS } from "../access/policy/terms.ts";

/** What a decision says besides allow or deny, as `AccessDecision` describes it. */
export const accessDecision = z.object({
  grade: z.enum(GRADES),
  reason: z.nullable(z.string()),
  riskScore: z.int(),
  riskParts: z.readonly(z.array(z.object({ source: z.string(), kind: z.string(), score: z.int() }))),
  unmeasured: z.readonly(z.array(z.enum(["country", "network"]))),
  grantedPermissions: z.readonly(
    z.array(
      z.object({
        actions: z.readonly(z.array(z.enum(ACTIONS))),
        paths: z.nullable(z.readonly(z.array(z.string()))),
      }),
    ),
  ),
  sessionDuration: z.nullable(z.object({ idleSeconds: z.int(), absoluteSeconds: z.int() })),
  monitoringLevel: z.enum(MONITORING),
  additionalVerification: z.enum(VERIFICATIONS),
  need: z.optional(
    z.nullable(
      z.object({
        verification: z.enum(["reauthentication", "second_factor", "approval"]),
        acr: z.nullable(z.readonly(z.array(z.string()))),
        amr: z.readonly(z.array(z.string())),
        maxAge: z.nullable(z.int()),
      }),
    ),
  ),
  allowedRisk: z.int(),
});
