import { ACCESS_TOKEN_TYPE } from "../../../shared/access/login/command-line/request.ts";
import { appToken, cookieOf, isCommandLineToken } from "../../../shared/access/login/command-line/token.ts";
import { EXCHANGES } from "../../../shared/access/login/rate.ts";
import { isTcpUpstream } from "../../../shared/connector/private-upstream.ts";
import type { SnapshotApp } from "../../../shared/registry/snapshot.ts";
import type { Bindings } from "../../platform/env.ts";
import { newestSnapshot, type Snapshot, snapshotAt } from "../../registry/snapshot.ts";
import { appUrl } from "../../session/app-url.ts";
import { admit } from "../../session/client-network.ts";
import { commandLineSession } from "../../session/command-line-session.ts";
import { oauthAnswer, oauthError } from "../../session/oauth-answers.ts";
import { openFrom } from "../../session/open-from.ts";

const AGAIN = "Run `rustronaut login` again.";

/**
 * A signed-in command line asks for a session of one TCP app (RFC 8693). The session hangs below its own, so it ends with
 * it. Nobody is asked here whether policies let the person in: the gateway judges each connection.
 */
export async function exchange(
  request: Request,
  form: URLSearchParams,
  bindings: Bindings,
): Promise<Response> {
  const token = form.get("subject_token") ?? "";
  const isOurs = isCommandLineToken(token) && token.length <= 200;
  if (!isOurs || form.get("subject_token_type") !== ACCESS_TOKEN_TYPE)
    return oauthError("invalid_request", "Only the token of a command line is exchanged here.");
  const vouched = await commandLineSession(cookieOf(token), bindings, request);
  if (vouched === "stale")
    return oauthError("temporarily_unavailable", "Sessions can't be checked right now.");
  if (typeof vouched !== "object")
    return oauthError("invalid_grant", `This command line is not signed in any more. ${AGAIN}`);
  const app = await tcpApp(bindings, form.get("audience") ?? "", vouched.epoch);
  if (!app) return oauthError("invalid_target", "There is no TCP app of this name or host. Check its name.");
  const { session, owner } = vouched;
  if ((await admit(bindings, `exchange:${session.id}`, EXCHANGES)) > 0)
    return oauthError("slow_down", "This command line opened too many sessions. Try again in some minutes.");
  const { idleSeconds, absoluteSeconds } = app.settings;
  const opened = await openFrom(
    request,
    bindings,
    { id: session.id, owner, userId: session.principal.userId },
    { app, isBelow: true, lifetime: { idleSeconds, absoluteSeconds }, userAgent: session.userAgent },
  );
  if (!opened.ok) {
    return opened.error === "stale"
      ? oauthError("temporarily_unavailable", "The app's sessions can't be checked right now. Try again.")
      : oauthError("invalid_grant", `You were signed out or disabled in the meantime. ${AGAIN}`);
  }
  return oauthAnswer({
    access_token: appToken(opened.value.cookie),
    issued_token_type: ACCESS_TOKEN_TYPE,
    token_type: "Bearer",
    expires_in: Math.floor((opened.value.expiresAt - Date.now()) / 1_000),
    resource: new URL(appUrl(bindings, app.host)).origin,
  });
}

/** The TCP app of this name or host. It may be newer than what this isolate knows. */
async function tcpApp(bindings: Bindings, text: string, epoch: number): Promise<SnapshotApp | undefined> {
  const find = ({ apps }: Snapshot) =>
    apps.find(
      ({ name, host, upstreams }) => (name === text || host === text) && upstreams.some(isTcpUpstream),
    );
  return find(await snapshotAt(bindings, epoch)) ?? find(await newestSnapshot(bindings));
}
