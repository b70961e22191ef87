import { parseJws, type UnverifiedJws } from "../../shared/access/login/jws.ts";
import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import { SIGNING_ALGORITHMS } from "../../shared/access/login/signing-keys.ts";
import {
  addresseeFault,
  readSet,
  type SecurityEventToken,
  type SetFault,
} from "../../shared/access/signals/security-event-token.ts";
import { PerSecond } from "../../shared/base/async/per-second.ts";
import { constantTimeEqual } from "../../shared/base/base64url.ts";
import { BoundedMap } from "../../shared/base/bounded-map.ts";
import { isId } from "../../shared/base/ids.ts";
import { boundedBody } from "../platform/bounded-body.ts";
import type { Bindings } from "../platform/env.ts";
import { logError } from "../platform/log.ts";
import { noteTrouble } from "../session/events.ts";
import { verifyJws } from "../sign-in/oidc/verify-jws.ts";
import { ProviderFault } from "../sign-in/provider-fault.ts";
import { ProviderAway } from "../sign-in/provider-fetch.ts";
import { heed } from "./heed.ts";
import { peopleOf } from "./people.ts";
import { noteStream } from "./received.ts";
import { keysOf } from "./transmitter-keys.ts";
import { enabledTransmitter, type Transmitter } from "./transmitters.ts";

const MAX_BYTES = 65_536;
/** An RSA key that names no algorithm counts as one for RS256: with PS256 beside it, it would fit none. */
const ALGORITHMS = SIGNING_ALGORITHMS.filter((name) => name !== "PS256");
/** Tokens of one transmitter that an isolate heeds in a second. */
const MOST_PER_SECOND = 100;
const rates = new BoundedMap<string, PerSecond>(200);

/** A token is refused. Thrown within this file alone. */
class Refused extends Error {
  readonly fault: SetFault;
  constructor(err: SetFault["err"], description: string) {
    super(description);
    this.fault = { err, description };
  }
}

/** `POST /.rustronaut/signals/<transmitter>`: a transmitter pushes one security event token (RFC 8935). */
export async function receiveSignal(
  request: Request,
  bindings: Bindings,
  ctx: ExecutionContext,
  transmitterId: string,
): Promise<Response> {
  const transmitter = isId("signalTransmitter", transmitterId)
    ? await enabledTransmitter(bindings.db, transmitterId)
    : null;
  try {
    if (!transmitter) throw new Refused("access_denied", "no stream is expected at this address");
    const token = await verified(request, bindings, transmitter);
    if (!mayGoOn(transmitter)) return answer(429, null, { "Retry-After": "1" });
    await heedAll(bindings, ctx, transmitter, token);
    return answer(202, null);
  } catch (error) {
    if (error instanceof Refused) {
      if (transmitter) await noteRefusal(bindings, transmitter, error.fault);
      return answer(400, error.fault);
    }
    if (!(error instanceof ProviderAway)) throw error;
    logError("signal_keys_away", error, { transmitter: transmitterId });
    return answer(503, null, { "Retry-After": "30" });
  }
}

async function verified(
  request: Request,
  bindings: Bindings,
  transmitter: Transmitter,
): Promise<SecurityEventToken> {
  authenticate(request, transmitter);
  const type = request.headers.get("Content-Type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/secevent+jwt")
    throw new Refused("invalid_request", "the content type must be application/secevent+jwt");
  const bytes = await boundedBody(request.body, MAX_BYTES);
  if (bytes === null) throw new Refused("invalid_request", `the token has more than ${MAX_BYTES} bytes`);
  const text = new TextDecoder().decode(bytes).trim();
  const parsed = parseJws(text);
  if (!parsed.ok) throw new Refused("invalid_request", parsed.error);
  const stranger = addresseeFault(parsed.value.claims, transmitter);
  if (stranger) throw new Refused(stranger.err, stranger.description);
  const { header, claims } = await signed(bindings, transmitter, text);
  const read = readSet(header.typ, claims, transmitter, Date.now());
  if (!read.ok) throw new Refused(read.error.err, read.error.description);
  return read.value;
}

/** RFC 8935 §2.1: the transmitter shows the bearer token that it was given. */
function authenticate(request: Request, { tokenHash }: Transmitter): void {
  if (tokenHash === null) return;
  const [scheme, token, ...more] = (request.headers.get("Authorization") ?? "").split(" ");
  const isBearer = scheme?.toLowerCase() === "bearer" && token !== undefined && more.length === 0;
  if (!isBearer || !constantTimeEqual(hashSecret(token), tokenHash))
    throw new Refused("authentication_failed", "the bearer token of this stream is missing or wrong");
}

async function signed(bindings: Bindings, transmitter: Transmitter, token: string): Promise<UnverifiedJws> {
  try {
    const server = {
      jwks_uri: await keysOf(bindings, transmitter),
      id_token_signing_alg_values_supported: ALGORITHMS,
    };
    return await verifyJws(bindings, server, token);
  } catch (error) {
    if (error instanceof ProviderFault) throw new Refused("invalid_key", error.message);
    throw error;
  }
}

function mayGoOn({ id }: Transmitter): boolean {
  const rate = rates.get(id) ?? new PerSecond(MOST_PER_SECOND);
  rates.set(id, rate);
  return rate.take(Date.now());
}

/** Whom each signal names is known before any is heeded: a token is taken whole, or not at all. */
async function heedAll(
  bindings: Bindings,
  ctx: ExecutionContext,
  transmitter: Transmitter,
  { jti, signals, verified: state, streamStatus }: SecurityEventToken,
): Promise<void> {
  const named = [];
  for (const signal of signals) {
    const people = await peopleOf(bindings.db, transmitter, signal.subject);
    if (!people.ok) throw new Refused("access_denied", people.error);
    named.push({ signal, people: people.value });
  }
  await noteStream(bindings.db, transmitter.id, { verified: state, status: streamStatus }, Date.now());
  for (const { signal, people } of named) {
    if (people.length === 0) await heed(bindings, ctx, transmitter, { jti, signal, person: null });
    for (const person of people) await heed(bindings, ctx, transmitter, { jti, signal, person });
  }
}

/** Anybody can send something that is refused. */
const noteRefusal = (bindings: Bindings, { id, name }: Transmitter, { err, description }: SetFault) =>
  noteTrouble(bindings, "session", "signal.refused", "system", id, {
    transmitter: name,
    err,
    why: description,
  });

/** RFC 8935 §2.2 to §2.4. */
const answer = (status: number, body: SetFault | null, headers: Record<string, string> = {}): Response =>
  new Response(body && JSON.stringify(body), {
    status,
    headers: {
      "Cache-Control": "no-store",
      "X-Rustronaut-Response": "signals",
      ...(body ? { "Content-Type": "application/json", "Content-Language": "en" } : {}),
      ...headers,
    },
  });
