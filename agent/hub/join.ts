import { base64url } from "../../shared/base/base64url.ts";
import type { CryptoProvider } from "../../shared/crypto/types.ts";
import { verifyRootChain } from "../../shared/node/config/root.ts";
import { CAPABILITY } from "../../shared/node/protocol/types.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { loadKeys, publicKeysOf } from "../state/keys.ts";
import type { Membership, Store } from "../state/store.ts";
import { collectFacts } from "../telemetry/facts.ts";
import { enrolmentOf } from "./enrol.ts";
import type { Send } from "./http.ts";
import { refusalOf } from "./refusal.ts";
import { challengeAnswer, enrollAnswer, parseAnswer, trustAnswer } from "./schemas.ts";
import { configFailure, MAX_TRUST_BYTES } from "./trust.ts";

export interface JoinRequest {
  readonly origin: string;
  readonly enrolmentKey: string;
  readonly hostname: string;
  readonly advertise: readonly string[];
}

const KEY = /^(rnek_[0-9A-Za-z]{46})\.([A-Za-z0-9_-]{43})$/;
const TIMEOUT_MS = 20_000;
const MAX_BYTES = 64 * 1024;

/** What the machine remembers of an enrolment key: its hash. */
export const fingerprintOf = async (crypto: CryptoProvider, enrolmentKey: string): Promise<string> =>
  base64url(await crypto.sha256(new TextEncoder().encode(enrolmentKey.trim())));

/** Divides an enrolment key into its two halves. @throws Failure when the text is not an enrolment key. */
function readEnrolmentKey(text: string): { readonly secret: string; readonly pin: string } {
  const [, secret, pin] = KEY.exec(text.trim()) ?? [];
  if (secret === undefined || pin === undefined)
    throw new Failure(
      EXIT.usage,
      "key_malformed",
      "That is not an enrolment key",
      "It begins with rnek_ and has a dot before its last 43 characters: copy all of it.",
    );
  return { secret, pin };
}

/**
 * Makes this machine a member of a network. It trusts only the root that the enrolment key names, proves that it holds
 * its keys, and keeps the identity that the hub gives it. A repeated try after a lost answer gives the same node.
 */
export async function join(
  store: Store,
  crypto: CryptoProvider,
  send: Send,
  request: JoinRequest,
  now: () => number,
): Promise<Membership> {
  const { secret, pin } = readEnrolmentKey(request.enrolmentKey);
  const trust = await getJson(send, "GET", "/agent/v1/trust", undefined, MAX_TRUST_BYTES, trustAnswer);
  if (trust.capability.least > CAPABILITY)
    throw new Failure(
      EXIT.refused,
      "upgrade_required",
      `The hub speaks to agents of capability ${trust.capability.least} or newer; this one has ${CAPABILITY}`,
      `Upgrade it: curl -fsSL ${request.origin}/install.sh | sudo sh`,
    );
  const chain = await verifyRootChain(crypto, trust.roots, { hash: pin }, now());
  if (!chain.ok) throw configFailure(chain.error);
  const root = chain.value.at(-1) ?? chain.value[0];
  const keys = await loadKeys(store, crypto);
  const challenge = await getJson(
    send,
    "POST",
    "/agent/v1/enroll/challenge",
    { keys: publicKeysOf(keys) },
    MAX_BYTES,
    challengeAnswer,
  );
  const statement = await enrolmentOf({
    crypto,
    keys,
    root,
    secret,
    challenge,
    origin: request.origin,
    hostname: request.hostname,
    routes: request.advertise,
    facts: await collectFacts(),
    now: now(),
  });
  const enrolled = await getJson(send, "POST", "/agent/v1/enroll", statement, MAX_BYTES, enrollAnswer);
  if (enrolled.network !== root.network)
    throw new Failure(
      EXIT.invalid,
      "WRONG_NETWORK",
      "The hub enrols for another network than its root names",
    );
  await store.write("roots", { pin, envelopes: trust.roots });
  const membership: Membership = {
    hub: request.origin,
    network: enrolled.network,
    node: enrolled.node,
    name: enrolled.name,
    joinedWith: await fingerprintOf(crypto, request.enrolmentKey),
    pin,
    ended: null,
  };
  await store.write("membership", membership);
  return membership;
}

async function getJson<T extends Parameters<typeof parseAnswer>[0]>(
  send: Send,
  method: "GET" | "POST",
  target: string,
  body: object | undefined,
  maxBytes: number,
  schema: T,
) {
  const answer = await send({
    method,
    target,
    headers: { "content-type": "application/json", "rustronaut-capability": String(CAPABILITY) },
    ...(body ? { body: new TextEncoder().encode(JSON.stringify(body)) } : {}),
    timeoutMs: TIMEOUT_MS,
    maxBytes,
  });
  if (answer.status < 200 || answer.status >= 300) throw refusalOf(answer, false);
  return parseAnswer(schema, answer.body, maxBytes);
}
