import { type Context, Hono } from "hono";
import { type Endpoint, isWrite, mayCall } from "../../shared/api/endpoint.ts";
import { ENDPOINT_LIST, type EndpointId } from "../../shared/api/endpoints.ts";
import { line, reference } from "../../shared/api/fields.ts";
import type { Bindings } from "../platform/env.ts";
import { Refused, throwRefusal } from "../platform/refused.ts";
import { failed } from "../platform/trouble.ts";
import { checkSchema } from "../registry/schema-check.ts";
import { isSameOriginPost } from "../session/same-site.ts";
import type { Author, Call, Handler, Reply, Write } from "./call.ts";
import { type AdminCaller, authenticate, authenticateBootstrap } from "./caller.ts";
import { carryThrough } from "./carry-through.ts";
import { replay, type StoredAnswer, writeKey } from "./commit.ts";
import { HANDLERS } from "./handlers/index.ts";
import { keepHouse } from "./housekeeping.ts";
import { check, readJson, readQuery } from "./input.ts";
import { apiHeaders, notFound, problemResponse } from "./refused.ts";

type Env = { Bindings: { readonly bindings: Bindings } };

/** The admin API. The catalogue of endpoints defines its routes. */
const api = buildApi();

/** Answers a request below `/api/v1/`. Any failure gives a 503, and never an "allow". */
export function serveApi(request: Request, bindings: Bindings, ctx: ExecutionContext): Promise<Response> {
  return Promise.resolve(api.fetch(request, { bindings }, ctx));
}

function buildApi(): Hono<Env> {
  const app = new Hono<Env>();
  const routes = ENDPOINT_LIST.map((endpoint) => ({
    endpoint,
    path: endpoint.path.replace(/\{(\w+)\}/g, ":$1"),
  }));
  for (const { endpoint, path } of routes) {
    app.on(endpoint.method, path, (c) => serve(endpoint, c, c.req.param()));
  }
  for (const path of new Set(routes.map((route) => route.path))) {
    app.all(path, async (c) => {
      await authenticate(c.req.raw, c.env.bindings);
      return throwRefusal("method_not_allowed", "This path does not take this method.");
    });
  }
  // A caller who is not signed in must not learn which paths exist.
  app.notFound(async (c) => {
    try {
      await authenticate(c.req.raw, c.env.bindings);
      return notFound("path");
    } catch (error) {
      return failure(error, c);
    }
  });
  app.onError(failure);
  return app;
}

async function failure(error: unknown, c: Context<Env>): Promise<Response> {
  if (error instanceof Refused) return problemResponse(error.refusal);
  const { refused, number } = await failed(c.env.bindings, "hub", c.req.raw, error);
  return problemResponse(refused, number);
}

/** Parses, authorises, calls the handler, and maps the result to a response. */
async function serve(
  endpoint: Endpoint & { readonly id: EndpointId },
  c: Context<Env>,
  params: Record<string, string>,
): Promise<Response> {
  const { bindings } = c.env;
  const request = c.req.raw;
  const now = Date.now();
  await checkSchema(bindings.db);
  const caller = await authorise(endpoint, request, bindings);
  const url = new URL(request.url);
  const rawBody = endpoint.body ? await readJson(request, endpoint.bodyBytes) : undefined;
  const query = endpoint.query ? check(endpoint.query, readQuery(url)) : undefined;
  const body = endpoint.body ? check(endpoint.body, rawBody) : undefined;
  const author = isWrite(endpoint) ? authorOf(caller, request, body) : { actor: caller.actor };
  const call = {
    bindings,
    request,
    caller,
    author,
    now,
    params: checkParams(params),
    query,
    body,
    ifMatch: endpoint.ifMatch ? requiredVersion(request) : 0,
  } as Call;
  c.executionCtx.waitUntil(keepHouse(bindings, now).catch(() => undefined));
  const handle = HANDLERS[endpoint.id] as unknown as Handler<EndpointId>;
  const status = endpoint.status ?? (endpoint.response === null ? 204 : 200);
  if (!isWrite(endpoint)) return answer(await handle(call), status);
  const key = writeKey(
    caller.actor,
    request.headers.get("Idempotency-Key"),
    JSON.stringify([request.method, url.pathname, url.search, call.ifMatch, rawBody ?? null]),
  );
  const earlier = await replay(bindings, key);
  if (earlier) return answerStored(earlier);
  const result = await handle(call);
  if (!("statements" in result)) return answer(result, status);
  return answerStored(await carryThrough(c.executionCtx, bindings, author, key, result, status, now));
}

/**
 * Who makes a change, the person behind a token, what acts for the person, and the reason. The reason comes from
 * the header, or else from a note in the body.
 */
function authorOf({ actor, user, via }: AdminCaller, request: Request, body: unknown): Author {
  const note = readNote(request) || ((body as { note?: string } | undefined)?.note ?? "");
  return {
    actor,
    ...(user ? { person: { id: user.id, email: user.email } } : {}),
    ...(via === null ? {} : { via }),
    ...(note === "" ? {} : { note }),
  };
}

/** `X-Rustronaut-Note` contains percent-encoded UTF-8. */
function readNote(request: Request): string {
  const note = decodeNote(request.headers.get("X-Rustronaut-Note") ?? "");
  if (note !== null && line(500).safeParse(note).success) return note;
  return throwRefusal("malformed_request", "X-Rustronaut-Note must be one line of at most 500 characters.");
}

function decodeNote(text: string): string | null {
  try {
    return decodeURIComponent(text).trim();
  } catch {
    return null;
  }
}

/**
 * The bootstrap call has its own proof. Every other call needs a caller with the required role, and a request
 * that the browser's own page made.
 */
async function authorise(endpoint: Endpoint, request: Request, bindings: Bindings): Promise<AdminCaller> {
  if (endpoint.role === "public") return authenticateBootstrap(request, bindings);
  const caller = await authenticate(request, bindings);
  if (!mayCall(caller.role, endpoint.role)) {
    if (caller.role === null)
      throwRefusal("forbidden", "Your account is not an administrator of this network.");
    if (endpoint.method === "GET") notFound("resource");
    throwRefusal("forbidden", `This needs the role ${endpoint.role}; yours is ${caller.role}.`);
  }
  if (caller.byCookie && endpoint.method !== "GET") {
    if (!isMeant(request))
      throwRefusal("csrf_rejected", "Send X-Rustronaut-Csrf: 1 from a page of this origin.");
  }
  return caller;
}

/**
 * There are three proofs that the page itself made the request. In a browser without faults each is enough: a
 * header that no form can send, the origin that the browser states for every write, and the browser's
 * statement about the site.
 */
function isMeant(request: Request): boolean {
  const { headers } = request;
  return (
    headers.get("X-Rustronaut-Csrf") === "1" &&
    headers.get("Origin") === new URL(request.url).origin &&
    isSameOriginPost(request)
  );
}

function checkParams(params: Record<string, string>): Record<string, string> {
  for (const value of Object.values(params)) {
    if (!reference.safeParse(value).success) notFound("resource");
  }
  return params;
}

function requiredVersion(request: Request): number {
  const header = request.headers.get("If-Match");
  if (header === null) throwRefusal("precondition_required", "Send If-Match with the ETag that you read.");
  const version = /^"(\d{1,15})"$/.exec(header.trim())?.[1];
  if (version === undefined)
    throwRefusal("precondition_failed", "If-Match must be one ETag as it was given.");
  return Number(version);
}

function answer(result: Reply | Write | Response, status: number): Response {
  if (result instanceof Response) return result;
  return answerStored({ status, body: result.body, version: result.version ?? null, pending: 0 });
}

function answerStored({ status, body, version, pending }: StoredAnswer): Response {
  const headers = apiHeaders("api");
  if (pending > 0) headers.set("X-Rustronaut-Pending", String(pending));
  if (version !== null) headers.set("ETag", `"${version}"`);
  if (status !== 204) return new Response(JSON.stringify(body), { status, headers });
  headers.delete("Content-Type");
  return new Response(null, { status, headers });
}
