import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import { type AccessToken, opensApp } from "../../shared/access/workload/access-token.ts";
import { isToken } from "../../shared/api/tokens.ts";
import { SERVICE_TOKEN_HEADER, serviceBearer } from "../../shared/http/headers.ts";
import type { SnapshotApp, SnapshotServiceToken } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../platform/env.ts";
import type { Snapshot } from "../registry/snapshot.ts";
import { isAccessToken, openAccessToken } from "./access-token.ts";
import type { Identified } from "./caller.ts";

/** How a program proves that it holds a service token: by its secret, or by an access token that it got for a JWT. */
export type Proof =
  | { readonly kind: "secret"; readonly hash: string }
  | { readonly kind: "access"; readonly access: AccessToken };

/**
 * The one credential that the request presents, or null. An empty text stands for a header without one, and for more
 * than one header.
 */
export function presentedCredential({ headers }: Request, { settings }: SnapshotApp): string | null {
  const authorization = headers.get("authorization");
  const presented = [
    headers.get(SERVICE_TOKEN_HEADER),
    authorization === null ? null : bearerOf(authorization, settings.oauthClients !== "none"),
    ...settings.tokenHeaders.map((name) => headers.get(name)?.replace(/^bearer +/i, "") ?? null),
  ].filter((text) => text !== null);
  return presented.length > 1 ? "" : (presented[0] ?? null);
}

/** An app that takes OAuth clients takes no bearer token but ours, so each is a credential, whatever it looks like. */
const bearerOf = (authorization: string, isAlwaysOurs: boolean): string | null =>
  isAlwaysOurs && /^\s*bearer\b/i.test(authorization)
    ? (serviceBearer(authorization) ?? "")
    : serviceBearer(authorization);

/** What a credential proves, whoever holds it. Null if it is no credential of this network. */
export async function proofOf(credential: string, bindings: Bindings): Promise<Proof | null> {
  if (isToken("rnsvc", credential)) return { kind: "secret", hash: hashSecret(credential) };
  const access = isAccessToken(credential) ? await openAccessToken(bindings, credential) : null;
  return access && { kind: "access", access };
}

export function identifyService(proof: Proof | null, app: SnapshotApp, snapshot: Snapshot): Identified {
  const token = proof === null ? undefined : snapshot.serviceTokens.find((one) => isProvenBy(one, proof));
  if (!token || proof === null || !isGood(token, proof, app.id, Date.now())) {
    return {
      kind: "bad_credentials",
      detail: `The service token is not valid. Send one valid token in one header: '${SERVICE_TOKEN_HEADER}: rnsvc_…' or 'Authorization: Bearer rnsvc_…'. A short-lived 'rnwl_…' token opens the apps for which it was made.`,
      token: token ?? null,
      epoch: snapshot.epoch,
    };
  }
  return { kind: "service", token, proof, epoch: snapshot.epoch };
}

/** Secrets are found by their hash, so an unknown token and a wrong secret are the same thing and take the same time. */
const isProvenBy = ({ id, secretHash, previousHash }: SnapshotServiceToken, proof: Proof): boolean =>
  proof.kind === "secret"
    ? secretHash === proof.hash || previousHash === proof.hash
    : id === proof.access.serviceToken;

/** Whether the proof is good for the token and the app now. */
export function isGood(token: SnapshotServiceToken, proof: Proof, appId: string, now: number): boolean {
  const { enabled, expiresAt } = token;
  if (!enabled || (expiresAt !== null && expiresAt <= now)) return false;
  return proof.kind === "secret"
    ? isGoodSecret(token, proof.hash, now)
    : opensApp(proof.access, token.federation, appId, now);
}

function isGoodSecret(token: SnapshotServiceToken, hash: string, now: number): boolean {
  const { secretHash, previousHash, previousUntil } = token;
  return secretHash === hash || (previousHash === hash && previousUntil !== null && now < previousUntil);
}
