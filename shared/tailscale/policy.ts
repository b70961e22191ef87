import * as z from "zod";

/** The sections of a Tailscale policy file that say who may reach whom. Others are named and left out. */

const names = z.array(z.string().max(300)).max(10_000);
const lists = z.record(z.string().max(300), names);

const aclRule = z.object({
  action: z.string().max(100).default("accept"),
  src: names.optional(),
  dst: names.optional(),
  proto: z.union([z.string().max(50), z.number()]).optional(),
  /** The spelling of old files. */
  users: names.optional(),
  ports: names.optional(),
});

const grantRule = z.object({
  src: names.default([]),
  dst: names.default([]),
  ip: names.optional(),
  app: z.record(z.string().max(300), z.unknown()).optional(),
  via: names.optional(),
  srcPosture: names.optional(),
});

const testCase = z.object({
  src: z.string().max(300).optional(),
  proto: z.union([z.string().max(50), z.number()]).optional(),
  accept: names.optional(),
  allow: names.optional(),
  deny: names.optional(),
  srcPostureAttrs: z.unknown().optional(),
});

export const policySchema = z.object({
  groups: lists.default({}),
  hosts: z.record(z.string().max(300), z.string().max(300)).default({}),
  tagOwners: lists.default({}),
  ipsets: lists.default({}),
  acls: z.array(aclRule).max(10_000).default([]),
  grants: z.array(grantRule).max(10_000).default([]),
  tests: z.array(testCase).max(10_000).default([]),
  autoApprovers: z.object({ routes: lists.default({}), exitNode: names.default([]) }).default({
    routes: {},
    exitNode: [],
  }),
});

export type Policy = z.infer<typeof policySchema>;
export type AclRule = z.infer<typeof aclRule>;
export type GrantRule = z.infer<typeof grantRule>;
export type TestCase = z.infer<typeof testCase>;

/** Sections that say nothing about who may reach whom, or that nothing here corresponds to. */
export const OTHER_SECTIONS: Readonly<Record<string, string>> = {
  autoApprovers: "An administrator approves each route: `rustronaut nodes routes NAME --approve PREFIX`",
  ssh: "Rules of Tailscale SSH have no counterpart: protect SSH by a rule for tcp/22 and the keys of its server",
  sshTests: "Tests of Tailscale SSH have no counterpart",
  nodeAttrs: "Attributes of nodes are features of Tailscale's client",
  postures: "Write the conditions of a posture as criteria of a microsegment",
  defaultSrcPosture: "Write the conditions of a posture as criteria of a microsegment",
  derpMap: "Relays of Tailscale are not used",
  disableIPv4: "Every node has both families",
  randomizeClientPort: "Set the port of each agent with `up --port`",
  OneCGNATRoute: "Routes are set by the agent",
};
