import type { NetworkDocument, PlanStep } from "../../../shared/api/document.ts";
import { throwRefusal } from "../../platform/refused.ts";

type Item = Readonly<Record<string, unknown>>;
type Change = PlanStep["changes"][number];

/** The sections, in the order in which their things depend on each other. */
const SECTIONS = [
  ["segments", "segment"],
  ["users", "user"],
  ["groups", "group"],
  ["identityProviders", "identityProvider"],
  ["serviceTokens", "serviceToken"],
  ["apps", "app"],
  ["policies", "policy"],
  ["nodes", "node"],
  ["microsegments", "microsegment"],
  ["meshServices", "meshService"],
  ["meshRules", "meshRule"],
  ["meshTests", "meshTest"],
  ["notifications", "notificationDestination"],
  ["signalTransmitters", "signalTransmitter"],
  ["signalReceivers", "signalReceiver"],
  ["logDestinations", "logDestination"],
] as const;

/** Lists whose order has no meaning. */
const SETS = new Set([
  "users",
  "groups",
  "otherHosts",
  "tags",
  "allowedDomains",
  "allowedOrigins",
  "organizations",
  "trustedAudiences",
  "secondFactorAcr",
  "clientHeaders",
  "corsMethods",
  "corsHeaders",
  "corsExposedHeaders",
  "claims",
  "tokenHeaders",
  "approvedRoutes",
  "deviceChecks",
  "from",
  "to",
  "traffic",
  "accept",
  "deny",
  "include",
  "exclude",
  "remediation",
  "atMost",
  "events",
  "kinds",
  "firstPasskeyNetworks",
]);

/** Values that can't be compared and are never shown. A document that names one always sets it. */
const SECRETS = new Set(["clientSecret", "authorization"]);

const nameOf = (item: Item): string => String(item.email ?? item.name);

/**
 * The steps from the current network to the wanted one: first creations and updates in the order of
 * dependence, then deletions in reverse order. A member that the wanted document leaves out stays unchanged.
 * Nodes are created only by enrolling, and removed only by being revoked or deleted, so a document neither
 * creates nor prunes a node.
 */
export function planOf(current: NetworkDocument, wanted: NetworkDocument, prune: boolean): PlanStep[] {
  const steps: PlanStep[] = [];
  const settings = differences(current.network ?? {}, wanted.network ?? {});
  if (settings.length > 0)
    steps.push({ action: "update", kind: "network", name: "network", changes: settings });
  const deletions: PlanStep[] = [];
  for (const [section, kind] of SECTIONS) {
    const items = wanted[section];
    if (items === undefined) continue;
    const present = byName(current[section] ?? [], section);
    const named = byName(items, section);
    for (const [name, item] of named) {
      const before = present.get(name);
      if (!before && kind === "node") continue;
      const changes = differences(before ?? {}, item);
      if (!before)
        steps.push({ action: "create", kind, name, changes: [...changes, ...newAudience(kind, item)] });
      else if (changes.length > 0) steps.push({ action: "update", kind, name, changes });
    }
    if (!prune || kind === "node") continue;
    for (const name of present.keys()) {
      if (!named.has(name)) deletions.unshift({ action: "delete", kind, name, changes: [] });
    }
  }
  return [...steps, ...deletions];
}

/** A new app gets a new audience, which no upstream expects yet, unless the document gives an audience. */
const newAudience = (kind: PlanStep["kind"], item: Item): Change[] =>
  kind === "app" && item.audience === undefined ? [{ field: "audience", before: null, after: "(new)" }] : [];

function byName(items: readonly Item[], section: string): Map<string, Item> {
  const named = new Map<string, Item>();
  for (const item of items) {
    const name = nameOf(item);
    if (named.has(name)) throwRefusal("invalid_input", `The section ${section} names ${name} twice.`);
    named.set(name, item);
  }
  return named;
}

function differences(before: Item, after: Item, prefix = ""): Change[] {
  return Object.entries(after).flatMap(([key, value]): Change[] => {
    if (value === undefined) return [];
    const field = prefix + key;
    const old = before[key];
    if (SECRETS.has(key)) return [{ field, before: null, after: value === null ? null : "(secret)" }];
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return differences((old ?? {}) as Item, value as Item, `${field}.`);
    }
    return same(key, old, value) ? [] : [{ field, before: old ?? null, after: value }];
  });
}

function same(key: string, a: unknown, b: unknown): boolean {
  const normal = (value: unknown) =>
    JSON.stringify(Array.isArray(value) && SETS.has(key) ? [...new Set(value)].sort() : (value ?? null));
  return normal(a) === normal(b);
}
