import type { NetworkDocument, Plan, PlanStep } from "../../../shared/api/document.ts";
import { noCycle, ownerIsLeft, ownerOrTokenIsLeft, unchanged } from "../../registry/guards.ts";
import type { Call, Effects, Write } from "../call.ts";
import { changeApp, endsOf, newApp, removeApp, storeApp } from "../handlers/apps.ts";
import {
  blankProvider,
  changeProvider,
  consequences,
  problemsOf,
  storeProvider,
} from "../handlers/identity-providers.ts";
import { changeNetwork, storeNetwork } from "../handlers/network.ts";
import { blankPolicy, newVersion, nextNumber, storePolicy, storeVersion } from "../handlers/policies.ts";
import { refuseBulk } from "../policy-source.ts";
import { type Names, namesOf } from "./names.ts";
import { applyGroup, applySegment, applyUser } from "./people.ts";
import type { NetworkRows } from "./read.ts";

type DocumentCall = Call<"network.plan" | "network.apply">;

/** What the steps come to so far. */
export interface Building {
  readonly call: DocumentCall;
  readonly rows: NetworkRows;
  readonly names: Names;
  readonly statements: D1PreparedStatement[];
  readonly userIds: Set<string>;
  readonly ends: Effects["ends"][number][];
  readonly warnings: string[];
}

/**
 * All steps as one write: either the whole document holds afterwards or nothing changed. Refuses what can't be, such as
 * a policy that is not valid; nothing is written yet.
 */
export async function writeOfPlan(
  call: DocumentCall,
  rows: NetworkRows,
  baseVersion: string,
  steps: PlanStep[],
): Promise<Write<Plan>> {
  const building: Building = {
    call,
    rows,
    names: namesOf(rows, steps),
    statements: [],
    userIds: new Set(),
    ends: [],
    warnings: [],
  };
  refuseBulk(call, sourcesOf(call.body.document, steps));
  for (const step of steps) await applyStep(building, step);
  const d1 = call.bindings.db;
  const hadOwner = rows.users.some(({ role, status }) => role === "owner" && status === "active");
  return {
    statements: [
      ...building.statements,
      noCycle(d1, null),
      hadOwner ? ownerIsLeft(d1) : ownerOrTokenIsLeft(d1),
    ],
    effects: {
      event: {
        action: "network.apply",
        target: "network",
        detail: {
          steps: steps.length,
          first: steps.slice(0, 50).map((s) => `${s.action} ${s.kind} ${s.name}`),
        },
      },
      policies: steps.some(({ kind }) => OF_POLICIES.has(kind)),
      userIds: [...building.userIds],
      ends: building.ends,
    },
    body: { baseVersion, steps, ...(building.warnings.length > 0 ? { warnings: building.warnings } : {}) },
  };
}

/** What every isolate evaluates policies with; the rest concerns single users, or is read where it is needed. */
const OF_POLICIES: ReadonlySet<PlanStep["kind"]> = new Set(["segment", "group", "app", "policy"]);

/** The texts that the steps have compiled. */
const sourcesOf = ({ policies }: NetworkDocument, steps: readonly PlanStep[]): string[] =>
  steps
    .filter(({ kind, changes }) => kind === "policy" && changes.some(({ field }) => field === "source"))
    .map(({ name }) => find(policies, name)?.source ?? "");

function applyStep(building: Building, step: PlanStep): Promise<void> | void {
  const { document } = building.call.body;
  switch (step.kind) {
    case "network":
      return applyNetwork(building, document.network ?? {});
    case "segment":
      return applySegment(building, step, find(document.segments, step.name));
    case "user":
      return applyUser(
        building,
        step,
        document.users?.find((item) => item.email === step.name),
      );
    case "group":
      return applyGroup(building, step, find(document.groups, step.name));
    case "identityProvider":
      return applyProvider(building, step, find(document.identityProviders, step.name));
    case "app":
      return applyApp(building, step, find(document.apps, step.name));
    case "policy":
      return applyPolicy(building, step, find(document.policies, step.name));
  }
}

const find = <T extends { name: string }>(items: readonly T[] | undefined, name: string): T | undefined =>
  items?.find((item) => item.name === name);

function applyNetwork(
  { call, rows, statements }: Building,
  input: NonNullable<NetworkDocument["network"]>,
): void {
  const d1 = call.bindings.db;
  const { network } = rows;
  statements.push(unchanged(d1, "networks", network, network.version));
  statements.push(storeNetwork(d1, changeNetwork(network, input, call.now)));
}

async function applyProvider(
  building: Building,
  step: PlanStep,
  item: NonNullable<NetworkDocument["identityProviders"]>[number] | undefined,
): Promise<void> {
  const { call, rows, statements, userIds, ends } = building;
  const d1 = call.bindings.db;
  const before = rows.identityProviders.find((row) => row.name === step.name);
  if (before) statements.push(unchanged(d1, "identity_providers", before, before.version));
  const after = item
    ? await changeProvider(call.bindings, before ?? blankProvider(call.now, item.kind), item, call.now)
    : null;
  if (before) {
    const taken = await consequences(d1, before, after, call.now);
    statements.push(...taken.statements);
    for (const id of taken.userIds) userIds.add(id);
    ends.push(...taken.ends);
  }
  if (after) {
    const problems = await problemsOf(call.bindings, after);
    building.warnings.push(...problems.map((problem) => `identity provider ${after.name}: ${problem}`));
  }
  if (after) statements.push(storeProvider(d1, after, before !== undefined));
  else if (before) statements.push(d1.prepare("DELETE FROM identity_providers WHERE id = ?").bind(before.id));
}

async function applyApp(
  building: Building,
  step: PlanStep,
  item: NonNullable<NetworkDocument["apps"]>[number] | undefined,
): Promise<void> {
  const { call, rows, statements, ends, names } = building;
  const d1 = call.bindings.db;
  const before = rows.apps.find((app) => app.name === step.name);
  if (before) statements.push(unchanged(d1, "apps", before, before.version));
  if (!item) {
    if (before) statements.push(...removeApp(d1, before));
    if (before) ends.push(...endsOf(before, null));
    return;
  }
  const segmentOf = async (name: string) => ({ id: names.segment(name), name });
  const after = before
    ? await changeApp(call.bindings, before, item, call.now, segmentOf)
    : await newApp(call.bindings, item, call.now, segmentOf);
  statements.push(...storeApp(d1, after, before !== undefined, call.now));
  if (before) ends.push(...endsOf(before, after));
}

async function applyPolicy(
  { call, rows, statements }: Building,
  step: PlanStep,
  item: NonNullable<NetworkDocument["policies"]>[number] | undefined,
): Promise<void> {
  const d1 = call.bindings.db;
  const before = rows.policies.find((row) => row.name === step.name);
  if (before) statements.push(unchanged(d1, "policies", before, before.version));
  if (!item) {
    if (before) statements.push(d1.prepare("DELETE FROM policies WHERE id = ?").bind(before.id));
    return;
  }
  const isNew = before?.source !== item.source;
  const number = before ? await nextNumber(d1, before.id) : 1;
  const { source: _, ...base } = before ?? {
    ...blankPolicy(item.name, item.enabled ?? true, call.now),
    version: 0,
    source: "",
  };
  const after = {
    ...base,
    enabled: item.enabled ?? base.enabled,
    currentVersion: isNew ? number : base.currentVersion,
    version: base.version + 1,
    updatedAt: call.now,
  };
  statements.push(storePolicy(d1, after, before !== undefined));
  if (!isNew) return;
  const text = { source: item.source, note: "applied" };
  statements.push(storeVersion(d1, await newVersion(call, after, number, text)));
}
