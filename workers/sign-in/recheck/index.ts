import type { Bindings } from "../../platform/env.ts";
import { logError } from "../../platform/log.ts";
import { enabledProviders, type Provider } from "../providers.ts";
import { type CheckResult, checkGrant } from "./check.ts";
import { carryOutEnding } from "./end.ts";
import { type ClaimedGrant, claimDue, forgetIdle } from "./grants.ts";

export interface RecheckRun {
  readonly checked: number;
  readonly confirmed: number;
  readonly ended: number;
  readonly failed: number;
}

/** The most grants in one run. */
const MAX_GRANTS = 200;
/** How many grants are checked at the same time. The platform opens at most six connections. */
const WIDTH = 6;
/** After this time the run claims no more grants. The next run starts within a minute. */
const RUN_MS = 50_000;

/**
 * Asks the identity providers about each signed-in user who is due. Runs may overlap, because each grant is
 * claimed by only one of them. Failures of single grants are logged, never thrown.
 */
export async function recheckGrants(bindings: Bindings): Promise<RecheckRun> {
  const startedAt = Date.now();
  await forgetIdle(bindings.db, startedAt);
  const providers = new Map((await enabledProviders(bindings.db)).map((provider) => [provider.id, provider]));
  const away = new Set<string>();
  const results: (CheckResult | "failed")[] = [];
  while (results.length < MAX_GRANTS && Date.now() - startedAt < RUN_MS) {
    const limit = Math.min(WIDTH, MAX_GRANTS - results.length);
    const grants = await claimDue(bindings.db, limit, [...away], Date.now());
    if (grants.length === 0) break;
    results.push(...(await Promise.all(grants.map((grant) => checkOne(bindings, providers, away, grant)))));
  }
  const count = (result: CheckResult | "failed") => results.filter((each) => each === result).length;
  return {
    checked: results.length,
    confirmed: count("confirmed"),
    ended: count("ended"),
    failed: count("unconfirmed") + count("failed"),
  };
}

async function checkOne(
  bindings: Bindings,
  providers: ReadonlyMap<string, Provider>,
  away: Set<string>,
  grant: ClaimedGrant,
): Promise<CheckResult | "failed"> {
  try {
    if (grant.state === "ending") {
      await carryOutEnding(bindings, grant, grant.problem ?? "unknown");
      return "ended";
    }
    const provider = providers.get(grant.providerId);
    // The provider was switched off or created just now. The grant is checked again when the claim expires.
    if (!provider) return "superseded";
    return await checkGrant(bindings, provider, grant, away);
  } catch (error) {
    logError("recheck_failed", error, { user: grant.userId });
    return "failed";
  }
}
