import type { Resource } from "../../../shared/scim/attributes.ts";
import { isObject } from "../../../shared/scim/values.ts";
import type { Bindings } from "../../platform/env.ts";
import { Refused, throwRefusal } from "../../platform/refused.ts";
import type { Write } from "../call.ts";
import { carryThrough } from "../carry-through.ts";
import { writeKey } from "../commit.ts";
import { readJson } from "../input.ts";
import { throwFault } from "./refused.ts";
import type { Source } from "./source.ts";

/** One SCIM call, after its token was checked. */
export interface ScimCall {
  readonly request: Request;
  readonly url: URL;
  readonly bindings: Bindings;
  readonly ctx: Pick<ExecutionContext, "waitUntil">;
  readonly source: Source;
  /** Milliseconds since the Unix epoch. This call uses no other clock. */
  readonly now: number;
}

/** A group of 10,000 members must fit. */
const MAX_BODY_BYTES = 2 * 1_048_576;

export const baseOf = ({ bindings }: Pick<ScimCall, "bindings">): string => `${bindings.hubOrigin}/scim/v2`;

/** The body, which must be an object. */
export async function readBody({ request }: ScimCall): Promise<Resource> {
  const body = await readJson(request, MAX_BODY_BYTES, ["application/scim+json", "application/json"]);
  return isObject(body) ? body : throwFault("invalidSyntax", "The body must be a JSON object.");
}

/** Saves a change in the provider's name, and performs what must follow. */
export async function save(
  { bindings, ctx, source, now }: ScimCall,
  change: Omit<Write, "body">,
): Promise<void> {
  const by = { actor: `scim:${source.providerId}`, via: `SCIM of ${source.name}` };
  await carryThrough(ctx, bindings, by, writeKey(by.actor, null, ""), { ...change, body: null }, 200, now);
}

const RETRIES = 4;

/**
 * Reads, decides and saves. If somebody else changed the same thing meanwhile, all of this is done once more, unless
 * the client said which version it means.
 */
export async function changing<T>({ request }: ScimCall, attempt: () => Promise<T>): Promise<T> {
  for (let left = RETRIES; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      const isOutdated = error instanceof Refused && error.refusal.code === "precondition_failed";
      if (!isOutdated || left === 0 || request.headers.has("If-Match")) throw error;
    }
  }
}

export const etagOf = (version: number): string => `W/"${version}"`;

/** Refuses a change of a version that the client doesn't mean (RFC 7644 §3.14). */
export function checkIfMatch({ request }: ScimCall, version: number): void {
  const header = request.headers.get("If-Match");
  if (header === null || header.trim() === "*" || tagsIn(header).includes(String(version))) return;
  throwRefusal(
    "precondition_failed",
    `The version is now ${etagOf(version)}. Read it again and repeat the change.`,
  );
}

/** Whether the client has this version already. */
export function isKnown({ request }: ScimCall, version: number): boolean {
  const header = request.headers.get("If-None-Match");
  return header !== null && (header.trim() === "*" || tagsIn(header).includes(String(version)));
}

/** ETags are compared weakly (RFC 9110 §8.8.3.2). */
const tagsIn = (header: string): string[] =>
  [...header.slice(0, 1_000).matchAll(/(?:W\/)?"(\d{1,15})"/g)].map(([, version = ""]) => version);
