import { type Context, Hono } from "hono";
import { GROUP, type ResourceType, USER } from "../../../shared/scim/attributes.ts";
import {
  listResponse,
  resourceTypes,
  schemas,
  serviceProviderConfig,
} from "../../../shared/scim/discovery.ts";
import type { Bindings } from "../../platform/env.ts";
import { Refused, throwRefusal } from "../../platform/refused.ts";
import { failed } from "../../platform/trouble.ts";
import { checkSchema } from "../../registry/schema-check.ts";
import { keepHouse } from "../housekeeping.ts";
import { notFound } from "../refused.ts";
import { baseOf, readBody, type ScimCall } from "./call.ts";
import { listGroups } from "./group-list.ts";
import { createGroup, deleteGroup, getGroup, patchGroup, replaceGroup } from "./groups.ts";
import { type Listing, listingOfBody, listingOfQuery } from "./listing.ts";
import { faultResponse, refusalResponse, ScimRefused, scimResponse } from "./refused.ts";
import { authenticateSource, noteRefusal, type Source } from "./source.ts";
import { listUsers } from "./user-list.ts";
import { createUser, deleteUser, getUser, patchUser, replaceUser } from "./users.ts";

/**
 * The SCIM 2.0 service provider (RFC 7643, RFC 7644): identity providers say here who their people and groups are. Each
 * provider has a token of its own, and sees and changes only what it sent.
 */

export const isScim = (pathname: string): boolean => pathname === "/scim" || pathname.startsWith("/scim/");

/** Answers a request below `/scim/`. */
export async function serveScim(
  request: Request,
  bindings: Bindings,
  ctx: Pick<ExecutionContext, "waitUntil">,
): Promise<Response> {
  const now = Date.now();
  let source: Source | null = null;
  try {
    await checkSchema(bindings.db);
    source = await authenticateSource(request, bindings.db, now);
    ctx.waitUntil(keepHouse(bindings, now).catch(() => undefined));
    const call: ScimCall = { request, url: new URL(request.url), bindings, ctx, source, now };
    return await app.fetch(request, { call });
  } catch (error) {
    const response = await explain(error, request, bindings);
    if (source && response.status !== 404)
      await noteRefusal(bindings.db, source, wordsOf(request, error), now);
    return response;
  }
}

type Env = { Bindings: { readonly call: ScimCall } };

const app = build();

function build(): Hono<Env> {
  const one =
    (serve: (call: ScimCall, id: string) => Promise<Response>) =>
    ({ env, req }: Context<Env, "/:id">) =>
      serve(env.call, req.param("id"));
  const list =
    (type: ResourceType, serve: (call: ScimCall, listing: Listing) => Promise<Response>) =>
    ({ env }: Context<Env>) =>
      serve(env.call, listingOfQuery(type, env.call.url));
  const search =
    (type: ResourceType, serve: (call: ScimCall, listing: Listing) => Promise<Response>) =>
    async ({ env }: Context<Env>) =>
      serve(env.call, listingOfBody(type, await readBody(env.call)));
  return new Hono<Env>()
    .basePath("/scim/v2")
    .get("/ServiceProviderConfig", ({ env }) => scimResponse(200, serviceProviderConfig(baseOf(env.call))))
    .get("/ResourceTypes", ({ env }) => described(resourceTypes(baseOf(env.call))))
    .get("/ResourceTypes/:id", ({ env, req }) =>
      describedOne(resourceTypes(baseOf(env.call)), req.param("id")),
    )
    .get("/Schemas", ({ env }) => described(schemas(baseOf(env.call))))
    .get("/Schemas/:id", ({ env, req }) => describedOne(schemas(baseOf(env.call)), req.param("id")))
    .get("/Users", list(USER, listUsers))
    .post("/Users", ({ env }) => createUser(env.call))
    .post("/Users/.search", search(USER, listUsers))
    .get("/Users/:id", one(getUser))
    .put("/Users/:id", one(replaceUser))
    .patch("/Users/:id", one(patchUser))
    .delete("/Users/:id", one(deleteUser))
    .get("/Groups", list(GROUP, listGroups))
    .post("/Groups", ({ env }) => createGroup(env.call))
    .post("/Groups/.search", search(GROUP, listGroups))
    .get("/Groups/:id", one(getGroup))
    .put("/Groups/:id", one(replaceGroup))
    .patch("/Groups/:id", one(patchGroup))
    .delete("/Groups/:id", one(deleteGroup))
    .notFound(({ req }) =>
      ["GET", "POST", "PUT", "PATCH", "DELETE"].includes(req.method)
        ? notFound("SCIM endpoint")
        : throwRefusal("method_not_allowed", "SCIM has GET, POST, PUT, PATCH and DELETE."),
    )
    .onError((error) => {
      throw error;
    });
}

const described = (all: readonly object[]): Response =>
  scimResponse(200, listResponse(all as Record<string, unknown>[], all.length, 1));

function describedOne(all: readonly Readonly<Record<string, unknown>>[], id: string): Response {
  const found = all.find((one) => one.id === id);
  return found ? scimResponse(200, found) : notFound("SCIM description");
}

async function explain(error: unknown, request: Request, bindings: Bindings): Promise<Response> {
  if (error instanceof ScimRefused) return faultResponse(error.fault);
  if (error instanceof Refused) return refusalResponse(error.refusal);
  const { refused, number } = await failed(bindings, "hub", request, error);
  return refusalResponse(refused, number);
}

/** What the administrator reads about a refused call. No value of the request is in it but the path. */
function wordsOf(request: Request, error: unknown): string {
  const path = new URL(request.url).pathname.replace("/scim/v2", "");
  const detail = error instanceof ScimRefused || error instanceof Refused ? error.message : "It failed here.";
  return `${request.method} ${path}: ${detail}`;
}
