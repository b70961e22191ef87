import { GRANTS } from "../../shared/access/grants/paths.ts";
import type { Principal } from "../../shared/access/sessions/types.ts";
import { startPath } from "../../shared/http/path-rewrite.ts";
import { isInMaintenance } from "../../shared/registry/maintenance.ts";
import type { SnapshotApp, SnapshotNetwork } from "../../shared/registry/snapshot.ts";
import { htmlResponse, launcherPage } from "../pages/index.ts";
import type { Bindings } from "../platform/env.ts";
import { names } from "../registry/grants.ts";
import { type Snapshot, snapshotAt } from "../registry/snapshot.ts";
import { refusalPage } from "../session/answers.ts";
import { appUrl } from "../session/app-url.ts";
import { csrfToken } from "../session/same-site.ts";
import { chooseProvider } from "./choose-provider.ts";
import { signInSession } from "./current.ts";
import { judgeApp, stepUpForApp } from "./judge.ts";
import { PASSKEYS } from "./passkey/paths.ts";

/** The most apps on one page. */
const MAX_APPS = 500;
/** A sign-in that is only for this page. */
const LAUNCHER = { switchUser: false, appAttemptId: null, signInAfter: null, askBefore: false } as const;

/** Whether a person who may not open the app is told of it. */
const listsClosed = ({ settings }: SnapshotApp, { listsClosedApps }: SnapshotNetwork): boolean =>
  settings.listedWhenClosed === "network" ? listsClosedApps : settings.listedWhenClosed === "always";

/** Whether a person may request access to an app, or decides about requests. */
const takesPart = (snapshot: Snapshot, principal: Principal): boolean =>
  snapshot.apps.some(({ settings: { grantAskers, grantApprovers, emergencyAskers } }) =>
    names(snapshot, [...grantAskers, ...grantApprovers, ...emergencyAskers], principal),
  );

/** `GET /` on the auth host: the apps that this person could open now, and why the other apps can't be opened. */
export async function serveLauncher(request: Request, bindings: Bindings): Promise<Response> {
  const current = await signInSession(request, bindings);
  if (current === "stale") return refusalPage("unavailable", "Try again in a moment.", { retryUrl: "/" });
  if (current === "none") return chooseProvider(request, bindings, LAUNCHER, null);
  const snapshot = await snapshotAt(bindings, current.epoch);
  const now = Date.now();
  const apps = snapshot.apps.slice(0, MAX_APPS).map((app) => {
    const { decision, reason } = judgeApp(request, snapshot, app, current, startPath(app.settings));
    const isClosed = isInMaintenance(app.settings, current.session.principal.role, now);
    // If an app wants a newer sign-in, opening the app leads to that sign-in. So the app counts as reachable.
    const isAllowed =
      decision === "allow" || stepUpForApp(request, snapshot, app, current, startPath(app.settings)) !== null;
    const reachable = isAllowed && !isClosed;
    return {
      title: app.title,
      url: appUrl(bindings, app.host),
      reachable,
      reason: reachable ? null : isAllowed ? "maintenance" : reason,
      isListed: reachable || isAllowed || listsClosed(app, snapshot.network),
    };
  });
  const page = launcherPage({
    userEmail: current.session.principal.email,
    // A person who may not open an app need not know that the app exists or what it is called.
    apps: apps.filter(({ isListed }) => isListed),
    signOutAction: "/.rustronaut/sign-out",
    csrf: csrfToken(current.cookie),
    passkeysUrl: PASSKEYS,
    requestsUrl: takesPart(snapshot, current.session.principal) ? GRANTS : null,
  });
  return htmlResponse(page, 200, "launcher");
}
