import { verifyAuthenticationResponse, verifyRegistrationResponse } from "@simplewebauthn/server";
import * as z from "zod/mini";
import type { Passkey } from "../../../shared/access/login/passkey/rules.ts";
import { base64url, fromBase64url } from "../../../shared/base/base64url.ts";

/** Verifies what an authenticator signed (WebAuthn Level 3 §7.1, §7.2). Loaded only when somebody uses a passkey. */

const binary = z.string().check(z.regex(/^[\w-]{1,12000}$/));
const common = {
  id: binary,
  rawId: binary,
  type: z.literal("public-key"),
  clientExtensionResults: z._default(z.object({}), {}),
};
const attestation = z.object({
  ...common,
  response: z.object({
    clientDataJSON: binary,
    attestationObject: binary,
    transports: z._default(z.array(z.string().check(z.regex(/^[a-z-]{1,20}$/))).check(z.maxLength(10)), []),
  }),
});
const assertion = z.object({
  ...common,
  response: z.object({ clientDataJSON: binary, authenticatorData: binary, signature: binary }),
});

/** Where an answer must come from: a page of the auth host. */
export interface RelyingParty {
  readonly origin: string;
  readonly id: string;
}

export const relyingParty = (authOrigin: string): RelyingParty => ({
  origin: authOrigin,
  id: new URL(authOrigin).hostname,
});

function parsed<T extends typeof attestation | typeof assertion>(
  schema: T,
  text: string,
): z.output<T> | null {
  try {
    const read = z.safeParse(schema, JSON.parse(text));
    return read.success ? (read.data as z.output<T>) : null;
  } catch {
    return null;
  }
}

/** The challenge that an answer says it answers. It is not verified yet. */
export function challengeIn(text: string): string {
  const answer = parsed(assertion, text) ?? parsed(attestation, text);
  const bytes = answer && fromBase64url(answer.response.clientDataJSON);
  try {
    const { challenge }: { challenge?: unknown } = JSON.parse(
      new TextDecoder().decode(bytes ?? new Uint8Array()),
    );
    return typeof challenge === "string" ? challenge : "";
  } catch {
    return "";
  }
}

export type NewKey = Pick<Passkey, "credentialId" | "publicKey" | "isDeviceBound" | "transports"> & {
  readonly counter: number;
};

/** The new key in an authenticator's answer, or null if the answer is not good. The user must have been verified. */
export async function verifiedKey(
  text: string,
  challenge: string,
  { origin, id }: RelyingParty,
): Promise<NewKey | null> {
  const response = parsed(attestation, text);
  if (!response) return null;
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    response: response as Parameters<typeof verifyRegistrationResponse>[0]["response"],
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: id,
    requireUserVerification: true,
  }).catch(() => ({ verified: false, registrationInfo: undefined }));
  if (!verified || !registrationInfo) return null;
  const { credential, credentialDeviceType } = registrationInfo;
  return {
    credentialId: credential.id,
    publicKey: base64url(credential.publicKey),
    counter: credential.counter,
    isDeviceBound: credentialDeviceType === "singleDevice",
    transports: response.response.transports,
  };
}

/** The id of the key that an answer says it was made with. */
export const keyIn = (text: string): string => parsed(assertion, text)?.id ?? "";

/** The count of signatures in an authenticator's answer, or null if the answer is not good for this key. */
export async function verifiedCounter(
  text: string,
  challenge: string,
  { origin, id }: RelyingParty,
  key: Pick<Passkey, "credentialId" | "publicKey">,
): Promise<number | null> {
  const response = parsed(assertion, text);
  const publicKey = fromBase64url(key.publicKey);
  if (!response || !publicKey) return null;
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response: response as Parameters<typeof verifyAuthenticationResponse>[0]["response"],
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: id,
    requireUserVerification: true,
    // `noteUse` compares the count, in one step with storing it.
    credential: { id: key.credentialId, publicKey, counter: 0 },
  }).catch(() => ({ verified: false, authenticationInfo: undefined }));
  return verified && authenticationInfo ? authenticationInfo.newCounter : null;
}
