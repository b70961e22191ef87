import { REGISTRATIONS_PER_NETWORK } from "../../../shared/access/login/rate.ts";
import { readDescription } from "../../../shared/access/oauth/client.ts";
import { oauthClients } from "../../../shared/registry/oauth-schema.ts";
import { boundedBody } from "../../platform/bounded-body.ts";
import type { Bindings } from "../../platform/env.ts";
import { freshId } from "../../platform/random.ts";
import { registryOf } from "../../registry/database.ts";
import { admitNetwork } from "../../session/client-network.ts";
import { noteTrouble } from "../../session/events.ts";
import { oauthAnswer, oauthError, tooMany } from "../../session/oauth-answers.ts";
import { takenClients } from "./resource.ts";

const MAX_BYTES = 16_384;
/** How many programs that registered themselves are kept at most. Those that nobody let in are forgotten within an hour. */
const MOST_CLIENTS = 2_000;

/**
 * `POST /oauth/register`: a program that nobody knows describes itself, and gets an id (RFC 7591). It may do nothing
 * before a person agrees.
 */
export async function register(request: Request, bindings: Bindings): Promise<Response> {
  if ((await takenClients(bindings)) !== "any")
    return oauthError("access_denied", "No app here takes programs that register themselves.", 403);
  const wait = await admitNetwork(request, bindings, "client-registration", REGISTRATIONS_PER_NETWORK);
  if (wait > 0) return tooMany("Too many programs of your network registered.", wait);
  const described = readDescription(await jsonOf(request), "A program without a name");
  if (!described.ok) return oauthError(described.error.error, described.error.why);
  const { db } = bindings;
  const { count } = (await db
    .prepare("SELECT count(*) AS count FROM oauth_clients WHERE kind = 'self_registered'")
    .first<{ count: number }>()) ?? { count: MOST_CLIENTS };
  if (count >= MOST_CLIENTS) {
    await noteTrouble(bindings, "login", "oauth_client.too_many", "system", "oauth_clients", { count });
    return oauthError("temporarily_unavailable", "Too many programs are registered. Try again in an hour.");
  }
  const { name, redirectUris } = described.value;
  const now = Date.now();
  const id = freshId("oauthClient");
  await registryOf(db)
    .insert(oauthClients)
    .values({
      ...{ id, name, kind: "self_registered", redirectUris: JSON.stringify(redirectUris) },
      ...{ createdAt: now, updatedAt: now },
    });
  return oauthAnswer(
    {
      client_id: id,
      client_id_issued_at: Math.floor(now / 1_000),
      client_name: name,
      redirect_uris: redirectUris,
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    },
    201,
  );
}

/** The body as JSON. Undefined for everything else: a page of another site can't send this type without being asked first. */
async function jsonOf(request: Request): Promise<unknown> {
  const type = request.headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/json") return undefined;
  const bytes = await boundedBody(request.body, MAX_BYTES);
  try {
    return bytes === null
      ? undefined
      : JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
