import { isMet, type Need } from "../../shared/access/grade/verified.ts";
import { canProve } from "../../shared/access/login/can-prove.ts";
import { shownByPasskey } from "../../shared/access/login/passkey/rules.ts";
import { proofsOf } from "../../shared/access/sessions/proofs.ts";
import type { Session } from "../../shared/access/sessions/types.ts";
import { htmlResponse, stepUpPage } from "../pages/index.ts";
import type { Bindings } from "../platform/env.ts";
import { passkeysOf, workingOf } from "../registry/passkeys.ts";
import { refusalPage } from "../session/answers.ts";
import type { CurrentSession } from "../session/current-session.ts";
import { beginAt } from "./begin-at.ts";
import { loginPath } from "./choose-provider.ts";
import { proveForm } from "./passkey/forms.ts";
import { PASSKEYS } from "./passkey/paths.ts";
import { enabledProvider } from "./providers.ts";

/** Whether the person has shown in this sign-in session what is needed. */
export const hasShown = (session: Session, need: Need | null, now: number): boolean =>
  need === null || isMet({ proofs: proofsOf(session) }, need, now);

export interface StepUpWish {
  readonly appAttemptId: string;
  readonly appTitle: string;
  readonly signInAfter: number;
  readonly need: Need | null;
  readonly askBefore: boolean;
  /** The provider was just asked, and its answer was not enough. Then nobody is sent there again unasked. */
  readonly wasTried: boolean;
}

/** Asks a signed-in person to show anew who they are: with a passkey, or with the provider that knows the person. */
export async function stepUp(
  request: Request,
  bindings: Bindings,
  current: CurrentSession,
  wish: StepUpWish,
): Promise<Response> {
  const { session } = current;
  const provider = await enabledProvider(bindings.db, session.authentication.providerId);
  if (!provider)
    return refusalPage("login_failed", "This identity provider is switched off now.", {
      retryUrl: "/",
      retryLabel: "Your apps",
    });
  const { need, wasTried, appTitle, appAttemptId } = wish;
  const now = Date.now();
  const isAble = need === null || canProve(provider, need);
  // A key of one device shows the most. Whether the person's own key shows enough is seen afterwards.
  const passkey = { keyId: "", amr: [...shownByPasskey({ isDeviceBound: true }), "swk"], at: now / 1_000 };
  const authentication = { ...session.authentication, passkey };
  const keyHelps = need === null || hasShown({ ...session, authentication }, need, now);
  const keys = keyHelps ? workingOf(await passkeysOf(bindings.db, session.principal.userId)) : [];
  if (isAble && !wasTried && keys.length === 0)
    return beginAt(provider, request, bindings, { ...wish, switchUser: false });
  const page = stepUpPage({
    appTitle,
    providerName: provider.name,
    asked: need,
    providerUrl: isAble ? loginPath(provider.id, appAttemptId, need) : null,
    wasTried,
    passkey: keys.length > 0 ? await proveForm(bindings, current, keys, appAttemptId) : null,
    enrolUrl: keyHelps ? PASSKEYS : null,
  });
  return htmlResponse(page, 403, "step_up", {}, { asksPasskey: true });
}
