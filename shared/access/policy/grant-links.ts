import { remembering } from "../../base/bounded-map.ts";
import type { Environment } from "./environment.ts";
import { compilePolicy, holds, type Policy } from "./policy.ts";
import type { GrantFacts, RequestFacts } from "./request.ts";
import { grantStatement } from "./statement-id.ts";
import { linkTemplate, type Slots } from "./template.ts";

/**
 * Grants as policies. Each grant is a link of one template, in Cedar's own sense: the template is built in, and the
 * link is the grant. In Cedar's text:
 *
 *     permit (principal == ?principal, action in [Action::"read"], resource == ?resource)
 *     when { context.request.path like "/reports/*" };
 *
 * The links are no part of the policy set. They come with the caller's facts, so a new grant changes no policy for
 * anybody else. See `docs/decisions/`.
 */

const PATH = {
  ".": { left: { ".": { left: { Var: "context" }, attr: "request" } }, attr: "path" },
};

/** A pattern such as `/reports/*`, character by character, as Cedar writes it in its JSON format. */
const patternOf = (text: string): unknown[] =>
  [...text].map((letter) => (letter === "*" ? "Wildcard" : { Literal: letter }));

/** The template of a grant with these actions and paths, in Cedar's JSON format. */
export function grantTemplate({ actions, paths }: Pick<GrantFacts, "actions" | "paths">): unknown {
  const likes = paths.map((path): unknown => ({ like: { left: PATH, pattern: patternOf(path) } }));
  const anyOf = (left: unknown, right: unknown): unknown => ({ "||": { left, right } });
  return {
    effect: "permit",
    principal: { op: "==", slot: "?principal" },
    action: { op: "in", entities: actions.map((id) => ({ type: "Action", id })) },
    resource: { op: "==", slot: "?resource" },
    conditions: likes.length > 0 ? [{ kind: "when", body: likes.reduce(anyOf) }] : [],
  };
}

/** Links are few, and each is asked for with every request of its person. */
const linked = remembering(1_000, (key: string): Policy => {
  const [grant, slots] = JSON.parse(key) as [GrantFacts, Slots];
  return compilePolicy(grantStatement(grant.id), linkTemplate(grantTemplate(grant), slots));
});

/** The policies that the caller's grants for the app are. */
export function grantPolicies({
  principal,
  resource,
  grants,
}: Pick<RequestFacts, "principal" | "resource" | "grants">): Policy[] {
  if (grants === undefined || grants.length === 0 || principal.type !== "User") return [];
  const slots: Slots = {
    principal: { type: "User", id: principal.email },
    resource: { type: "App", id: resource.app },
  };
  return grants.map(({ id, actions, paths }) => linked(JSON.stringify([{ id, actions, paths }, slots])));
}

/** The ids of the grants that cover a request. */
export const coveringGrants = (facts: RequestFacts, env: Environment): string[] =>
  grantPolicies(facts).flatMap((policy, i) => (holds(policy, env) ? [facts.grants?.[i]?.id ?? ""] : []));
