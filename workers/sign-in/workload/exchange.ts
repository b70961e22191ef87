import { parseJws, type UnverifiedJws } from "../../../shared/access/login/jws.ts";
import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import { ACCESS_TOKEN_SECONDS, rememberedUntil } from "../../../shared/access/workload/subject-token.ts";
import { err, ok, type Result } from "../../../shared/base/result.ts";
import type { SnapshotApp } from "../../../shared/registry/snapshot.ts";
import { sealAccessToken } from "../../gateway/access-token.ts";
import type { Bindings } from "../../platform/env.ts";
import { logError } from "../../platform/log.ts";
import { attemptsObject } from "../../platform/objects.ts";
import { freshSnapshot, newestSnapshot, type Snapshot } from "../../registry/snapshot.ts";
import { note, noteTrouble } from "../../session/events.ts";
import { oauthAnswer, oauthError } from "../../session/oauth-answers.ts";
import { ProviderAway } from "../provider-fetch.ts";
import { holderOf, type Proven } from "./holder.ts";

/** RFC 8693 §2.1 and §3. */
export const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";
const SUBJECT_TYPES = ["urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:id_token"];
const MOST_APPS = 10;

/**
 * A program shows the JWT that its platform signed for it, and gets an access token for some apps (RFC 8693). Policies are
 * asked when it calls them, not here.
 */
export async function exchange(form: URLSearchParams, bindings: Bindings): Promise<Response> {
  const token = form.get("subject_token") ?? "";
  if (!SUBJECT_TYPES.includes(form.get("subject_token_type") ?? ""))
    return oauthError("invalid_request", `\`subject_token_type\` must be ${SUBJECT_TYPES[0]}.`);
  const wanted = form.get("requested_token_type");
  if (wanted !== null && wanted !== ACCESS_TOKEN)
    return oauthError("invalid_request", `Only ${ACCESS_TOKEN} is given.`);
  const parsed = parseJws(token);
  if (!parsed.ok)
    return oauthError("invalid_request", `The \`subject_token\` is not usable: ${parsed.error}.`);
  const asked = { form, token, jws: parsed.value, bindings };
  try {
    const known = await freshSnapshot(bindings);
    const proven = await provenBy(asked, known);
    if (proven.ok) return await answer(asked, proven.value);
    // What is not known may have been made a moment ago.
    const newest = await newestSnapshot(bindings);
    const now = newest === known ? proven : await provenBy(asked, newest);
    return now.ok ? await answer(asked, now.value) : await refuse(asked, now.error);
  } catch (error) {
    if (!(error instanceof ProviderAway)) throw error;
    logError("issuer_away", error);
    return oauthError("temporarily_unavailable", "The issuer's keys can't be fetched right now. Try again.");
  }
}

interface Asked {
  readonly form: URLSearchParams;
  readonly token: string;
  readonly jws: UnverifiedJws;
  readonly bindings: Bindings;
}

type Granted = Proven & { readonly apps: readonly SnapshotApp[] };

/** What the JWT proves and the form asks for. The error is for the record; null if the form names no app. */
async function provenBy(
  { form, token, jws, bindings }: Asked,
  snapshot: Snapshot,
): Promise<Result<Granted, string | null>> {
  const apps = appsOf(form, snapshot.apps, bindings);
  if (apps === null) return err(null);
  const holder = await holderOf(bindings, snapshot, token, jws, form.get("client_id"), Date.now());
  return holder.ok ? ok({ ...holder.value, apps }) : holder;
}

/** The apps that the form names, by their address or name. Null if one is unknown, or if there are none or too many. */
function appsOf(
  form: URLSearchParams,
  apps: readonly SnapshotApp[],
  bindings: Bindings,
): readonly SnapshotApp[] | null {
  const auth = new URL(bindings.authOrigin);
  const port = auth.port === "" ? "" : `:${auth.port}`;
  const origins = new Map(
    apps.flatMap((app) =>
      app.hosts.map((host): [string, SnapshotApp] => [`${auth.protocol}//${host}${port}`, app]),
    ),
  );
  const names = new Map(apps.map((app) => [app.name, app]));
  const found = [
    ...form.getAll("resource").map((text) => origins.get(URL.canParse(text) ? new URL(text).origin : "")),
    ...form.getAll("audience").map((text) => names.get(text)),
  ];
  const known = [...new Set(found.filter((app) => app !== undefined))];
  return found.length === 0 || found.length > MOST_APPS || found.includes(undefined) ? null : known;
}

async function answer(asked: Asked, { serviceToken, federation, stated, apps }: Granted): Promise<Response> {
  const { bindings, jws } = asked;
  if (federation.singleUse && !(await spend(asked)))
    return refuse(asked, "the JWT was exchanged before: ask the platform for another one");
  const { issuer, audience } = federation;
  const access = {
    ...{ serviceToken: serviceToken.id, issuer, audience, claims: stated },
    apps: apps.map(({ id }) => id),
    expiresAt: Date.now() + ACCESS_TOKEN_SECONDS * 1_000,
  };
  const detail = { issuer, subject: subjectOf(jws), apps: apps.map(({ name }) => name) };
  const actor = `service:${serviceToken.id}`;
  await note(bindings, "login", "service_token.exchange", actor, serviceToken.id, detail);
  return oauthAnswer({
    access_token: await sealAccessToken(bindings, access),
    issued_token_type: ACCESS_TOKEN,
    token_type: "Bearer",
    expires_in: ACCESS_TOKEN_SECONDS,
  });
}

/** What is signed names the JWT: some signatures can be written in two ways, and not every JWT has a `jti`. */
async function spend({ bindings, token, jws }: Asked): Promise<boolean> {
  const key = hashSecret(`exchange:${token.slice(0, token.lastIndexOf("."))}`);
  return attemptsObject(bindings, key).spend(key, rememberedUntil(jws.claims));
}

const subjectOf = ({ claims: { sub } }: UnverifiedJws): string =>
  typeof sub === "string" ? sub.slice(0, 300) : "";

/** The record says why. Who shows a JWT of somebody else learns nothing of the rules. */
async function refuse({ bindings, jws }: Asked, why: string | null): Promise<Response> {
  if (why === null) {
    const most = `at most ${MOST_APPS}`;
    return oauthError(
      "invalid_target",
      `Say by \`resource\` which apps the token is for: the address of each, such as https://wiki.example.com; ${most}.`,
    );
  }
  const { iss } = jws.claims;
  const issuer = typeof iss === "string" ? iss.slice(0, 300) : "";
  const detail = { reason: why, issuer, subject: subjectOf(jws) };
  const what = ["service_token.exchange_refused", "system", "service_tokens"] as const;
  const number = await noteTrouble(bindings, "login", ...what, detail);
  const more = number === undefined ? "" : ` An administrator finds the reason under the number ${number}.`;
  return oauthError("invalid_grant", `The JWT proves no service token.${more}`);
}
