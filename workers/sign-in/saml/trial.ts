import type { TrialCheck } from "../../../shared/access/login/provider-trial.ts";
import { SIGNATURE_ALGORITHMS } from "../../../shared/access/login/saml/signature.ts";
import type { Bindings } from "../../platform/env.ts";
import { ProviderFault } from "../provider-fault.ts";
import type { ProviderSettings } from "../providers.ts";
import { metadataOf } from "./idp.ts";
import { keyOf } from "./keys.ts";

/** What would not work with a SAML provider, as far as its metadata show. */
export async function samlProblems(bindings: Bindings, settings: ProviderSettings): Promise<string[]> {
  try {
    const { certificates, wantsSignedRequests } = await metadataOf(bindings, settings);
    const algorithms = Object.values(SIGNATURE_ALGORITHMS);
    const isUsable = async (certificate: string) => {
      const keys = await Promise.all(algorithms.map((algorithm) => keyOf(certificate, algorithm)));
      return keys.some((key) => key !== null);
    };
    const usable = await Promise.all(certificates.map(isUsable));
    return [
      ...(usable.includes(true)
        ? []
        : ["none of its certificates has a key that counts: RSA of 2048 bits and more, or P-256"]),
      ...(wantsSignedRequests
        ? [
            "it wants signed requests, which are not made here: switch that off, or it may refuse every sign-in",
          ]
        : []),
    ];
  } catch (error) {
    if (error instanceof ProviderFault) return [error.message];
    return ["its metadata can't be fetched: nobody can sign in until they can"];
  }
}

/**
 * A trial ends at the step where a person would sign in. Only a real sign-in shows what an assertion
 * contains.
 */
export async function trySaml(bindings: Bindings, settings: ProviderSettings): Promise<TrialCheck[]> {
  const problems = await samlProblems(bindings, settings);
  return [
    problems.length > 0
      ? { step: "discovery", result: "bad", findings: problems }
      : { step: "discovery", result: "good", findings: ["its metadata hold what a sign-in needs"] },
    {
      step: "claims",
      result: "unknown",
      findings: ["which attributes its assertions hold is only seen when somebody signs in"],
    },
  ];
}
