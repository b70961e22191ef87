import { eq } from "drizzle-orm";
import { formatPrefix, prefixOf } from "../../../shared/net/prefix.ts";
import { apiTokens, networks, users } from "../../../shared/registry/schema.ts";
import type { Bindings } from "../../platform/env.ts";
import { freshId } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { prepared, registryOf } from "../../registry/database.ts";
import { unchanged } from "../../registry/guards.ts";
import type { Handlers } from "../call.ts";
import { notFound } from "../refused.ts";
import { newApiToken, viewApiToken } from "./api-tokens.ts";

export type NetworkRow = typeof networks.$inferSelect;

/** The only network of this deployment. */
export async function theNetwork(d1: D1Database): Promise<NetworkRow> {
  const [row] = await registryOf(d1).select().from(networks).limit(1);
  return row ?? notFound("network: create it with POST /api/v1/bootstrap");
}

const view = (bindings: Bindings, { id: _, ...row }: NetworkRow) => ({
  ...row,
  firstPasskeyNetworks: JSON.parse(row.firstPasskeyNetworks) as string[],
  authOrigin: bindings.authOrigin,
  hubOrigin: bindings.hubOrigin,
});

export interface NetworkInput {
  readonly name?: string | undefined;
  readonly signInIdleSeconds?: number | undefined;
  readonly signInAbsoluteSeconds?: number | undefined;
  readonly maxSessionsPerUser?: number | undefined;
  readonly contact?: string | undefined;
  readonly listsClosedApps?: boolean | undefined;
  readonly reportsFlows?: boolean | undefined;
  readonly adaptive?: boolean | undefined;
  readonly adaptivePerDay?: number | undefined;
  readonly adaptivePercent?: number | undefined;
  readonly adaptiveDays?: number | undefined;
  readonly firstPasskey?: NetworkRow["firstPasskey"] | undefined;
  readonly firstPasskeyNetworks?: readonly string[] | undefined;
}

const canonical = (networks: readonly string[]): string[] =>
  networks.flatMap((text) => {
    const prefix = prefixOf(text);
    return prefix === null ? [] : [formatPrefix(prefix)];
  });

export const changeNetwork = (row: NetworkRow, input: NetworkInput, now: number): NetworkRow => ({
  ...row,
  firstPasskey: input.firstPasskey ?? row.firstPasskey,
  firstPasskeyNetworks: input.firstPasskeyNetworks
    ? JSON.stringify([...new Set(canonical(input.firstPasskeyNetworks))])
    : row.firstPasskeyNetworks,
  name: input.name ?? row.name,
  signInIdleSeconds: input.signInIdleSeconds ?? row.signInIdleSeconds,
  signInAbsoluteSeconds: input.signInAbsoluteSeconds ?? row.signInAbsoluteSeconds,
  maxSessionsPerUser: input.maxSessionsPerUser ?? row.maxSessionsPerUser,
  contact: input.contact ?? row.contact,
  listsClosedApps: input.listsClosedApps ?? row.listsClosedApps,
  reportsFlows: input.reportsFlows ?? row.reportsFlows,
  adaptive: input.adaptive ?? row.adaptive,
  adaptivePerDay: input.adaptivePerDay ?? row.adaptivePerDay,
  adaptivePercent: input.adaptivePercent ?? row.adaptivePercent,
  adaptiveDays: input.adaptiveDays ?? row.adaptiveDays,
  version: row.version + 1,
  updatedAt: now,
});

export const storeNetwork = (d1: D1Database, row: NetworkRow): D1PreparedStatement =>
  prepared(d1, registryOf(d1).update(networks).set(row).where(eq(networks.id, row.id)));

export const NETWORK_HANDLERS: Handlers<"network.get" | "network.update" | "me.get" | "bootstrap.create"> = {
  "network.get": async ({ bindings }) => {
    const row = await theNetwork(bindings.db);
    return { body: view(bindings, row), version: row.version };
  },

  "network.update": async ({ bindings, body, ifMatch, now }) => {
    const before = await theNetwork(bindings.db);
    const after = { ...changeNetwork(before, body, now), version: ifMatch + 1 };
    return {
      statements: [unchanged(bindings.db, "networks", before, ifMatch), storeNetwork(bindings.db, after)],
      effects: {
        event: { action: "network.update", target: "network", detail: { fields: Object.keys(body) } },
        // True because the pages of the gateways show the contact of the network.
        policies: true,
        userIds: [],
        ends: [],
      },
      body: view(bindings, after),
      version: after.version,
    };
  },

  "me.get": async ({ bindings, caller }) => {
    const { name } = await theNetwork(bindings.db);
    const { authOrigin, hubOrigin } = bindings;
    const { byCookie: _, ...me } = caller;
    return { body: { ...me, network: { name, authOrigin, hubOrigin } } };
  },

  "bootstrap.create": async ({ bindings, body, now }) => {
    const db = registryOf(bindings.db);
    const [existing] = await db.select().from(networks).limit(1);
    if (existing)
      throwRefusal("conflict", "The network exists already. Sign in, or use its owner's API token.");
    const times = { version: 1, createdAt: now, updatedAt: now };
    const owner = body.ownerEmail
      ? ({
          id: freshId("user"),
          email: body.ownerEmail,
          name: "",
          status: "active",
          role: "owner",
          homeRegion: null,
          ...times,
        } as const)
      : null;
    const { row, secret } = newApiToken(
      { name: "bootstrap", role: "owner", userId: null, expiresAt: null },
      now,
    );
    return {
      statements: [
        // The primary key is always 1. So if two calls run at the same time, one fails.
        prepared(bindings.db, db.insert(networks).values({ id: 1, name: body.name, ...times })),
        ...(owner ? [prepared(bindings.db, db.insert(users).values(owner))] : []),
        prepared(bindings.db, db.insert(apiTokens).values(row)),
      ],
      effects: {
        event: {
          action: "network.create",
          target: "network",
          detail: { name: body.name, owner: owner?.email ?? null },
        },
        policies: false,
        userIds: [],
        ends: [],
      },
      body: { apiToken: viewApiToken(row, null), secret },
      version: 1,
    };
  },
};
