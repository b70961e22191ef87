import { CompileError, Place } from "./errors.ts";
import { asObject, asUid, type Json } from "./json.ts";

/** The entities that replace a template's slots. */
export interface Slots {
  readonly principal?: { readonly type: string; readonly id: string };
  readonly resource?: { readonly type: string; readonly id: string };
}

/**
 * Fills the slots of a template in Cedar's JSON format. The result is a policy like any other. The given
 * slots must be exactly the slots of the template.
 *
 * @throws CompileError
 */
export function linkTemplate(template: unknown, slots: Slots): Json {
  const place = new Place();
  const policy = asObject(template, place);
  const used = new Set<string>();
  const linked = {
    ...policy,
    principal: fill(policy.principal, "principal", slots, used, place.at("principal")),
    resource: fill(policy.resource, "resource", slots, used, place.at("resource")),
  };
  for (const [name, entity] of Object.entries(slots)) {
    if (entity !== undefined && !used.has(name)) throw new CompileError(`the template has no slot ?${name}`);
  }
  if (used.size === 0) throw new CompileError("it has no slot: it is a policy, not a template");
  return linked;
}

function fill(
  json: unknown,
  name: "principal" | "resource",
  slots: Slots,
  used: Set<string>,
  place: Place,
): unknown {
  const scope = asObject(json, place);
  if (scope.in !== undefined) return { ...scope, in: fill(scope.in, name, slots, used, place.at("in")) };
  if (scope.slot === undefined) return scope;
  if (scope.slot !== `?${name}`) place.at("slot").refuse(`must be ?${name}`);
  const entity = slots[name] ?? place.at("slot").refuse(`needs an entity for ?${name}`);
  used.add(name);
  const { type, id } = asUid(entity, place.at("slot"));
  const { slot: _, ...rest } = scope;
  return { ...rest, entity: { type, id } };
}
