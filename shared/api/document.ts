import * as z from "zod/mini";
import { serviceTokenCreate } from "./credentials.ts";
import * as f from "./fields.ts";
import { logDestinationCreate } from "./logs.ts";
import { meshRuleCreate, nodeUpdate } from "./mesh.ts";
import { meshServiceCreate } from "./mesh-services.ts";
import { meshTestCreate } from "./mesh-tests.ts";
import { microsegmentCreate } from "./microsegments.ts";
import { notificationDestinationCreate } from "./notifications.ts";
import { policyCreate } from "./policies.ts";
import * as registry from "./registry.ts";
import { signalReceiverCreate, signalTransmitterCreate } from "./signals.ts";

/**
 * A whole network as one declarative document. Things are named, never numbered. A section that is left out is
 * not touched; with `prune`, what a present section does not name is deleted (nodes never are).
 */

/** A whole network of 10,000 nodes or 1,000 apps must fit. */
export const DOCUMENT_BYTES = 4 * 1024 * 1024;

/** A moment as people write it; it is stored as milliseconds. */
const moment = z.string().check(
  z.maxLength(40),
  z.refine((text) => !Number.isNaN(Date.parse(text)), "must be a time such as 2027-01-31T09:00:00Z"),
);
const time = f.said(moment, "when it ends, such as 2027-01-31T09:00:00Z; never where it is null");

const group = z.extend(registry.groupCreate, {
  users: z.optional(f.said(f.list(f.email, 5_000), "addresses of its members; complete where present")),
  groups: z.optional(f.said(f.list(f.line(254), 1_000), "names of the groups in it; complete where present")),
});

const app = z.extend(registry.appCreate, {
  audience: z.optional(
    f.said(
      f.id("app"),
      "the `aud` of its assertions; given for an app that is made anew, upstreams go on accepting them",
    ),
  ),
});

const policy = z.strictObject({
  name: policyCreate.def.shape.name,
  source: policyCreate.def.shape.source,
  enabled: policyCreate.def.shape.enabled,
  shadow: policyCreate.def.shape.shadow,
  tests: policyCreate.def.shape.tests,
});

const serviceToken = z.extend(serviceTokenCreate, { expiresAt: z.optional(z.nullable(time)) });

const node = z.extend(nodeUpdate, {
  name: f.said(f.label, "its name in the mesh; it must have enrolled"),
  user: z.optional(z.nullable(f.said(f.email, "address of its owner"))),
  expiresAt: z.optional(z.nullable(time)),
});

const SECRET = "a secret: never exported, and set each time that it is named";
const authorization = z.optional(
  f.said(z.nullable(f.line(1_000)), `the Authorization header that goes with what is sent; ${SECRET}`),
);

const signalTransmitter = z.extend(signalTransmitterCreate, {
  provider: f.said(f.name, "name of the identity provider whose people it may speak of, and of no others"),
});

const signalReceiver = z.extend(signalReceiverCreate, {
  target: f.said(
    f.line(1_000),
    "where tokens are pushed to: the origin alone, since the whole address may be a secret",
  ),
  authorization,
});

const logDestination = z.extend(z.omit(logDestinationCreate, { startAt: true }), { authorization });

const meshRule = z.extend(meshRuleCreate, {
  notBefore: z.optional(z.nullable(f.said(moment, "when it begins, such as 2027-01-31T09:00:00Z"))),
  notAfter: z.optional(z.nullable(f.said(moment, "when it ends, such as 2027-01-31T09:00:00Z"))),
});

const SECTIONS = {
  version: f.said(z.literal(1), "of the form of this document: always 1"),
  network: z.optional(f.said(registry.networkSettings, "settings of the whole network")),
  segments: z.optional(
    f.said(f.list(registry.segmentCreate, 1_000), "parts of the network that apps and nodes belong to"),
  ),
  users: z.optional(f.said(f.list(registry.userCreate, 5_000), "people")),
  groups: z.optional(f.said(f.list(group, 1_000), "groups of people, for policies")),
  identityProviders: z.optional(
    f.said(f.list(registry.identityProviderCreate, 50), "OpenID providers that people sign in with"),
  ),
  serviceTokens: z.optional(
    f.said(f.list(serviceToken, 1_000), "credentials of programs, without their secrets"),
  ),
  apps: z.optional(f.said(f.list(app, 1_000), "web apps behind the gateway")),
  policies: z.optional(f.said(f.list(policy, 1_000), "who may do what, in Cedar")),
  nodes: z.optional(f.said(f.list(node, 10_000), "what is set of machines that have enrolled")),
  microsegments: z.optional(
    f.said(f.list(microsegmentCreate, 500), "named sets of nodes, by criteria, that rules cite"),
  ),
  meshRules: z.optional(f.said(f.list(meshRule, 1_000), "which traffic may pass between nodes")),
  meshServices: z.optional(f.said(f.list(meshServiceCreate, 500), "traffic with a name, which rules cite")),
  meshTests: z.optional(
    f.said(
      f.list(meshTestCreate, 500),
      "what rules must let pass, and what they may not; run at each change",
    ),
  ),
  notifications: z.optional(
    f.said(
      f.list(notificationDestinationCreate, 100),
      "where notifications are sent, without secrets: of a URL only the origin",
    ),
  ),
  signalTransmitters: z.optional(
    f.said(f.list(signalTransmitter, 100), "who may send signals (CAEP, RISC), without their tokens"),
  ),
  signalReceivers: z.optional(
    f.said(f.list(signalReceiver, 100), "whom signals (CAEP, RISC) are sent, without their tokens"),
  ),
  logDestinations: z.optional(
    f.said(f.list(logDestination, 100), "where the audit log is sent, without the keys that sign it"),
  ),
};

export const networkDocument = z.strictObject(SECTIONS);

export const planRequest = z.strictObject({
  document: f.said(networkDocument, "the network as it is to be"),
  prune: z.optional(f.said(z.boolean(), "whether what a present section does not name is deleted")),
  despiteTests: policyCreate.def.shape.despiteTests,
});
export const applyRequest = z.extend(planRequest, {
  baseVersion: f.said(
    z.string().check(z.maxLength(64)),
    "of the plan that was looked at: another one means that the network changed since",
  ),
});

export const planStep = z.object({
  action: z.enum(["create", "update", "delete"]),
  kind: z.enum([
    "network",
    "segment",
    "user",
    "group",
    "identityProvider",
    "serviceToken",
    "app",
    "policy",
    "node",
    "microsegment",
    "meshRule",
    "meshService",
    "meshTest",
    "notificationDestination",
    "signalTransmitter",
    "signalReceiver",
    "logDestination",
  ]),
  name: z.string(),
  changes: z.array(z.object({ field: z.string(), before: z.unknown(), after: z.unknown() })),
});
export const plan = z.object({
  baseVersion: z.string(),
  steps: z.array(planStep),
  /** What will be saved and yet not work, in words. */
  warnings: z.optional(z.array(z.string())),
});
export const exported = z.object({ baseVersion: z.string(), document: networkDocument });

export type NetworkDocument = z.infer<typeof networkDocument>;
export type PlanStep = z.infer<typeof planStep>;
export type Plan = z.infer<typeof plan>;
