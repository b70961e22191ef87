import type { NetworkDocument, Plan, PlanStep } from "../../../shared/api/document.ts";
import { nearest } from "../../../shared/base/nearest.ts";
import { REVISION } from "../../../shared/registry/mesh-change.ts";
import type { ChangeStatement } from "../../mesh/changes.ts";
import { meshState } from "../../mesh/state.ts";
import { savedEvent } from "../../platform/saved-events.ts";
import { hostsAreDistinct } from "../../registry/app-hosts.ts";
import {
  anOwnerSignsIn,
  guard,
  noCycle,
  ownerIsLeft,
  ownerOrTokenIsLeft,
  ownerSignsIn,
  unchanged,
} from "../../registry/guards.ts";
import { microsegmentsFit } from "../../registry/mesh-limits.ts";
import type { Call, Effects, Write } from "../call.ts";
import {
  blankProvider,
  changeProvider,
  consequences,
  problemsOf,
  storeProvider,
} from "../handlers/identity-providers.ts";
import { changeNetwork, storeNetwork } from "../handlers/network.ts";
import {
  changedFields,
  insertServiceToken,
  newServiceToken,
  refusePast,
  storeServiceToken,
} from "../handlers/service-tokens.ts";
import { refuseBulk } from "../policy-source.ts";
import { type ComingNames, unknownNames } from "../unknown-names.ts";
import { applyApp } from "./apps.ts";
import { eventOf } from "./audit.ts";
import { instantOf } from "./canonical.ts";
import { comingNames, policiesNaming } from "./coming-names.ts";
import { passLockOuts } from "./lock-outs.ts";
import { applyLogDestination } from "./logs.ts";
import { applyMicrosegment, applyNode, applyRule, applyService } from "./mesh.ts";
import { applyTest, type ComingMeshParts, passMeshTests } from "./mesh-tests.ts";
import { type Names, namesOf } from "./names.ts";
import { applyDestination } from "./notifications.ts";
import { applyGroup, applySegment, applyUser } from "./people.ts";
import { applyPolicy, sentencesOf } from "./policies.ts";
import type { NetworkRows } from "./read.ts";
import { applyReceiver, applyTransmitter } from "./signals.ts";
import { type ComingPolicy, passTests } from "./tested-policies.ts";

type DocumentCall = Call<"network.plan" | "network.apply">;

/** The results of the steps so far. */
export interface Building {
  readonly call: DocumentCall;
  readonly rows: NetworkRows;
  readonly names: Names;
  readonly coming: ComingNames;
  /** The policies that the steps change. */
  readonly policies: ComingPolicy[];
  /**
   * Checks that the data is unchanged since it was read. They run before all statements, because a step may
   * change data that a later step was judged by.
   */
  readonly guards: D1PreparedStatement[];
  readonly statements: ChangeStatement[];
  readonly userIds: Set<string>;
  readonly ends: Effects["ends"][number][];
  readonly warnings: string[];
  /** What the steps change of the mesh, for its tests. */
  readonly mesh: ComingMeshParts;
}

/**
 * All steps as one write: either the whole document is applied or nothing changes. Refuses impossible
 * changes, such as an invalid policy, before anything is written.
 */
export async function writeOfPlan(
  call: DocumentCall,
  rows: NetworkRows,
  baseVersion: string,
  steps: PlanStep[],
): Promise<Write<Plan>> {
  refuseBulk(call, sourcesOf(call.body.document, steps));
  const building = await builtOf(call, rows, steps);
  const d1 = call.bindings.db;
  const concernsNodes = steps.some(({ kind }) => OF_NODES.has(kind));
  await noteLostNames(building, steps);
  const tested = await passTests(building, steps);
  const meshTested = await passMeshTests(building);
  const lockedOut = await passLockOuts(building, steps);
  const events = steps.map((step) => eventOf(step, rows, call.author, call.now));
  return {
    statements: [
      ...(concernsNodes ? await meshGuards(d1) : []),
      ...building.guards,
      ...building.statements,
      noCycle(d1, null),
      ...(steps.some(({ kind }) => OF_RULES.has(kind)) ? microsegmentsFit(d1) : []),
      ...(steps.some(({ kind }) => kind === "app") ? [hostsAreDistinct(d1)] : []),
      ...(await ownerGuards(d1, rows)),
      ...events.map((event) => savedEvent(d1, event)),
    ],
    effects: {
      event: {
        action: "network.apply",
        target: "network",
        detail: {
          steps: steps.length,
          ...tested,
          ...meshTested,
          ...lockedOut,
          first: steps.slice(0, 50).map((s) => `${s.action} ${s.kind} ${s.name}`),
        },
      },
      saved: events.map(({ id }) => id),
      policies: steps.some(({ kind }) => OF_POLICIES.has(kind)),
      userIds: [...building.userIds],
      ends: building.ends,
    },
    body: { baseVersion, steps, ...(building.warnings.length > 0 ? { warnings: building.warnings } : {}) },
  };
}

const OF_RULES: ReadonlySet<PlanStep["kind"]> = new Set(["meshRule", "meshService", "microsegment"]);

/** What the steps come to. Refuses an impossible step. */
export async function builtOf(call: DocumentCall, rows: NetworkRows, steps: PlanStep[]): Promise<Building> {
  const building: Building = {
    call,
    rows,
    names: namesOf(rows, steps),
    coming: comingNames(call.body.document, steps),
    policies: [],
    guards: [],
    statements: [],
    userIds: new Set(),
    ends: [],
    warnings: [],
    mesh: {
      rules: new Map(),
      microsegments: new Map(),
      services: new Map(),
      nodes: new Map(),
      segments: new Map(),
      tests: new Map(),
    },
  };
  noteAbsentNodes(building);
  for (const step of steps) await applyStep(building, step);
  return building;
}

/**
 * The kinds of data that every isolate uses for evaluating policies. The other kinds concern single users, or
 * are read when they are needed.
 */
const OF_POLICIES: ReadonlySet<PlanStep["kind"]> = new Set([
  "network",
  "segment",
  "group",
  "app",
  "policy",
  "serviceToken",
]);
const OF_NODES: ReadonlySet<PlanStep["kind"]> = new Set(["node", "microsegment", "meshService", "meshRule"]);

/** Checks, before the changes that nodes notice, that the mesh is unchanged since it was read. */
async function meshGuards(d1: D1Database): Promise<D1PreparedStatement[]> {
  const { revision } = await meshState(d1);
  return [guard(d1, "mesh_moved", `${REVISION} = ?`, revision)];
}

/**
 * Checks at the end that the last owner and the last person who can sign in were not removed. It checks only
 * what was true before.
 */
async function ownerGuards(d1: D1Database, { users }: NetworkRows): Promise<D1PreparedStatement[]> {
  const hadOwner = users.some(({ role, status }) => role === "owner" && status === "active");
  return [
    hadOwner ? ownerIsLeft(d1) : ownerOrTokenIsLeft(d1),
    ...((await anOwnerSignsIn(d1)) ? [ownerSignsIn(d1)] : []),
  ];
}

/** A longer list would not help anybody. */
const MOST_ABSENT = 20;

/**
 * A document can't create a node. If it names a node that has not enrolled, nothing is set for that node, and
 * a warning says so.
 */
function noteAbsentNodes({ call, rows, warnings }: Building): void {
  const known = rows.nodes.map(({ name }) => name);
  const present = new Set(known);
  const absent = (call.body.document.nodes ?? []).filter(({ name }) => !present.has(name));
  for (const { name } of absent.slice(0, MOST_ABSENT)) {
    const near = nearest(name, known);
    const meant = near ? ` Did you mean ${near}?` : "";
    warnings.push(`node ${name} has not enrolled: nothing is set for it.${meant}`);
  }
  if (absent.length > MOST_ABSENT)
    warnings.push(`${absent.length - MOST_ABSENT} more nodes have not enrolled: nothing is set for them.`);
}

/** Policies that the document doesn't change, but that use names which the document removes. */
async function noteLostNames(
  { call, coming, warnings }: Building,
  steps: readonly PlanStep[],
): Promise<void> {
  const d1 = call.bindings.db;
  const touched = new Set(steps.filter(({ kind }) => kind === "policy").map(({ name }) => name));
  for (const { name, source, statements } of await policiesNaming(d1, coming)) {
    if (!touched.has(name))
      warnings.push(...sentencesOf(name, await unknownNames(d1, source, statements, coming)));
  }
}

/** The policy texts that the steps must compile. */
const sourcesOf = ({ policies }: NetworkDocument, steps: readonly PlanStep[]): string[] =>
  steps
    .filter(
      ({ kind, changes }) =>
        kind === "policy" && changes.some(({ field }) => field === "source" || field === "tests"),
    )
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
    case "serviceToken":
      return applyServiceToken(building, step, find(document.serviceTokens, step.name));
    case "node":
      return applyNode(building, step, find(document.nodes, step.name));
    case "microsegment":
      return applyMicrosegment(building, step, find(document.microsegments, step.name));
    case "meshService":
      return applyService(building, step, find(document.meshServices, step.name));
    case "meshTest":
      return applyTest(building, step, find(document.meshTests, step.name));
    case "meshRule":
      return applyRule(building, step, find(document.meshRules, step.name));
    case "notificationDestination":
      return applyDestination(building, step, find(document.notifications, step.name));
    case "signalTransmitter":
      return applyTransmitter(building, step, find(document.signalTransmitters, step.name));
    case "signalReceiver":
      return applyReceiver(building, step, find(document.signalReceivers, step.name));
    case "logDestination":
      return applyLogDestination(building, step, find(document.logDestinations, step.name));
    case "app":
      return applyApp(building, step, find(document.apps, step.name));
    case "policy":
      return applyPolicy(building, step, find(document.policies, step.name));
  }
}

const find = <T extends { name: string }>(items: readonly T[] | undefined, name: string): T | undefined =>
  items?.find((item) => item.name === name);

function applyNetwork(
  { call, rows, guards, statements }: Building,
  input: NonNullable<NetworkDocument["network"]>,
): void {
  const d1 = call.bindings.db;
  const { network } = rows;
  guards.push(unchanged(d1, "networks", network, network.version));
  statements.push(storeNetwork(d1, changeNetwork(network, input, call.now)));
}

async function applyProvider(
  building: Building,
  step: PlanStep,
  item: NonNullable<NetworkDocument["identityProviders"]>[number] | undefined,
): Promise<void> {
  const { call, rows, names, guards, statements, userIds, ends } = building;
  const d1 = call.bindings.db;
  const before = rows.identityProviders.find((row) => row.name === step.name);
  if (before) guards.push(unchanged(d1, "identity_providers", before, before.version));
  const after = item
    ? await changeProvider(
        call.bindings,
        before ?? { ...blankProvider(call.now, item.kind), id: names.identityProvider(step.name) },
        item,
        call.now,
      )
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

function applyServiceToken(
  { call, rows, guards, statements, warnings }: Building,
  step: PlanStep,
  item: NonNullable<NetworkDocument["serviceTokens"]>[number] | undefined,
): void {
  const d1 = call.bindings.db;
  const before = rows.serviceTokens.find((row) => row.name === step.name);
  if (before) guards.push(unchanged(d1, "service_tokens", before, before.version));
  if (!item) {
    if (before) statements.push(d1.prepare("DELETE FROM service_tokens WHERE id = ?").bind(before.id));
    return;
  }
  const expiresAt = instantOf(item.expiresAt);
  if (expiresAt !== before?.expiresAt) refusePast(expiresAt, call.now);
  if (!before) {
    statements.push(
      insertServiceToken(d1, newServiceToken(call.bindings, { ...item, expiresAt }, call.now).row),
    );
    if (item.federation) return;
    const command = `rustronaut service-tokens rotate ${item.name} --grace-seconds 0`;
    warnings.push(
      `service token ${item.name} is made with a secret that nobody knows: \`${command}\` gives it one`,
    );
    return;
  }
  const after = {
    ...before,
    ...changedFields(call.bindings, before, item, call.now),
    expiresAt: expiresAt === undefined ? before.expiresAt : expiresAt,
    version: before.version + 1,
    updatedAt: call.now,
  };
  statements.push(storeServiceToken(d1, after));
}
