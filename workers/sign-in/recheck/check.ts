import { readIdentityClaims } from "../../../shared/access/login/identity-claims.ts";
import { decideRecheck, type RecheckOutcome } from "../../../shared/access/login/recheck.ts";
import { retry } from "../../../shared/base/async/retry.ts";
import type { Bindings } from "../../platform/env.ts";
import { keepNotices, providerDown } from "../../platform/notices.ts";
import { timer } from "../../platform/timer.ts";
import { methodOf } from "../methods.ts";
import type { Provider } from "../providers.ts";
import { recheckUser } from "../users.ts";
import { carryOutEnding } from "./end.ts";
import { beginEnding, type ClaimedGrant, markUntold, openToken, replaceToken, settle } from "./grants.ts";
import { tellSessions } from "./tell.ts";

/**
 * The result for one claimed grant. `unconfirmed`: the sessions go on for now. `superseded`: nothing was
 * decided.
 */
export type CheckResult = "confirmed" | "unconfirmed" | "ended" | "superseded";

/** The pauses in milliseconds before a failed attempt to store a new token is repeated. */
const KEEP_AGAIN_MS = [50, 250, 1_000];

/**
 * Asks the provider about the user of a claimed grant and acts on the answer. If this function throws, the
 * claim expires, and a later run does the rest.
 *
 * @param away The ids of providers that are not asked in this run. A provider that doesn't answer is added.
 */
export async function checkGrant(
  bindings: Bindings,
  provider: Provider,
  grant: ClaimedGrant,
  away: Set<string>,
): Promise<CheckResult> {
  if (grant.untold) await tellSessions(bindings, grant.userId);
  const outcome: RecheckOutcome | { kind: "superseded" } = away.has(provider.id)
    ? { kind: "away", problem: "the provider is away" }
    : await ask(bindings, provider, grant);
  if (outcome.kind === "superseded") return "superseded";
  const now = Date.now();
  if (outcome.kind === "away" || outcome.kind === "unanswered") {
    if (!away.has(provider.id)) await keepNotices(bindings, [providerDown(provider, now)], now);
    away.add(provider.id);
  }
  const decision = decideRecheck(outcome, grant, provider, now);
  if (decision.next === "end") return endUserOf(bindings, grant, decision.reason, now);
  await settle(bindings.db, grant, decision, now);
  return outcome.kind === "confirmed" ? "confirmed" : "unconfirmed";
}

async function endUserOf(
  bindings: Bindings,
  grant: ClaimedGrant,
  reason: string,
  now: number,
): Promise<CheckResult> {
  if (!(await beginEnding(bindings.db, grant, reason, now))) return "superseded";
  await carryOutEnding(bindings, grant, reason);
  return "ended";
}

const NOT_ASKED = { kind: "failed", problem: "a provider of this kind can't be asked" } as const;

async function ask(
  bindings: Bindings,
  provider: Provider,
  grant: ClaimedGrant,
): Promise<RecheckOutcome | { readonly kind: "superseded" }> {
  const token = await openToken(bindings, grant);
  // Losing the new token would sign the user out. So a single failed write must not lose it.
  const keep = (rotated: string) => retry(timer, KEEP_AGAIN_MS, () => replaceToken(bindings, grant, rotated));
  const answer =
    (await (await methodOf(provider)).ask?.(bindings, provider, grant.subject, token, keep)) ?? NOT_ASKED;
  if (answer.kind !== "claims") return answer;
  const claims = readIdentityClaims(answer.claims, provider, Date.now());
  if (!claims.ok) return { kind: "refused", reason: claims.error };
  const user = await recheckUser(bindings.db, provider, claims.value, markUntold(bindings.db, grant));
  if (!user.ok) {
    return user.error === "groups_unknown"
      ? { kind: "failed", problem: "the answer says nothing about groups, and the user had some" }
      : { kind: "refused", reason: user.error };
  }
  if (user.value.changed) await tellSessions(bindings, grant.userId);
  return { kind: "confirmed" };
}
