import { decisionEntry, requestFacts, UNASKED } from "../../shared/access/assess.ts";
import { DenialStorms } from "../../shared/access/denial-storm.ts";
import { limitedNetwork } from "../../shared/access/login/rate.ts";
import { actionOf } from "../../shared/access/policy/request.ts";
import type { Question } from "../../shared/access/question.ts";
import { leaseSize } from "../../shared/access/quota.ts";
import { BoundedMap } from "../../shared/base/bounded-map.ts";
import { refusal } from "../../shared/base/errors/catalogue.ts";
import { recordDecision } from "../platform/audit.ts";
import { quotaObject } from "../platform/objects.ts";
import { freshId } from "../platform/random.ts";
import type { Caller, RefusedCredential } from "./caller.ts";
import { askerOf } from "./judge.ts";
import { refusalResponse } from "./refusal-response.ts";
import type { Exchange } from "./send-on.ts";

/** What this isolate may let through of a quota, until when. A refusal is remembered, too: nobody asks again before. */
interface Held {
  left: number;
  readonly until: number;
}

const MAX_HELD = 10_000;
/** For how long (milliseconds) an isolate may use what it took. */
const LEASE_MS = 5_000;
const held = new BoundedMap<string, Held>(MAX_HELD);
const storms = new DenialStorms();

type Asking = Caller | RefusedCredential;

/** Remembers that a request was denied. */
export const noteDenial = (question: Question, caller: Asking): void =>
  storms.note(keyOf(question, caller), Date.now());

/**
 * The refusal of a request that is one too many. Null for every other request: an app without limits costs one look
 * into a map, and one with limits a call for each twentieth of a minute's requests.
 */
export async function overQuota(
  exchange: Exchange,
  question: Question,
  caller: Asking,
): Promise<Response | null> {
  const { app } = question;
  const { callerRequestsPerMinute, appRequestsPerMinute, denialsPerMinute } = app.settings;
  const now = Date.now();
  const stormed = storms.waitSeconds(keyOf(question, caller), denialsPerMinute, now);
  if (stormed > 0) return tooMany(exchange, question, caller, stormed, false);
  // A credential that is not good reaches nothing, so it uses up nothing.
  if (caller.kind === "bad_credentials") return null;
  for (const [key, perMinute] of [
    [keyOf(question, caller), callerRequestsPerMinute],
    [app.id, appRequestsPerMinute],
  ] as const) {
    if (perMinute === 0) continue;
    const refused = await take(exchange, app.id, key, perMinute, now);
    if (refused) return tooMany(exchange, question, caller, refused.waitSeconds, refused.isRecorded);
  }
  return null;
}

/**
 * Whose requests to the app are counted together: a session's, a token's, or those of a network where nobody is known. A
 * token is good for several apps, and what one of them denies is no reason for another one to refuse it.
 */
function keyOf({ app, network }: Question, caller: Asking): string {
  if (caller.kind === "user") return `${app.id} ${caller.session.id}`;
  if (caller.kind === "service") return `${app.id} ${caller.token.id}`;
  return `${app.id} ${network.ip === null ? "" : limitedNetwork(network.ip)}`;
}

async function take(
  { bindings }: Exchange,
  appId: string,
  key: string,
  perMinute: number,
  now: number,
): Promise<{ readonly waitSeconds: number; readonly isRecorded: boolean } | null> {
  const known = held.get(key);
  if (known && now < known.until) {
    if (known.left > 0) {
      known.left--;
      return null;
    }
    // What was granted is used up: more may be had. What was refused is refused until then.
    if (known.left < 0) return { waitSeconds: Math.ceil((known.until - now) / 1_000), isRecorded: false };
  }
  const lease = await quotaObject(bindings, appId).take(key, leaseSize(perMinute), perMinute);
  const { granted, waitSeconds } = lease;
  held.set(
    key,
    granted > 0
      ? { left: granted - 1, until: now + LEASE_MS }
      : { left: -1, until: now + waitSeconds * 1_000 },
  );
  return granted > 0 ? null : lease;
}

async function tooMany(
  { request, bindings, ctx }: Exchange,
  question: Question,
  caller: Asking,
  retryAfterSeconds: number,
  isRecorded: boolean,
): Promise<Response> {
  const { app, actions, method, target } = question;
  const refused = refusal("rate_limited", `Try again in ${retryAfterSeconds} seconds.`, {
    retryAfterSeconds,
  });
  if (!isRecorded || caller.kind === "bad_credentials") return refusalResponse(request, refused, { app });
  const now = Date.now();
  const { standing: _, ...who } = askerOf(caller, now);
  const facts = requestFacts(question, actions[0] ?? actionOf(method, false), target.path, now);
  const entry = decisionEntry(freshId("decision"), question, {
    epoch: caller.epoch,
    sessionId: caller.kind === "user" ? caller.session.id : null,
    facts: { ...facts, ...who },
    decision: UNASKED,
    overruledBy: "rate_limited",
  });
  await recordDecision(bindings, ctx, entry);
  return refusalResponse(request, refused, { app, decisionId: entry.id });
}
