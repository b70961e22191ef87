import * as z from "zod/mini";
import { ACTIONS } from "../access/policy/request.ts";
import { HISTORY_KINDS } from "../registry/history-kinds.ts";
import * as f from "./fields.ts";

/** What things of the registry were, who changed them, and who could reach what at a time. */

const fieldChange = z.object({ field: z.string(), before: z.unknown(), after: z.unknown() });

/** One thing that a change concerned. */
const thingChanged = z.object({
  kind: z.string(),
  target: z.string(),
  /** What else tells it apart, such as a member of a group; empty where nothing does. */
  other: z.string(),
  name: z.string(),
  change: z.enum(["created", "changed", "deleted", "found"]),
  fields: z.array(fieldChange),
});

/** All that one event changed of what was asked for. */
export const historyItem = z.object({
  at: f.instant,
  /** Id of the audit log's entry, which proves it; null for what no administrator did. */
  entry: z.nullable(z.string()),
  actor: z.nullable(z.string()),
  person: z.nullable(z.string()),
  /** What they acted through, in words: a command line or an API token; null for the dashboard. */
  via: z.nullable(z.string()),
  note: z.nullable(z.string()),
  things: z.array(thingChanged),
});

export const historyPage = z.extend(f.page(historyItem), {
  /** When recording began: nothing is known of what was before. */
  began: f.instant,
  /** What the ids in the changes are called, or were. */
  names: z.record(z.string(), z.string()),
});

const queryInstant = f.queryInteger(0, 8_640_000_000_000_000);
export const historyQuery = {
  ...f.pageQuery,
  kind: z.optional(f.said(z.enum(HISTORY_KINDS), "only of this kind")),
  name: z.optional(f.said(f.reference, "only of the thing with this id or name, now or earlier")),
  user: z.optional(f.said(f.reference, "only what this person changed, by address or id")),
  since: z.optional(f.said(queryInstant, "milliseconds since the Unix epoch")),
  until: z.optional(f.said(queryInstant, "milliseconds since the Unix epoch, not included")),
};

export const reachQuery = {
  ...f.pageQuery,
  at: z.optional(
    f.said(
      queryInstant,
      "the moment, in milliseconds since the Unix epoch; now unless said. The pages after the first one keep its moment",
    ),
  ),
};

const answer = z.enum(["yes", "depends", "no"]);
const outlook = z.object({
  answer,
  /** The statements that say so, and those that would say otherwise for some requests. */
  by: z.array(z.string()),
  unless: z.array(z.string()),
});
const actions = z.object(
  Object.fromEntries(ACTIONS.map((action) => [action, outlook])) as Record<
    (typeof ACTIONS)[number],
    typeof outlook
  >,
);

/** A statement's policy, in the version that held. */
const heldPolicy = z.object({ name: z.string(), id: z.string(), version: z.int() });

/** A grant that is in force at that time. */
const reachGrant = z.object({
  id: z.string(),
  until: f.instant,
  emergency: z.boolean(),
  actions: z.array(z.enum(ACTIONS)),
  paths: z.array(z.string()),
});

const reachCaller = z.object({
  kind: z.enum(["user", "serviceToken", "anyone"]),
  id: z.nullable(z.string()),
  name: z.string(),
  groups: z.array(z.string()),
  answer,
  actions,
  grants: z.array(reachGrant),
});

/**
 * What the answers about reach have in common. Their items are those within reach, or within reach under conditions.
 * Whoever is on no page could not.
 */
const reach = {
  at: f.instant,
  began: f.instant,
  /** How many items all pages have together. */
  total: z.int(),
  /** Those that the items of this page name. */
  policies: z.array(heldPolicy),
};

export const appReach = z.extend(f.page(reachCaller), {
  ...reach,
  app: z.object({
    id: z.string(),
    name: z.string(),
    enabled: z.boolean(),
    /** Who may request access, and who may let themselves in in an emergency, as `user:EMAIL` or `group:NAME`. */
    grantAskers: z.array(z.string()),
    emergencyAskers: z.array(z.string()),
  }),
});

export const userReach = z.extend(
  f.page(z.object({ id: z.string(), name: z.string(), answer, actions, grants: z.array(reachGrant) })),
  {
    ...reach,
    user: z.object({
      id: z.string(),
      email: z.string(),
      isActive: z.boolean(),
      /** Of the registry and of identity providers, without what is above them. */
      groups: z.array(z.string()),
      /** The apps to which they may request access, or let themselves in in an emergency. */
      mayRequest: z.array(z.string()),
    }),
  },
);
