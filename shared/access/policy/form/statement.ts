import type { ActionName } from "../request.ts";
import {
  all,
  any,
  beginsWith,
  binary,
  type Expression,
  entity,
  has,
  isInRange,
  not,
  path,
  set,
  value,
} from "./expressions.ts";
import { type Conditions, normalForm, type PolicyForm, type Who } from "./model.ts";

/** One condition, in Cedar and in words. */
export interface Clause {
  readonly says: string;
  readonly expression: Expression;
}

interface Uid {
  readonly type: string;
  readonly id: string;
}
export type Scope =
  | { readonly op: "All" }
  | { readonly op: "is"; readonly entity_type: string }
  | { readonly op: "==" | "in"; readonly entity: Uid }
  | { readonly op: "in"; readonly entities: readonly Uid[] };

/** The parts of the statement that a form makes: the head, the clauses about its subject, and the conditions. */
export interface Statement {
  readonly effect: PolicyForm["effect"];
  readonly principal: Scope;
  readonly action: Scope;
  readonly resource: Scope;
  /** These clauses are written in `when`. */
  readonly about: readonly Clause[];
  /** These clauses are written in `when` of a permit, and in `unless` of a forbid. */
  readonly limits: readonly Clause[];
}

export function statementOf(given: PolicyForm): Statement {
  const form = normalForm(given);
  const { principal, clause } = whoOf(form.who);
  return {
    effect: form.effect,
    principal,
    action: actionOf(form.actions),
    resource: form.app === null ? { op: "All" } : { op: "==", entity: { type: "App", id: form.app } },
    about: [...(clause ? [clause] : []), ...pathsOf(form.paths)],
    limits: limitsOf(form.conditions),
  };
}

/** The statement of the form in Cedar's JSON format. */
export function cedarJsonOf(form: PolicyForm) {
  const { effect, principal, action, resource, about, limits } = statementOf(form);
  const clause = (kind: "when" | "unless", clauses: readonly Clause[]) =>
    clauses.length > 0 ? [{ kind, body: all(clauses.map(({ expression }) => expression)) }] : [];
  const conditions =
    effect === "permit"
      ? clause("when", [...about, ...limits])
      : [...clause("when", about), ...clause("unless", limits)];
  return { effect, principal, action, resource, conditions };
}

/**
 * One name is written in the head. Several names are compared in a clause, because a head takes only one
 * name.
 */
function whoOf(who: Who): { principal: Scope; clause: Clause | null } {
  if (who.kind === "anyone") return { principal: { op: "All" }, clause: null };
  if (who.kind === "signedIn") return { principal: { op: "is", entity_type: "User" }, clause: null };
  const named = [
    ...who.groups.map((id) => ({ type: "Group", id })),
    ...who.users.map((id) => ({ type: "User", id })),
    ...who.serviceTokens.map((id) => ({ type: "ServiceToken", id })),
  ];
  const [only] = named;
  if (only && named.length === 1)
    return { principal: { op: only.type === "Group" ? "in" : "==", entity: only }, clause: null };
  // Each kind gets its own list, because a list in Cedar can't mix types.
  const kinds = [...Map.groupBy(named, ({ type }) => type)].map(([type, uids]) =>
    binary("in", path("principal"), set(uids.map(({ id }) => entity(type, id)))),
  );
  const says = "Whoever is named here.";
  return { principal: { op: "All" }, clause: { says, expression: any(kinds) } };
}

function actionOf(actions: readonly ActionName[]): Scope {
  const uids = actions.map((id) => ({ type: "Action", id }));
  const [only] = uids;
  if (!only) return { op: "All" };
  return uids.length === 1 ? { op: "==", entity: only } : { op: "in", entities: uids };
}

function pathsOf(paths: readonly string[]): Clause[] {
  if (paths.length === 0) return [];
  const asked = path("context.request.path");
  const areas = paths.flatMap((area) => [binary("==", asked, value(area)), beginsWith(asked, `${area}/`)]);
  return [{ says: "These paths, and everything beneath them.", expression: any(areas) }];
}

function limitsOf(c: Conditions): Clause[] {
  const clauses: Clause[] = [];
  const add = (says: string, ...needed: readonly Expression[]) =>
    clauses.push({ says, expression: all(needed) });
  const texts = (items: readonly string[]) => set(items.map(value));
  if (c.memberOf.length > 0)
    add(
      "Members of these groups.",
      binary("in", path("principal"), set(c.memberOf.map((name) => entity("Group", name)))),
    );
  if (c.networks.length > 0)
    add(
      "From these networks.",
      has("context.network", "ip"),
      any(c.networks.map((range) => isInRange(path("context.network.ip"), range))),
    );
  const country = path("context.network.country");
  if (c.countries.length > 0)
    add(
      "From these countries.",
      has("context.network", "country"),
      binary("contains", texts(c.countries), country),
    );
  if (c.notCountries.length > 0)
    add(
      "From a country that is known, and is none of these.",
      has("context.network", "country"),
      not(binary("contains", texts(c.notCountries), country)),
    );
  if (c.hours !== null) add("In these hours, in UTC.", hoursOf(c.hours));
  if (c.weekdays.length > 0)
    add(
      "On these weekdays, in UTC (1 is Monday).",
      binary("contains", set(c.weekdays.map(value)), path("context.time.weekday")),
    );
  const signIn = has("context", "authentication");
  if (c.signedInWithin !== null)
    add(
      "Signed in so many seconds ago at most.",
      signIn,
      binary("<=", path("context.authentication.age"), value(c.signedInWithin)),
    );
  if (c.methods.length > 0)
    add(
      "Signed in by one of these methods.",
      signIn,
      binary("containsAny", path("context.authentication.amr"), texts(c.methods)),
    );
  return clauses;
}

function hoursOf({ from, to }: { readonly from: number; readonly to: number }): Expression {
  const hour = path("context.time.hour");
  const ends = [binary(">=", hour, value(from)), binary("<", hour, value(to))];
  return from < to ? all(ends) : any(ends);
}
