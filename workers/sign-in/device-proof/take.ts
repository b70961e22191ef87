import { isId } from "../../../shared/base/ids.ts";
import type { Bindings } from "../../platform/env.ts";
import { sessionsObject } from "../../platform/objects.ts";
import { refusalPage } from "../../session/answers.ts";
import { note } from "../../session/events.ts";
import { isCsrfToken, isSameOriginPost, readForm } from "../../session/same-site.ts";
import { startLink } from "../continue-link.ts";
import { signInSession } from "../current.ts";
import { goOn } from "../go-on.ts";
import { judgeProof, type ProofRefusal } from "./prove.ts";

const REMEDIES: Readonly<Record<ProofRefusal, string>> = {
  malformed: "The agent's answer was not understood. Update the agent, then try again.",
  challenge_expired: "The agent's answer came too late, or was asked for by another page. Try again.",
  replayed: "The agent's answer was used before. Try again.",
  unknown_node: "The agent on this machine belongs to another network. Join this one with it.",
  not_approved: "This device is not an approved member of the network now. Ask your administrator.",
  signature_invalid:
    "The agent's answer is not signed by this device's key. Restart the agent, then try again.",
  other_owner: "This device belongs to somebody else. Use your own, or ask your administrator.",
  never_reported: "This device has not reported its state yet. Wait a minute, then try again.",
};

const OVER = "Open the app again to start a new sign-in.";

/** `POST /.rustronaut/device-proof`: the proof that the page got from the agent. */
export async function takeProof(request: Request, bindings: Bindings): Promise<Response> {
  const current = await signInSession(request, bindings);
  if (current === "stale") return refusalPage("unavailable", "Try again in a moment.");
  const form = await readForm(request);
  const id = form?.get("a") ?? "";
  if (current === "none" || !isId("attempt", id)) return refusalPage("login_attempt_expired", OVER);
  const retryUrl = startLink(id);
  if (!isSameOriginPost(request) || !isCsrfToken(form?.get("csrf") ?? "", current.cookie))
    return refusalPage("csrf_rejected", "Open the app again, and let its own page ask.", { retryUrl });
  const { session, owner } = current;
  const judged = await judgeProof(request, bindings, current, id, form?.get("proof") ?? "");
  if (!judged.ok) {
    const detail = { reason: judged.error };
    const number = await note(
      bindings,
      "session",
      "session.device_refused",
      session.principal,
      session.id,
      detail,
    );
    return refusalPage("device_proof_refused", REMEDIES[judged.error], { retryUrl, number });
  }
  if (!(await sessionsObject(bindings, owner).bindDevice(session.id, judged.value)))
    return refusalPage("unavailable", "Try again in a moment.", { retryUrl });
  const { device, sameAddress } = judged.value;
  const detail = { node: device.id, name: device.name, sameAddress };
  await note(bindings, "session", "session.device_proven", session.principal, session.id, detail);
  return goOn(retryUrl, "device_proven", [], "This device is known");
}
