import type { Assessment } from "../../shared/access/assess.ts";
import type { GradeReason } from "../../shared/access/grade/access.ts";
import { needInWords } from "../../shared/access/grade/need-words.ts";
import { askPath } from "../../shared/access/grants/paths.ts";
import { scopeOf } from "../../shared/access/oauth/scope.ts";
import type { DeviceFacts } from "../../shared/access/policy/request.ts";
import type { Question } from "../../shared/access/question.ts";
import type { DecisionEntry } from "../../shared/audit/types.ts";
import { refusal } from "../../shared/base/errors/catalogue.ts";
import type { Bindings } from "../platform/env.ts";
import type { Snapshot } from "../registry/snapshot.ts";
import type { Caller } from "./caller.ts";
import { deviceNeed } from "./device-need.ts";
import { mayRequest } from "./grant-offer.ts";
import { proveFirst } from "./prove-first.ts";
import { type RefusalContext, refusalResponse } from "./refusal-response.ts";
import { endCut } from "./revalidate.ts";
import { signInFirst } from "./sign-in-first.ts";
import { type StepUp, stepUpFor } from "./step-up.ts";
import { stepUpFirst, stepUpUrl } from "./step-up-first.ts";
import { recordRefusedCut } from "./witness.ts";

/** What to do about a refusal of the grade, in words for the caller. */
const REMEDIES: Readonly<Record<GradeReason, string>> = {
  read_only: "Reading works. Changes are refused while the risk of this session is raised.",
  step_up_required: "Sign in again, at the earliest a minute after the last time.",
  second_factor_required: "Sign in with a second factor. The last sign-in named none.",
  sign_in_method_required:
    "The policies ask for kinds of sign-in that exclude each other. Ask your administrator.",
  approval_required:
    "A policy lets this through only after an approval: request access, where the app offers it.",
  risk_above_allowed: "The session was ended because of its risk. Ask your administrator.",
  idle_timeout: "Sign in again.",
  absolute_timeout: "Sign in again.",
};

const NO_DEVICE = refusal(
  "device_required",
  "A policy asks for a device. A program that acts for a person proves none.",
);

/** The program must ask its person again: the person then shows what is needed (RFC 6750 §3.1). */
function askAgain(request: Request, { signInAfter, need }: StepUp, context: RefusalContext): Response {
  const asked = need === null ? "a newer sign-in" : needInWords(need);
  const detail = `A policy or the risk of this session asks for ${asked}. Ask the person again, with the scope that \`WWW-Authenticate\` names.`;
  const scope = scopeOf({ isFresh: signInAfter !== null, need });
  return refusalResponse(request, refusal("insufficient_scope", detail), { ...context, scope });
}

/** How the device stands, for somebody whom it keeps out. */
const unfit = (device: DeviceFacts | null): string =>
  device === null
    ? "The device of this session is no approved member of the network any more."
    : `The device ${device.name} last reported its state ${device.claims.ageSeconds} seconds ago, and it does not meet what a policy asks.`;

/** A request that was denied, and why. */
export interface Denied {
  readonly question: Question;
  readonly caller: Caller;
  readonly snapshot: Snapshot;
  readonly judged: Assessment;
  readonly entry: DecisionEntry;
  readonly context: RefusalContext;
}

/** Answers a denied request: with a sign-in if that would help, otherwise with the reason. Ends a cut session. */
export async function denied(
  request: Request,
  bindings: Bindings,
  ctx: ExecutionContext,
  what: Denied,
): Promise<Response> {
  const { question, caller, snapshot, judged, entry, context } = what;
  const { app } = question;
  const reason = judged.refusedBy;
  // An anonymous caller may be a user who has not signed in yet. After a sign-in, the decision may be different.
  if (caller.kind === "anonymous") return signInFirst(request, app, bindings, "unauthenticated");
  if (reason !== null && judged.access.grade === "cut") {
    await endCut(bindings, caller, reason);
    recordRefusedCut(bindings, ctx, entry);
  }
  if (reason === "idle_timeout" || reason === "absolute_timeout") {
    return signInFirst(request, app, bindings, "session_ended");
  }
  const stepUp = stepUpFor(question, caller, snapshot, entry.at);
  const isClient = caller.kind === "user" && caller.session.client !== undefined;
  if (stepUp && isClient) return askAgain(request, stepUp, { ...context, reason: entry.reason });
  if (stepUp && caller.kind === "user" && reason !== "read_only" && reason !== "risk_above_allowed") {
    return stepUpFirst(request, bindings, { app, caller, stepUp, reason, context });
  }
  const { path, query } = question.target;
  const offer = mayRequest(question, caller, snapshot, entry.at)
    ? { askUrl: bindings.authOrigin + askPath(app, path + query) }
    : {};
  const need = reason === null ? deviceNeed(question, caller, snapshot, entry.at) : null;
  if (need === "prove" && isClient) return refusalResponse(request, NO_DEVICE, context);
  if (need === "prove") return proveFirst(request, app, bindings, context);
  if (need === "unfit") {
    const detail = `${unfit(judged.facts.device)} Show your administrator the decision ${entry.id}.`;
    return refusalResponse(request, refusal("device_unfit", detail), {
      ...{ ...context, reason: "device_unfit", ...offer },
    });
  }
  const shown = { ...context, reason: entry.reason, ...offer };
  if (reason === null) {
    const detail = `No policy allows this, or one forbids it. Show your administrator the decision ${entry.id}.`;
    return refusalResponse(request, refusal("denied_by_policy", detail), shown);
  }
  const wayOn = stepUp ? { loginUrl: stepUpUrl(request, stepUp) } : {};
  const hint = stepUp ? " A new sign-in at `login_url` restores it." : "";
  return refusalResponse(request, refusal(reason, REMEDIES[reason] + hint), { ...shown, ...wayOn });
}
