import { DEVICE_PROOF } from "../../../shared/access/login/paths.ts";
import type { SnapshotApp } from "../../../shared/registry/snapshot.ts";
import { deviceProofPage, htmlResponse } from "../../pages/index.ts";
import type { Bindings } from "../../platform/env.ts";
import type { CurrentSession } from "../../session/current-session.ts";
import { csrfToken } from "../../session/same-site.ts";
import { startLink } from "../continue-link.ts";
import { makeChallenge } from "./challenge.ts";

/** A page that asks the agent of the browser's machine for a proof, and says what to do when there is no agent. */
export async function askForProof(
  bindings: Bindings,
  attemptId: string,
  app: Pick<SnapshotApp, "title">,
  { session, cookie }: CurrentSession,
  contact: string,
): Promise<Response> {
  const asked = { sessionId: session.id, attemptId };
  const page = deviceProofPage({
    appTitle: app.title,
    userEmail: session.principal.email,
    contact,
    action: DEVICE_PROOF,
    attemptId,
    csrf: csrfToken(cookie),
    challenge: await makeChallenge(bindings, asked, Date.now()),
    retryUrl: startLink(attemptId),
    switchUserUrl: `${startLink(attemptId)}&switch=1`,
  });
  return htmlResponse(page, 403, "device_required", {}, { asksAgent: true });
}
