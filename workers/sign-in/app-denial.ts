import { askPath } from "../../shared/access/grants/paths.ts";
import type { AppAttempt } from "../../shared/access/login/types.ts";
import { HUB_APP_ID } from "../../shared/access/sessions/types.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { StepUp } from "../gateway/step-up.ts";
import { deniedPage, htmlResponse } from "../pages/index.ts";
import { recordDecision } from "../platform/audit.ts";
import type { Bindings } from "../platform/env.ts";
import { loadPrincipal } from "../registry/principals.ts";
import { snapshotAt } from "../registry/snapshot.ts";
import { appPage } from "../session/app-url.ts";
import type { CurrentSession } from "../session/current-session.ts";
import { note } from "../session/events.ts";
import { deviceNeedOf, judgeApp, mayRequestApp, stepUpForApp } from "./judge.ts";

/**
 * The page for a person whom the policies don't let in. The decision is recorded first. Null if the policies
 * let the person in. A step-up if they would let the person in after it, `prove_device` if a proof of the device could
 * change their answer.
 */
export async function denialOf(
  request: Request,
  bindings: Bindings,
  ctx: ExecutionContext,
  app: SnapshotApp,
  attempt: AppAttempt,
  current: CurrentSession,
  switchUserUrl: string,
): Promise<Response | StepUp | "prove_device" | null> {
  const { principal } = current.session;
  const path = attempt.returnTo.split("?", 1)[0] ?? "/";
  const page = (reason: string, decisionId: string, contact: string, askUrl?: string) =>
    htmlResponse(
      deniedPage({
        appTitle: app.title,
        path: path.slice(0, 300),
        contact,
        reason,
        decisionId,
        userEmail: principal.email,
        appUrl: appPage(bindings, attempt),
        switchUserUrl,
        askUrl,
      }),
      403,
      "denied_by_policy",
      {},
      { copies: true },
    );
  if (app.id === HUB_APP_ID) {
    const fresh = await loadPrincipal(bindings.db, principal.userId);
    if (fresh?.status === "active" && fresh.role !== null) return null;
    const number = await note(bindings, "login", "hub.denied", principal, "hub");
    const { network } = await snapshotAt(bindings, current.epoch);
    return page("forbidden", number, network.contact);
  }
  const snapshot = await snapshotAt(bindings, current.epoch);
  const entry = judgeApp(request, snapshot, app, current, path);
  if (entry.decision === "allow") return null;
  await recordDecision(bindings, ctx, entry);
  const stepUp = stepUpForApp(request, snapshot, app, current, path);
  if (stepUp) return stepUp;
  const need = deviceNeedOf(request, snapshot, app, current, path);
  if (need === "prove") return "prove_device";
  const offer = mayRequestApp(request, snapshot, app, current, path)
    ? askPath(app, attempt.returnTo)
    : undefined;
  const reason = need === "unfit" ? "device_unfit" : entry.reason;
  return page(reason, entry.id, snapshot.network.contact, offer);
}
