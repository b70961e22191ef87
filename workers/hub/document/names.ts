import type { PlanStep } from "../../../shared/api/document.ts";
import { nearest } from "../../../shared/base/nearest.ts";
import { freshId } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import type { NetworkRows } from "./read.ts";

/** The ids of things by name, including things that a step creates. */
export interface Names {
  readonly segment: (name: string) => string;
  readonly user: (email: string) => string;
  readonly group: (name: string) => string;
  readonly node: (name: string) => string;
  readonly identityProvider: (name: string) => string;
  readonly meshService: (name: string) => string;
  readonly microsegment: (name: string) => string;
  /** A home segment or a microsegment. */
  readonly anySegment: (name: string) => string;
}

type Named = Exclude<keyof Names, "anySegment">;

/** Refuses an unknown name, and the name of a thing that the document deletes. */
export function namesOf(rows: NetworkRows, steps: readonly PlanStep[]): Names {
  const lookup = (kind: Named, existing: readonly (readonly [string, string])[]) => {
    const ids = new Map(existing);
    for (const step of steps) {
      if (step.kind !== kind) continue;
      if (step.action === "create" && kind !== "node") ids.set(step.name, freshId(kind));
      if (step.action === "delete") ids.delete(step.name);
    }
    return (name: string): string => ids.get(name) ?? unknown(kind, name, [...ids.keys()]);
  };
  const named = (items: readonly { readonly name: string; readonly id: string }[]) =>
    items.map(({ name, id }) => [name, id] as const);
  const isMicrosegment = new Set(rows.microsegments.map(({ name }) => name));
  for (const { kind, name } of steps) if (kind === "microsegment") isMicrosegment.add(name);
  const segment = lookup("segment", named(rows.segments));
  const microsegment = lookup("microsegment", named(rows.microsegments));
  return {
    segment,
    microsegment,
    anySegment: (name) => (isMicrosegment.has(name) ? microsegment(name) : segment(name)),
    user: lookup(
      "user",
      rows.users.map(({ email, id }) => [email, id]),
    ),
    group: lookup("group", named(rows.groups)),
    node: lookup("node", named(rows.nodes)),
    identityProvider: lookup("identityProvider", named(rows.identityProviders)),
    meshService: lookup("meshService", named(rows.meshServices)),
  };
}

function unknown(kind: Named, name: string, known: readonly string[]): never {
  const near = nearest(name, known);
  const meant = near ? ` Did you mean ${near}?` : "";
  const comes = kind === "node" ? "has not enrolled" : "neither exists nor is created by it";
  const what = kind === "identityProvider" ? "identity provider" : kind === "meshService" ? "service" : kind;
  return throwRefusal("invalid_input", `The document names the ${what} ${name}, which ${comes}.${meant}`);
}
