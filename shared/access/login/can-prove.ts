import { doShow, type Need } from "../grade/verified.ts";
import type { ProviderKind } from "./provider-kinds.ts";

/** What decides how much a provider's word on the way of a sign-in is worth. */
export interface MethodSettings {
  readonly kind: ProviderKind;
  /** Whether we believe what this provider says of how a person signed in (`amr`, `acr`). */
  readonly believesMethods: boolean;
  /** The authentication contexts that mean a second factor at this provider. */
  readonly secondFactorAcr: readonly string[];
}

/**
 * Whether a new sign-in at this provider could show what is needed. GitHub says nothing about when and how somebody
 * signed in. A code by e-mail proves the moment and nothing else. SAML names a context, and no methods.
 */
export function canProve({ kind, believesMethods, secondFactorAcr }: MethodSettings, need: Need): boolean {
  if (kind === "github") return false;
  const names = believesMethods && kind !== "email";
  const couldBeSecond = names && (kind === "oidc" || secondFactorAcr.length > 0);
  const amr = [...(names && kind === "oidc" ? need.amr : []), ...(couldBeSecond ? ["mfa"] : [])];
  return doShow([{ acr: names ? (need.acr?.[0] ?? null) : null, amr, at: 0 }], need);
}

/**
 * The authentication contexts to ask a provider for (`acr_values` of OpenID Connect Core §3.1.2.1), the wanted one
 * first. Asking is no proof: what the provider answers is looked at afterwards.
 */
export function contextsFor(
  { secondFactorAcr }: Pick<MethodSettings, "secondFactorAcr">,
  need: Need | null,
): readonly string[] {
  if (need === null) return [];
  if (need.acr !== null) return need.acr;
  return need.verification === "second_factor" || need.amr.length > 0 ? secondFactorAcr : [];
}
