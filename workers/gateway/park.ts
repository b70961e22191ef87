import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import {
  MAX_PARKED_BODY,
  MAX_PARKED_OF_SESSION,
  PARKED_TTL_MS,
} from "../../shared/access/sessions/parked.ts";
import { isTopLevel, showsPage } from "../../shared/http/navigation.ts";
import { htmlResponse, parkedPage } from "../pages/index.ts";
import type { Bindings } from "../platform/env.ts";
import { sessionsObject } from "../platform/objects.ts";
import { newSecret } from "../platform/random.ts";
import { startAttempt } from "../session/begin.ts";
import { continuePath } from "./continue.ts";
import { headOf, sealBody, sealHead } from "./parked-request.ts";
import type { Refused } from "./step-up-first.ts";

/**
 * Whether a request can wait for a step-up: the POST of a form that fills the tab. A script keeps its own data. A page
 * of another site is not waited for: nobody would know what is asked of them.
 */
export function mayPark(request: Request): boolean {
  if (request.method !== "POST" || !showsPage(request) || !isTopLevel(request)) return false;
  const { href, origin } = new URL(request.url);
  // A URL that is written anew would be another request.
  if (href !== request.url) return false;
  const site = request.headers.get("sec-fetch-site");
  return site === null ? request.headers.get("origin") === origin : site !== "cross-site";
}

/**
 * Keeps the request in its session's object, and shows the page that leads to the step-up.
 * @returns In words why the request was not kept, if it was not. Nothing is lost then: the browser still has it.
 */
export async function park(
  request: Request,
  bindings: Bindings,
  refused: Refused,
): Promise<Response | string> {
  const { app, caller, stepUp, reason } = refused;
  const body = await boundedBody(request, MAX_PARKED_BODY);
  if (body === null)
    return `What you sent is larger than ${MAX_PARKED_BODY / 1024} KiB, so it can't wait here for your sign-in.`;
  const secret = newSecret();
  const place = { hash: hashSecret(secret), sessionId: caller.session.id, appId: app.id };
  const outcome = await sessionsObject(bindings, caller.owner).park({
    hash: place.hash,
    sessionId: place.sessionId,
    head: await sealHead(bindings, headOf(request), place),
    body: await sealBody(bindings, body, place),
  });
  if (outcome === "ended") return "Your session has ended meanwhile.";
  if (outcome !== "parked")
    return outcome === "full"
      ? `${MAX_PARKED_OF_SESSION} forms wait for your sign-in already, so this one can't wait here.`
      : "The head of this request is too large to wait here.";
  const { location, cookies } = await startAttempt(request, app, bindings, {
    ...stepUp,
    raises: { id: caller.session.id, owner: caller.owner },
    returnTo: continuePath(secret),
  });
  const page = parkedPage({
    appTitle: app.title,
    minutes: PARKED_TTL_MS / 60_000,
    signInUrl: location,
    asked: stepUp.need,
  });
  const headers = new Headers();
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  return htmlResponse(page, 401, reason ?? "sign_in_too_old", headers);
}

/** The body, or null if it is longer than `most` bytes. What is known to be too long is not read. */
async function boundedBody(request: Request, most: number): Promise<Uint8Array<ArrayBuffer> | null> {
  if (Number(request.headers.get("content-length") ?? 0) > most) return null;
  if (request.body === null) return new Uint8Array(0);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of request.body as ReadableStream<Uint8Array<ArrayBuffer>>) {
    size += chunk.byteLength;
    if (size > most) return null;
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
