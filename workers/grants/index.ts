import { GRANTS } from "../../shared/access/grants/paths.ts";
import { isTopLevel } from "../../shared/http/navigation.ts";
import type { Bindings } from "../platform/env.ts";
import { Refused } from "../platform/refused.ts";
import { failed } from "../platform/trouble.ts";
import { refusalPage } from "../session/answers.ts";
import { serveAsk, takeRequest } from "./ask.ts";
import { serveGrant, serveList, takeAnswer, takeSettling } from "./grant.ts";
import { serveNews } from "./news.ts";
import { visitorOf } from "./visitor.ts";

/**
 * The pages of the auth host on which people request access, wait for it and answer requests. They need no
 * administrator: an approver may be anybody. All that they do, the API does as well.
 */
export async function serveGrants(request: Request, url: URL, bindings: Bindings): Promise<Response> {
  try {
    return await serve(request, url, bindings);
  } catch (error) {
    if (error instanceof Refused)
      return refusalPage(error.refusal.code, error.refusal.detail, { retryUrl: GRANTS });
    const { refused, number } = await failed(bindings, "sign-in", request, error);
    return refusalPage("unavailable", refused.detail, { retryUrl: GRANTS, number });
  }
}

async function serve(request: Request, url: URL, bindings: Bindings): Promise<Response> {
  const [id = "", act = "", more] = url.pathname.slice(GRANTS.length + 1).split("/");
  if (more !== undefined) return notHere();
  const visitor = await visitorOf(request, bindings);
  if (visitor instanceof Response) return visitor;
  if (request.method === "GET") {
    if (act === "news") return serveNews(request, visitor, id);
    // What another site loads into a frame or fetches shows nothing of a person's requests.
    if (!isTopLevel(request))
      return refusalPage("csrf_rejected", "Open this page in a tab of its own.", { retryUrl: GRANTS });
    if (act !== "") return notHere();
    if (id === "") return serveList(visitor);
    return id === "ask" ? serveAsk(visitor, url) : serveGrant(request, visitor, id, url);
  }
  if (request.method !== "POST") return refusalPage("method_not_allowed", "This page takes GET and POST.");
  if (id === "ask" && act === "") return takeRequest(request, visitor);
  if (act === "answer") return takeAnswer(request, visitor, id);
  if (act === "withdraw" || act === "revoke" || act === "review")
    return takeSettling(request, visitor, id, act);
  return notHere();
}

const notHere = (): Response =>
  refusalPage("not_found", "This address names no page.", {
    retryUrl: GRANTS,
    retryLabel: "Requests for access",
  });
