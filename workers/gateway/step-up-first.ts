import type { GradeReason } from "../../shared/access/grade/access.ts";
import { needQuery } from "../../shared/access/grade/need-query.ts";
import { needInWords } from "../../shared/access/grade/need-words.ts";
import { SIGN_IN_PATH } from "../../shared/access/login/sign-in-path.ts";
import { refusal } from "../../shared/base/errors/catalogue.ts";
import { maySignIn, showsPage } from "../../shared/http/navigation.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../platform/env.ts";
import { beginSignIn } from "../session/begin.ts";
import type { Caller } from "./caller.ts";
import { mayPark, park } from "./park.ts";
import { type RefusalContext, refusalResponse } from "./refusal-response.ts";
import { nothingSent } from "./sign-in-first.ts";
import type { StepUp } from "./step-up.ts";

export interface Refused {
  readonly app: SnapshotApp;
  readonly caller: Extract<Caller, { kind: "user" }>;
  readonly stepUp: StepUp;
  /** What the grade refuses. Null if the policies themselves ask for a newer sign-in. */
  readonly reason: GradeReason | null;
  readonly context: RefusalContext;
}

/**
 * Asks a person to show anew who they are. A page is opened again afterwards, and a form is kept and sent then. Who
 * can't be led there and back gets the address: the reader of a frame in a page, a script in data.
 */
export async function stepUpFirst(request: Request, bindings: Bindings, refused: Refused): Promise<Response> {
  const { app, caller, stepUp, reason, context } = refused;
  const raises = { id: caller.session.id, owner: caller.owner };
  if (maySignIn(request)) return beginSignIn(request, app, bindings, { ...stepUp, raises });
  let whyNotKept = "";
  if (mayPark(request)) {
    const parked = await park(request, bindings, refused);
    if (parked instanceof Response) return parked;
    whyNotKept = `${parked} `;
  }
  const code = reason ?? "sign_in_too_old";
  const loginUrl = stepUpUrl(request, stepUp);
  if (showsPage(request))
    return refusalResponse(request, refusal(code, whyNotKept + nothingSent(request)), { app, loginUrl });
  return refusalResponse(request, refusal(code, remedy(stepUp)), { ...context, app, loginUrl });
}

const remedy = ({ need }: StepUp): string => {
  const asked = need === null ? "a newer sign-in" : needInWords(need);
  return `A policy or the risk of this session asks for ${asked}: open \`login_url\` in a browser tab, then repeat the request. Nothing was sent to the application.`;
};

/** The address on the app's host where the person shows what is needed, whatever tab it is opened in. */
export function stepUpUrl(request: Request, { need }: StepUp): string {
  const query = new URLSearchParams([["fresh", "1"], ...(need === null ? [] : needQuery(need))]);
  return `${new URL(request.url).origin}${SIGN_IN_PATH}?${query}`;
}
