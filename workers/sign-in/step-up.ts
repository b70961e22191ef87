import { isMet, type Need } from "../../shared/access/grade/verified.ts";
import { canProve } from "../../shared/access/login/can-prove.ts";
import { proofsOf } from "../../shared/access/sessions/proofs.ts";
import type { Session } from "../../shared/access/sessions/types.ts";
import { htmlResponse, stepUpPage } from "../pages/index.ts";
import type { Bindings } from "../platform/env.ts";
import { refusalPage } from "../session/answers.ts";
import { startLink } from "./continue-link.ts";
import { methodOf } from "./methods.ts";
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

/** Asks a signed-in person to show anew who they are, with the provider that already knows the person. */
export async function stepUp(
  request: Request,
  bindings: Bindings,
  { authentication }: Session,
  wish: StepUpWish,
): Promise<Response> {
  const provider = await enabledProvider(bindings.db, authentication.providerId);
  if (!provider)
    return refusalPage("login_failed", "This identity provider is switched off now.", {
      retryUrl: "/",
      retryLabel: "Your apps",
    });
  const { need, wasTried, appTitle, appAttemptId } = wish;
  const isAble = need === null || canProve(provider, need);
  if (isAble && !wasTried)
    return (await methodOf(provider)).begin(request, bindings, provider, { ...wish, switchUser: false });
  const page = stepUpPage({
    appTitle,
    providerName: provider.name,
    asked: need,
    providerUrl: isAble ? startLink(appAttemptId) : null,
    wasTried,
  });
  return htmlResponse(page, 403, "sign_in_method_required");
}
