import type { PlanStep } from "../../../shared/api/document.ts";
import type { EventEntry } from "../../../shared/audit/types.ts";
import { freshId } from "../../platform/random.ts";
import type { Author } from "../call.ts";
import type { NetworkRows } from "./read.ts";

/** The API's name for a change of this kind. */
const SUBJECTS: Record<PlanStep["kind"], string> = {
  network: "network",
  segment: "segment",
  user: "user",
  group: "group",
  identityProvider: "identity_provider",
  serviceToken: "service_token",
  app: "app",
  policy: "policy",
  node: "node",
  microsegment: "microsegment",
  meshRule: "mesh_rule",
  meshTest: "mesh_test",
  meshService: "mesh_service",
  notificationDestination: "notification_destination",
  signalTransmitter: "signal_transmitter",
  signalReceiver: "signal_receiver",
  logDestination: "log_destination",
};

const ROWS = {
  segment: "segments",
  group: "groups",
  identityProvider: "identityProviders",
  serviceToken: "serviceTokens",
  app: "apps",
  policy: "policies",
  node: "nodes",
  microsegment: "microsegments",
  meshRule: "meshRules",
  meshTest: "meshTests",
  meshService: "meshServices",
  notificationDestination: "notifications",
  signalTransmitter: "signalTransmitters",
  signalReceiver: "signalReceivers",
  logDestination: "logDestinations",
} as const satisfies Partial<Record<PlanStep["kind"], keyof NetworkRows>>;

/**
 * The audit entry of one step, as if the step were a call of its own. A new thing has no id yet, so the entry
 * uses its name.
 */
export function eventOf(step: PlanStep, rows: NetworkRows, by: Author, now: number): EventEntry {
  const { action, kind, name, changes } = step;
  const isNewText =
    kind === "policy" && action === "update" && changes.some(({ field }) => field === "source");
  return {
    kind: "admin",
    id: freshId("audit"),
    at: now,
    ...by,
    action: `${SUBJECTS[kind]}.${isNewText ? "publish" : action}`,
    target: targetOf(kind, name, rows),
    detail: { name, fields: changes.map(({ field }) => field), by: "network.apply" },
  };
}

function targetOf(kind: PlanStep["kind"], name: string, rows: NetworkRows): string {
  if (kind === "network") return "network";
  if (kind === "user") return rows.users.find(({ email }) => email === name)?.id ?? name;
  return rows[ROWS[kind]].find((row) => row.name === name)?.id ?? name;
}
