import { MAX_REASON } from "../../shared/access/grants/decide.ts";
import { GRANTS } from "../../shared/access/grants/paths.ts";
import { offeredScope } from "../../shared/access/grants/settings.ts";
import { GRANT_REFUSALS } from "../../shared/access/grants/words.ts";
import { returnPath } from "../../shared/access/login/return-path.ts";
import { line } from "../../shared/api/fields.ts";
import { request as requestAccess } from "../hub/grants/change.ts";
import { appOf, type GrantApp } from "../hub/grants/facts.ts";
import { askPage, htmlResponse } from "../pages/index.ts";
import { Refused, throwRefusal } from "../platform/refused.ts";
import { names } from "../registry/grants.ts";
import { newestSnapshot } from "../registry/snapshot.ts";
import { redirect } from "../session/answers.ts";
import { chosenHost } from "./host.ts";
import { formOf, save, type Visitor } from "./visitor.ts";

/** `GET ask` shows the form, `POST ask` makes the request. */

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
const SPANS = [15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, DAY, 3 * DAY, 7 * DAY, 30 * DAY];

interface Offer {
  readonly app: GrantApp;
  readonly mayAsk: boolean;
  readonly mayBreakIn: boolean;
}

/** What the address or the form says. */
type Asked = Pick<URLSearchParams, "get">;

/** What an app offers this person. An app that offers nothing is as one that does not exist. */
async function offerOf({ bindings, principal }: Visitor, asked: Asked): Promise<Offer> {
  const found = await appOf(bindings.db, asked.get("app") ?? "");
  if (found === null) return throwRefusal(...GRANT_REFUSALS.not_offered);
  const app = { ...found, host: chosenHost(found, asked) };
  const snapshot = await newestSnapshot(bindings);
  const mayAsk = names(snapshot, app.settings.grantAskers, principal);
  const mayBreakIn = names(snapshot, app.settings.emergencyAskers, principal);
  return mayAsk || mayBreakIn ? { app, mayAsk, mayBreakIn } : throwRefusal(...GRANT_REFUSALS.not_offered);
}

function showForm(
  visitor: Visitor,
  offer: Offer,
  to: string,
  problem: string | null,
  reason: string,
): Response {
  const { app, mayAsk, mayBreakIn } = offer;
  const { grantMaxSeconds: most, grantApprovals, emergencySeconds } = app.settings;
  const page = askPage({
    ...{ action: `${GRANTS}/ask`, csrf: visitor.csrf, app, problem, reason, approvals: grantApprovals },
    to: returnPath(to, app.settings),
    allows: offeredScope(app.settings),
    spans: mayAsk ? [...SPANS.filter((span) => span < most), most] : [],
    emergencySeconds: mayBreakIn ? emergencySeconds : null,
  });
  return htmlResponse(page, problem === null ? 200 : 422, "request_access");
}

export async function serveAsk(visitor: Visitor, { searchParams }: URL): Promise<Response> {
  const offer = await offerOf(visitor, searchParams);
  return showForm(visitor, offer, searchParams.get("to") ?? "/", null, "");
}

export async function takeRequest(request: Request, visitor: Visitor): Promise<Response> {
  const form = await formOf(request, visitor);
  const offer = await offerOf(visitor, form);
  const to = returnPath(form.get("to") ?? "/", offer.app.settings);
  // A text area may hold line breaks, a reason is one line.
  const reason = (form.get("reason") ?? "").replace(/\s+/g, " ").trim();
  const emergency = form.get("emergency") === "1";
  const seconds = Number(form.get("seconds") ?? 0);
  try {
    if (!line(MAX_REASON).safeParse(reason).success) throwRefusal(...GRANT_REFUSALS.reason_missing);
    if (!emergency && !Number.isSafeInteger(seconds)) throwRefusal(...GRANT_REFUSALS.too_short);
    const wish = { app: offer.app.id, reason, emergency, ...(emergency ? {} : { seconds }) };
    const { id } = await save(visitor, await requestAccess(visitor, wish));
    const go = emergency ? "&go=soon" : "";
    const query = new URLSearchParams({ host: offer.app.host, to });
    return redirect(`${GRANTS}/${id}?${query}${go}`, "access_requested");
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return showForm(visitor, offer, to, error.refusal.detail, reason);
  }
}
