import { GRANTS } from "../../shared/access/grants/paths.ts";
import { statusAt } from "../../shared/access/grants/state.ts";
import type { Grant } from "../../shared/access/grants/types.ts";
import { STATUS_WORDS } from "../../shared/access/grants/words.ts";
import { returnPath } from "../../shared/access/login/return-path.ts";
import { mayCall } from "../../shared/api/endpoint.ts";
import { line } from "../../shared/api/fields.ts";
import { appSettings } from "../../shared/registry/app-settings.ts";
import { answer, readable, settle } from "../hub/grants/change.ts";
import { appOf } from "../hub/grants/facts.ts";
import { backgroundOf, type GrantView, sightOf, viewsOf } from "../hub/grants/view.ts";
import { answerPage, type GrantPage, grantsPage, htmlResponse, ownGrantPage } from "../pages/index.ts";
import { coordinatorObject } from "../platform/objects.ts";
import { throwRefusal } from "../platform/refused.ts";
import { listGrants } from "../registry/grants.ts";
import { redirect } from "../session/answers.ts";
import { appUrl } from "../session/app-url.ts";
import { openedHere } from "../session/chain.ts";
import { chosenHost } from "./host.ts";
import { formOf, save, type Visitor } from "./visitor.ts";

/** One request or grant: how it stands, and what may be done with it. */

const pathOf = (id: string): string => `${GRANTS}/${id}`;

async function viewOf({ bindings, viewer, now }: Visitor, grant: Grant): Promise<GrantView> {
  const [view] = await viewsOf(bindings.db, [grant], await sightOf(bindings, viewer), now);
  if (!view) throw new Error("a grant has one view");
  return view;
}

export async function serveGrant(
  request: Request,
  visitor: Visitor,
  id: string,
  url: URL,
): Promise<Response> {
  const { bindings, now, principal, csrf } = visitor;
  const { grant: stored } = await readable(visitor, id);
  const grant = { ...stored, status: statusAt(stored, now) };
  const view = await viewOf(visitor, grant);
  const common: GrantPage = {
    ...{
      path: pathOf(id),
      csrf,
      grant,
      appTitle: view.app.title,
      host: view.app.host,
      userEmail: view.user.email,
      problem: null,
    },
    answers: view.answers.map(({ by, verdict, note }) => ({ email: by.email, verdict, note })),
  };
  if (grant.userId !== principal.userId) return serveOthers(visitor, common, view);
  const app = await appOf(bindings.db, grant.appId);
  const to = returnPath(url.searchParams.get("to") ?? "/", app?.settings ?? appSettings({}));
  const host = app ? chosenHost(app, url.searchParams) : view.app.host;
  const page = appUrl(bindings, host).slice(0, -1) + to;
  const go = grant.status === "granted" ? url.searchParams.get("go") : null;
  if (go === "1" && app && (await isToldEverywhere(visitor))) {
    const home = { hostname: host, returnTo: to };
    return redirect(await openedHere(request, bindings, app, visitor.current.session.id, home), "granted");
  }
  const nextUrl = `${pathOf(id)}?${new URLSearchParams({ host, to, go: "1" })}`;
  const own = ownGrantPage({
    ...common,
    approved: grant.answers.filter(({ verdict }) => verdict === "approve").length,
    newsUrl: `${pathOf(id)}/news`,
    nextUrl,
    appUrl: page,
  });
  // The answer to a form may not redirect to another host, so the page that it leads to goes on by itself.
  const headers: HeadersInit = go === null ? {} : { Refresh: `${go === "1" ? 1 : 0}; url=${nextUrl}` };
  return htmlResponse(own, 200, `grant_${grant.status}`, headers, { waits: grant.status === "pending" });
}

/** The app's session may be in another object than the sign-in, which may have heard of the grant first. */
async function isToldEverywhere({ bindings, principal }: Visitor): Promise<boolean> {
  return (await coordinatorObject(bindings).tell([principal])).pending.length === 0;
}

async function serveOthers(visitor: Visitor, common: GrantPage, view: GrantView): Promise<Response> {
  const { bindings, viewer, now } = visitor;
  const { grant } = common;
  const sight = await sightOf(bindings, viewer);
  const isInCharge = mayCall(viewer.role, "admin") || sight.apps.includes(grant.appId);
  const background = await backgroundOf(bindings, grant, sight, now);
  const page = answerPage({
    ...common,
    mayAnswer: view.mayAnswer,
    mayRevoke: isInCharge && grant.status === "granted",
    mayReview: isInCharge && grant.emergency && grant.reviewedAt === null,
    about: background && {
      risk: background.risk,
      groups: background.groups,
      earlier: background.earlier.map(({ app, status, askedAt }) => ({
        ...{ app, status: STATUS_WORDS[status], at: askedAt },
      })),
      decisions: background.decisions.map(({ decision, method, path, at }) => ({
        ...{ decision, what: `${method} ${path}`, at },
      })),
    },
  });
  return htmlResponse(page, 200, "grant_of_another");
}

/** The most requests on one page. */
const MOST = 50;

export async function serveList(visitor: Visitor): Promise<Response> {
  const { bindings, viewer, principal, now } = visitor;
  const sight = await sightOf(bindings, viewer);
  const [waiting, own] = await Promise.all([
    listGrants(
      bindings.db,
      "status = 'pending' AND app_id IN (SELECT value FROM json_each(?))",
      [JSON.stringify(sight.apps)],
      MOST,
    ),
    listGrants(bindings.db, "user_id = ?", [principal.userId], MOST),
  ]);
  const rowsOf = async (grants: readonly Grant[]) =>
    (await viewsOf(bindings.db, grants, sight, now)).map((view) => ({
      ...{ url: pathOf(view.id), view },
      title: view.isMine ? view.app.title : `${view.user.email}: ${view.app.title}`,
      detail: `${STATUS_WORDS[view.status]} · ${view.reason}`,
    }));
  const toAnswer = (await rowsOf(waiting)).filter(({ view }) => view.mayAnswer);
  return htmlResponse(grantsPage(principal.email, toAnswer, await rowsOf(own)), 200, "grants");
}

export async function takeAnswer(request: Request, visitor: Visitor, id: string): Promise<Response> {
  const form = await formOf(request, visitor);
  const verdict = form.get("verdict");
  const note = (form.get("note") ?? "").trim();
  if ((verdict !== "approve" && verdict !== "deny") || !line(500).safeParse(note).success) {
    return throwRefusal("invalid_input", "Answer on the page that shows the request.");
  }
  await save(visitor, await answer(visitor, id, { verdict, digest: form.get("digest") ?? "", note }));
  return redirect(pathOf(id), "answered");
}

export async function takeSettling(
  request: Request,
  visitor: Visitor,
  id: string,
  type: "withdraw" | "revoke" | "review",
): Promise<Response> {
  await formOf(request, visitor);
  await save(visitor, await settle(visitor, id, type));
  return redirect(pathOf(id), type);
}
