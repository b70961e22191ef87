import { asc } from "drizzle-orm";
import { hasSetting } from "../../../shared/access/login/provider-kinds.ts";
import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import { shownTarget } from "../../../shared/notifications/target.ts";
import { logDestinations } from "../../../shared/registry/log-schema.ts";
import type { MeshTestRow } from "../../../shared/registry/mesh-test-rows.ts";
import type { MicrosegmentRow } from "../../../shared/registry/microsegment-rows.ts";
import type { ServiceRow } from "../../../shared/registry/node-rows.ts";
import { notificationDestinations } from "../../../shared/registry/notification-schema.ts";
import {
  groups,
  identityProviders,
  policies,
  segments,
  serviceTokens,
  users,
} from "../../../shared/registry/schema.ts";
import { signalReceivers, signalTransmitters } from "../../../shared/registry/signal-schema.ts";
import type { LogDestinationRow } from "../../logs/destinations.ts";
import { type NodeRow, SELECT_NODE } from "../../mesh/node-rows.ts";
import type { DestinationRow } from "../../notifications/destinations.ts";
import { registryOf } from "../../registry/database.ts";
import { type App, allApps } from "../handlers/apps.ts";
import type { ProviderRow } from "../handlers/identity-providers.ts";
import { type RuleRow, viewRules } from "../handlers/mesh-rules.ts";
import { viewService } from "../handlers/mesh-services.ts";
import { viewTests } from "../handlers/mesh-tests.ts";
import { viewMicrosegments } from "../handlers/microsegments.ts";
import { type NetworkRow, theNetwork } from "../handlers/network.ts";
import { type PolicyRow, testsOf } from "../handlers/policies.ts";
import { viewSegment } from "../handlers/segments.ts";
import { federationIn, type ServiceTokenRow } from "../handlers/service-tokens.ts";
import type { ReceiverRow } from "../handlers/signal-receivers.ts";
import type { TransmitterRow } from "../handlers/signals.ts";
import { timeOf } from "./canonical.ts";
import { logDestinationSection } from "./logs.ts";
import { receiverSection, transmitterSection } from "./signals.ts";

/** The rows behind a document, for code that changes them. */
export interface NetworkRows {
  readonly network: NetworkRow;
  readonly segments: readonly (typeof segments.$inferSelect)[];
  readonly users: readonly (typeof users.$inferSelect)[];
  readonly groups: readonly (typeof groups.$inferSelect)[];
  readonly members: readonly { groupId: string; kind: "user" | "group"; memberId: string }[];
  readonly identityProviders: readonly ProviderRow[];
  readonly apps: readonly App[];
  readonly policies: readonly (PolicyRow & { readonly source: string; readonly tests: string })[];
  readonly serviceTokens: readonly ServiceTokenRow[];
  readonly nodes: readonly NodeRow[];
  readonly microsegments: readonly MicrosegmentRow[];
  readonly meshRules: readonly RuleRow[];
  readonly meshServices: readonly ServiceRow[];
  readonly meshTests: readonly MeshTestRow[];
  readonly notifications: readonly DestinationRow[];
  readonly signalTransmitters: readonly TransmitterRow[];
  readonly signalReceivers: readonly ReceiverRow[];
  readonly logDestinations: readonly LogDestinationRow[];
}

async function readRows(d1: D1Database): Promise<NetworkRows> {
  const db = registryOf(d1);
  const [
    network,
    segmentRows,
    userRows,
    groupRows,
    memberRows,
    providerRows,
    apps,
    policyRows,
    sources,
    tokenRows,
    nodeRows,
    microsegmentRows,
    ruleRows,
    serviceRows,
    testRows,
    destinationRows,
    transmitterRows,
    receiverRows,
    logRows,
  ] = await Promise.all([
    theNetwork(d1),
    db.select().from(segments).orderBy(asc(segments.name)),
    db.select().from(users).orderBy(asc(users.email)),
    db.select().from(groups).orderBy(asc(groups.name)),
    d1
      .prepare("SELECT group_id AS groupId, member_kind AS kind, member_id AS memberId FROM group_members")
      .all<{ groupId: string; kind: "user" | "group"; memberId: string }>(),
    db.select().from(identityProviders).orderBy(asc(identityProviders.name)),
    allApps(d1),
    db.select().from(policies).orderBy(asc(policies.name)),
    d1
      .prepare(
        `SELECT p.id, v.source, v.tests FROM policies p JOIN policy_versions v
           ON v.policy_id = p.id AND v.number = p.current_version`,
      )
      .all<{ id: string; source: string; tests: string }>(),
    db.select().from(serviceTokens).orderBy(asc(serviceTokens.name)),
    d1.prepare(`${SELECT_NODE} ORDER BY n.name`).all<NodeRow>(),
    d1.prepare("SELECT * FROM microsegments ORDER BY name").all<MicrosegmentRow>(),
    d1.prepare("SELECT * FROM mesh_rules ORDER BY name").all<RuleRow>(),
    d1.prepare("SELECT * FROM mesh_services ORDER BY name").all<ServiceRow>(),
    d1.prepare("SELECT * FROM mesh_tests ORDER BY name").all<MeshTestRow>(),
    db.select().from(notificationDestinations).orderBy(asc(notificationDestinations.name)),
    db.select().from(signalTransmitters).orderBy(asc(signalTransmitters.name)),
    db.select().from(signalReceivers).orderBy(asc(signalReceivers.name)),
    db.select().from(logDestinations).orderBy(asc(logDestinations.name)),
  ]);
  const textOf = new Map(sources.results.map(({ id, source, tests }) => [id, { source, tests }]));
  return {
    network,
    segments: segmentRows,
    users: userRows,
    groups: groupRows,
    members: memberRows.results,
    identityProviders: providerRows,
    apps: apps.sort((a, b) => (a.name < b.name ? -1 : 1)),
    policies: policyRows.map((row) => ({ ...row, ...(textOf.get(row.id) ?? { source: "", tests: "[]" }) })),
    serviceTokens: tokenRows,
    nodes: nodeRows.results,
    microsegments: microsegmentRows.results,
    meshRules: ruleRows.results,
    meshServices: serviceRows.results,
    meshTests: testRows.results,
    notifications: destinationRows,
    signalTransmitters: transmitterRows,
    signalReceivers: receiverRows,
    logDestinations: logRows,
  };
}

/** A provider, with only the settings that its kind has. */
function providerSection(row: ProviderRow) {
  const settings = {
    issuer: row.issuer,
    clientId: row.clientId,
    scopes: row.scopes,
    groupsClaim: row.groupsClaim,
    emailClaim: row.emailClaim,
    emailVerified: row.emailVerified,
    trustedAudiences: JSON.parse(row.trustedAudiences) as string[],
    allowedDomains: JSON.parse(row.allowedDomains) as string[],
    guestDays: row.guestDays,
    metadata: row.metadata,
    metadataUrl: row.metadataUrl,
    organizations: JSON.parse(row.organizations) as string[],
    offlineAccess: row.offlineAccess,
    recheckMinutes: row.recheckMinutes,
    recheckGraceHours: row.recheckGraceHours,
    believesMethods: row.believesMethods,
    secondFactorAcr: JSON.parse(row.secondFactorAcr) as string[],
    enabled: row.enabled,
  };
  const own = Object.entries(settings).filter(([name]) => hasSetting(row.kind, name));
  return { name: row.name, kind: row.kind, ...(Object.fromEntries(own) as Partial<typeof settings>) };
}

/** The network as a complete document, its rows, and a version that changes with any part of the document. */
export async function readDocument(d1: D1Database) {
  const rows = await readRows(d1);
  const emailOf = new Map(rows.users.map((row) => [row.id, row.email]));
  const groupOf = new Map(rows.groups.map((row) => [row.id, row.name]));
  const membersOf = (groupId: string, kind: "user" | "group", names: ReadonlyMap<string, string>) =>
    rows.members
      .filter((member) => member.groupId === groupId && member.kind === kind)
      .map((member) => names.get(member.memberId) ?? "")
      .sort();
  const {
    id: _id,
    version: _version,
    createdAt: _createdAt,
    updatedAt: _updatedAt,
    ...network
  } = rows.network;
  const rules = await viewRules(d1, rows.meshRules);
  const tests = await viewTests(d1, rows.meshTests);
  const microsegments = await viewMicrosegments(d1, rows.microsegments);
  const document = {
    version: 1 as const,
    network: {
      ...network,
      firstPasskeyNetworks: JSON.parse(network.firstPasskeyNetworks) as string[],
    },
    segments: rows.segments.map(viewSegment).map(({ name, description, deviceChecks }) => ({
      name,
      description,
      deviceChecks,
    })),
    users: rows.users.map((row) => ({
      email: row.email,
      name: row.name,
      status: row.status,
      role: row.role,
      expiresAt: row.expiresAt,
    })),
    // Who is in a provider's group is not said here.
    groups: rows.groups
      .filter(({ providerId }) => providerId === null)
      .map((row) => ({
        name: row.name,
        description: row.description,
        users: membersOf(row.id, "user", emailOf),
        groups: membersOf(row.id, "group", groupOf),
      })),
    identityProviders: rows.identityProviders.map(providerSection),
    serviceTokens: rows.serviceTokens.map((row) => ({
      name: row.name,
      groups: JSON.parse(row.groups) as string[],
      federation: federationIn(row),
      enabled: row.enabled,
      expiresAt: timeOf(row.expiresAt),
      unusedDays: row.unusedDays,
    })),
    apps: rows.apps.map((app) => ({
      name: app.name,
      audience: app.id,
      title: app.title,
      host: app.host,
      otherHosts: app.otherHosts,
      segment: app.segment,
      tags: app.tags,
      enabled: app.enabled,
      upstreams: app.upstreams,
      through: app.through,
      settings: app.settings,
    })),
    policies: rows.policies.map((row) => ({
      name: row.name,
      source: row.source,
      enabled: row.enabled,
      shadow: row.shadow,
      ...(row.tests === "[]" ? {} : { tests: testsOf(row) }),
    })),
    nodes: rows.nodes.map((row) => ({
      name: row.name,
      segment: row.segment,
      tags: JSON.parse(row.tags) as string[],
      user: row.user,
      approvedRoutes: (JSON.parse(row.approved_routes) as string[]).sort(),
      relay: row.relay,
      expiresAt: timeOf(row.expires_at),
      facts: JSON.parse(row.facts) as Record<string, string>,
    })),
    microsegments: microsegments.map(
      ({
        id: _id,
        version: _version,
        createdAt: _createdAt,
        updatedAt: _updatedAt,
        notes: _notes,
        ...item
      }) => item,
    ),
    meshRules: rules.map(
      ({
        id: _id,
        version: _version,
        createdAt: _createdAt,
        updatedAt: _updatedAt,
        notBefore,
        notAfter,
        ...rule
      }) => ({
        ...rule,
        notBefore: timeOf(notBefore),
        notAfter: timeOf(notAfter),
      }),
    ),
    meshServices: rows.meshServices.map(viewService).map(({ name, description, traffic }) => ({
      name,
      description,
      traffic,
    })),
    meshTests: tests.map(({ name, from, accept, deny }) => ({ name, from, accept, deny })),
    notifications: rows.notifications.map(({ name, kind, target, events, enabled }) => ({
      name,
      kind,
      target: shownTarget(target),
      events: JSON.parse(events) as string[],
      enabled,
    })),
    signalTransmitters: rows.signalTransmitters.map((row) => transmitterSection(row, rows.identityProviders)),
    signalReceivers: rows.signalReceivers.map(receiverSection),
    logDestinations: rows.logDestinations.map(logDestinationSection),
  };
  return { rows, document, baseVersion: hashSecret(JSON.stringify(document)) };
}
