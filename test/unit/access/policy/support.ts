import { type AuthorizationAnswer, isAuthorized, policyToJson } from "@cedar-policy/cedar-wasm/nodejs";
import type { Entity, Environment } from "../../../../shared/access/policy/environment.ts";
import { Datetime } from "../../../../shared/access/policy/extensions/datetime.ts";
import { IpAddress } from "../../../../shared/access/policy/extensions/ip.ts";
import { CedarSet, EntityUid, isRecord, type Value } from "../../../../shared/access/policy/values.ts";

/** What the gateway hands to its own evaluator, in Cedar's JSON, so that Cedar itself can judge it. */

export function jsonOf(source: string): unknown {
  const parsed = policyToJson(source);
  if (parsed.type === "failure") throw new Error(JSON.stringify(parsed.errors));
  return parsed.json;
}

const uidOf = ({ type, id }: EntityUid) => ({ type, id });

export function uidOfKey(key: string): { type: string; id: string } {
  const [, type = "", id = ""] = /^([\w:]+)::"(.*)$/s.exec(key) ?? [];
  return { type, id };
}

function valueJson(value: Value): unknown {
  if (typeof value !== "object") return value;
  if (value instanceof EntityUid) return { __entity: uidOf(value) };
  if (value instanceof CedarSet) return value.elements.map(valueJson);
  if (isRecord(value)) return Object.fromEntries([...value].map(([name, field]) => [name, valueJson(field)]));
  if (value instanceof IpAddress) return { __extn: { fn: "ip", arg: ipText(value) } };
  if (value instanceof Datetime)
    return { __extn: { fn: "datetime", arg: new Date(Number(value.epoch)).toISOString() } };
  throw new Error(`no JSON for ${value.type}`);
}

function ipText({ version, address, prefix }: IpAddress): string {
  const [count, bits] = version === 4 ? [4, 8n] : [8, 16n];
  const parts = Array.from({ length: count }, (_, i) => {
    const part = (BigInt(address) >> (bits * BigInt(count - 1 - i))) & ((1n << bits) - 1n);
    return part.toString(version === 4 ? 10 : 16);
  });
  return `${parts.join(version === 4 ? "." : ":")}/${prefix}`;
}

/** The store as Cedar's entities: those of these keys, and every one that they name. */
export function entitiesJson(env: Environment, keys: readonly string[]): unknown[] {
  const open = [...keys];
  const done = new Map<string, Entity | undefined>();
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (done.has(key)) continue;
    const entity = env.entities.get(key);
    done.set(key, entity);
    if (entity) open.push(...entity.ancestors);
  }
  return [...done].map(([key, entity]) => ({
    uid: uidOfKey(key),
    attrs: valueJson(entity?.attributes ?? new Map()),
    parents: [...(entity?.ancestors ?? [])].map(uidOfKey),
  }));
}

/** Cedar's own answer to the gateway's request; with `schema`, Cedar also checks the request and its entities against it. */
export function askCedar(
  env: Environment,
  entities: readonly unknown[],
  policies: Readonly<Record<string, unknown>>,
  schema?: string,
): AuthorizationAnswer {
  return isAuthorized({
    principal: uidOf(env.principal),
    action: uidOf(env.action),
    resource: uidOf(env.resource),
    context: valueJson(env.context),
    entities,
    policies: { staticPolicies: policies },
    ...(schema === undefined ? {} : { schema, validateRequest: true }),
  } as unknown as Parameters<typeof isAuthorized>[0]);
}
