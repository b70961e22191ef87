import { decisionEntry, requestFacts, UNASKED } from "../../shared/access/assess.ts";
import { actionOf } from "../../shared/access/policy/request.ts";
import type { Question } from "../../shared/access/question.ts";
import { recordDecision } from "../platform/audit.ts";
import type { Bindings } from "../platform/env.ts";
import { freshId } from "../platform/random.ts";
import { sampleOf } from "../platform/trouble.ts";
import type { RefusedCredential } from "./caller.ts";
import { servicePrincipal } from "./judge.ts";

/**
 * Records that a service credential was refused, like any other denial, and gives the id of the record. Undefined when
 * the credential belongs to no token and too many such credentials came (`platform/trouble.ts`): anybody can send them.
 */
export async function recordRefused(
  question: Question,
  { token, epoch }: RefusedCredential,
  bindings: Bindings,
  ctx: ExecutionContext,
): Promise<string | undefined> {
  const now = Date.now();
  if (token === null && sampleOf("unknown_credential").pick(now) === null) return undefined;
  const { method, target, actions } = question;
  const principal = token === null ? ({ type: "Anonymous" } as const) : servicePrincipal(token);
  const entry = decisionEntry(freshId("decision"), question, {
    epoch,
    sessionId: null,
    facts: {
      ...requestFacts(question, actions[0] ?? actionOf(method, false), target.path, now),
      principal,
      authentication: null,
      device: null,
    },
    decision: UNASKED,
    overruledBy: "invalid_credentials",
  });
  await recordDecision(bindings, ctx, entry);
  return entry.id;
}
