import { claimsOf } from "../../../shared/access/login/saml/claims.ts";
import { spMetadata } from "../../../shared/access/login/saml/request.ts";
import { readResponse } from "../../../shared/access/login/saml/response.ts";
import { NO_KEY } from "../../../shared/access/login/saml/signature.ts";
import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import { fromBase64 } from "../../../shared/base/base64.ts";
import { isId } from "../../../shared/base/ids.ts";
import type { Bindings } from "../../platform/env.ts";
import { attemptsObject } from "../../platform/objects.ts";
import { redirect, refusalPage } from "../../session/answers.ts";
import { readForm } from "../../session/same-site.ts";
import { callbackPath } from "../callback-path.ts";
import { loginPath } from "../choose-provider.ts";
import { failSignIn } from "../finish-sign-in.ts";
import { ProviderFault } from "../provider-fault.ts";
import { enabledProvider } from "../providers.ts";
import { mayAskAnew, metadataOf } from "./idp.ts";
import { verifierOf } from "./keys.ts";
import { entityIdOf, recipientOf, requestIdOf } from "./places.ts";

const MAX_FORM_BYTES = 500_000;

/** `GET /.rustronaut/saml/metadata`: our metadata, which the provider's administrator needs. */
export function serveMetadata(bindings: Bindings): Response {
  return new Response(spMetadata(entityIdOf(bindings), recipientOf(bindings)), {
    headers: {
      "Content-Type": "application/samlmetadata+xml",
      "Cache-Control": "no-cache",
      "X-Content-Type-Options": "nosniff",
      "X-Rustronaut-Response": "saml_metadata",
    },
  });
}

/**
 * `POST /.rustronaut/saml/acs`: the provider's page sends the browser here with its answer. The answer is
 * verified now and stored in the attempt. Only the callback shows which browser this is, because a POST from
 * another site contains none of our cookies.
 */
export async function serveAcs(request: Request, bindings: Bindings): Promise<Response> {
  const form = await readForm(request, MAX_FORM_BYTES);
  const state = form?.get("RelayState") ?? "";
  const attempt = isId("attempt", state) ? await attemptsObject(bindings, state).peekProvider(state) : null;
  const provider = attempt && (await enabledProvider(bindings.db, attempt.providerId));
  if (!form || !attempt || provider?.kind !== "saml") {
    return refusalPage(
      "login_attempt_invalid",
      "This sign-in did not begin here, was finished, or is too old. Begin at the application that you want to open.",
      { retryUrl: "/", retryLabel: "Your apps" },
    );
  }
  const retryUrl = loginPath(attempt.providerId, attempt.appAttemptId);
  const refuse = (reason: string) =>
    failSignIn(bindings, provider, reason, "The identity provider's answer was not accepted.", retryUrl);
  const text = textOf(form.get("SAMLResponse") ?? "");
  if (text === null) return refuse("the answer is not base64 of UTF-8");
  const expected = {
    issuer: provider.issuer,
    audience: entityIdOf(bindings),
    recipient: recipientOf(bindings),
    requestId: requestIdOf(attempt.nonce),
  };
  try {
    const readWith = async (anew: boolean) => {
      const { certificates } = await metadataOf(bindings, provider, anew);
      return readResponse(text, expected, verifierOf(certificates), Date.now());
    };
    let read = await readWith(false);
    if (!read.ok && read.error === NO_KEY && mayAskAnew(provider)) read = await readWith(true);
    if (!read.ok) return refuse(read.error);
    const { assertionId, rememberUntil } = read.value;
    const token = hashSecret(`saml:${provider.id}:${assertionId}`);
    const isNew = await attemptsObject(bindings, token).spend(token, rememberUntil);
    if (!isNew) return refuse("the assertion was shown before");
    const claims = claimsOf(read.value, provider.emailClaim);
    if (!(await attemptsObject(bindings, state).park(state, claims)))
      return refuse("the sign-in was answered before");
  } catch (error) {
    if (error instanceof ProviderFault) return refuse(error.message);
    throw error;
  }
  return redirect(`${callbackPath(provider)}?state=${state}`, "saml_answer");
}

/** The decoded text of base64. Some providers break the base64 into lines. Null for any other text. */
function textOf(encoded: string): string | null {
  const bytes = fromBase64(encoded.replace(/\s/g, ""));
  if (!bytes || bytes.length === 0) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return null;
  }
}
