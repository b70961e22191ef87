import type { UnverifiedJws } from "../../../shared/access/login/jws.ts";
import { SIGNING_ALGORITHMS, selectSigningKey } from "../../../shared/access/login/signing-keys.ts";
import { type Federation, rulesOf } from "../../../shared/access/workload/federation.ts";
import { publicKeys } from "../../../shared/access/workload/key-set.ts";
import { statedClaims, unmetRule } from "../../../shared/access/workload/stated-claims.ts";
import { subjectTokenFault } from "../../../shared/access/workload/subject-token.ts";
import { err, ok, type Result } from "../../../shared/base/result.ts";
import type { SnapshotServiceToken } from "../../../shared/registry/snapshot.ts";
import type { Bindings } from "../../platform/env.ts";
import type { Snapshot } from "../../registry/snapshot.ts";
import { discover } from "../oidc/discovery.ts";
import { verifiedBy, verifyJws } from "../oidc/verify-jws.ts";
import { ProviderFault } from "../provider-fault.ts";

/** A service token, and the JWT that proves its holder. */
export interface Proven {
  readonly serviceToken: SnapshotServiceToken;
  readonly federation: Federation;
  readonly jws: UnverifiedJws;
  readonly stated: readonly string[];
}

interface Candidate {
  readonly serviceToken: SnapshotServiceToken;
  readonly federation: Federation;
}

/**
 * The service token that a JWT proves to hold. The error says why there is none, or why it is not known which.
 *
 * @param named The id or name of the service token that is meant. Null if the JWT itself must tell.
 * @throws ProviderAway If the issuer's keys can't be fetched.
 */
export async function holderOf(
  bindings: Bindings,
  { serviceTokens }: Pick<Snapshot, "serviceTokens">,
  token: string,
  jws: UnverifiedJws,
  named: string | null,
  now: number,
): Promise<Result<Proven, string>> {
  const stated = statedClaims(jws.claims);
  if (!stated.ok) return stated;
  const candidates = serviceTokens.flatMap((serviceToken): Candidate[] => {
    const { id, name, federation, enabled, expiresAt } = serviceToken;
    const isMeant = named === null || named === id || named === name;
    const isLive = enabled && (expiresAt === null || now < expiresAt);
    return isMeant && isLive && federation && federation.issuer === jws.claims.iss
      ? [{ serviceToken, federation }]
      : [];
  });
  if (candidates.length === 0)
    return err("no service token trusts this issuer, or not the one that is named");
  const faults = new Set<string>();
  const found: Proven[] = [];
  const verified = verifier(bindings, token, jws);
  for (const { serviceToken, federation } of candidates) {
    const fault = misfit(federation, jws, stated.value, now) ?? (await verified(federation));
    if (fault !== null) faults.add(fault);
    else found.push({ serviceToken, federation, jws, stated: stated.value });
  }
  const [proven, other] = found;
  if (!proven) return err([...faults].slice(0, 5).join("; "));
  return other ? err("it proves several service tokens: name one as `client_id`") : ok(proven);
}

/** What of an unverified JWT does not fit a federation, or null. This is looked at first, since it costs least. */
function misfit(federation: Federation, { claims }: UnverifiedJws, stated: readonly string[], now: number) {
  const unmet = unmetRule(rulesOf(federation), stated);
  if (unmet) return `the claim ${unmet.name} is not ${unmet.pattern}`;
  return subjectTokenFault(claims, federation.audience, now);
}

/** Verifies the signature once for each source of keys. Gives what is wrong, or null. */
function verifier(bindings: Bindings, token: string, jws: UnverifiedJws) {
  const known = new Map<string, string | null>();
  return async ({ issuer, keys }: Federation): Promise<string | null> => {
    const source = keys ?? `discovery of ${issuer}`;
    const before = known.get(source);
    if (before !== undefined) return before;
    const fault = await faultOf(
      keys === null ? byDiscovery(bindings, issuer, token) : byKeys(keys, token, jws),
    );
    known.set(source, fault);
    return fault;
  };
}

async function byDiscovery(bindings: Bindings, issuer: string, token: string): Promise<void> {
  await verifyJws(bindings, await discover(bindings, issuer), token);
}

async function byKeys(text: string, token: string, jws: UnverifiedJws): Promise<void> {
  const keys = publicKeys(text);
  if (!keys.ok) throw new ProviderFault(keys.error);
  await verifiedBy(selectSigningKey(keys.value, jws.header, SIGNING_ALGORITHMS), token, jws);
}

async function faultOf(verification: Promise<void>): Promise<string | null> {
  try {
    await verification;
    return null;
  } catch (error) {
    if (error instanceof ProviderFault) return error.message;
    throw error;
  }
}
