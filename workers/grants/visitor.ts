import type { Principal } from "../../shared/access/sessions/types.ts";
import type { Write } from "../hub/call.ts";
import { commit, writeKey } from "../hub/commit.ts";
import type { Doer } from "../hub/grants/change.ts";
import type { GrantView } from "../hub/grants/view.ts";
import type { Bindings } from "../platform/env.ts";
import { throwRefusal } from "../platform/refused.ts";
import { loadPrincipal } from "../registry/principals.ts";
import { refusalPage } from "../session/answers.ts";
import type { CurrentSession } from "../session/current-session.ts";
import { csrfToken, isCsrfToken, isSameOriginPost, readForm } from "../session/same-site.ts";
import { signInSession } from "../sign-in/current.ts";

/** A person who is signed in at the auth host. */
export interface Visitor extends Doer {
  readonly current: CurrentSession;
  readonly principal: Principal;
  readonly csrf: string;
}

/** Who asks, or the page that says that nobody is signed in. */
export async function visitorOf(request: Request, bindings: Bindings): Promise<Visitor | Response> {
  const current = await signInSession(request, bindings);
  if (current === "stale") return refusalPage("unavailable", "Try again in a moment.");
  if (current === "none") {
    return refusalPage("unauthenticated", "Sign in, then open this page again.", {
      ...{ retryUrl: "/", retryLabel: "Sign in" },
    });
  }
  const principal = await loadPrincipal(bindings.db, current.session.principal.userId);
  if (principal?.status !== "active") return refusalPage("session_ended", "This account is disabled.");
  const { userId, role } = principal;
  return {
    ...{ bindings, current, principal, now: Date.now(), actor: `user:${userId}` },
    viewer: { userId, role, isPerson: true },
    csrf: csrfToken(current.cookie),
  };
}

/** The fields of a form that a page for this person sent. */
export async function formOf(request: Request, { current }: Visitor): Promise<URLSearchParams> {
  const form = await readForm(request);
  if (!isSameOriginPost(request) || !isCsrfToken(form?.get("csrf") ?? "", current.cookie)) {
    throwRefusal("csrf_rejected", "Send the form from the page that shows it.");
  }
  return form ?? new URLSearchParams();
}

/** Saves a change as the hub does, and waits until every part of the network knows it. */
export async function save(
  { bindings, principal, actor, now }: Visitor,
  write: Write<GrantView>,
): Promise<GrantView> {
  const by = { actor, person: { id: principal.userId, email: principal.email } };
  await commit(bindings, by, writeKey(actor, null, "grant page"), write, 200, now);
  return write.body;
}
