import { and, asc, eq, gt } from "drizzle-orm";
import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import type { Federation } from "../../../shared/access/workload/federation.ts";
import type { FederationInput } from "../../../shared/api/credentials.ts";
import { mintToken } from "../../../shared/api/tokens.ts";
import { isId } from "../../../shared/base/ids.ts";
import { serviceTokens } from "../../../shared/registry/schema.ts";
import type { Bindings } from "../../platform/env.ts";
import { freshId } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { prepared, registryOf } from "../../registry/database.ts";
import { unchanged } from "../../registry/guards.ts";
import type { Effects, Handlers } from "../call.ts";
import { checkedFederation } from "../federation.ts";
import { missing } from "../missing.ts";
import { pageOf } from "../paging.ts";
import { holdsWords } from "../search.ts";

export type ServiceTokenRow = typeof serviceTokens.$inferSelect;

export const randomBytes = (length: number): Uint8Array<ArrayBuffer> =>
  crypto.getRandomValues(new Uint8Array(length));

const view = ({ secretHash: _, previousHash: __, ...row }: ServiceTokenRow) => ({
  ...row,
  groups: JSON.parse(row.groups) as string[],
  federation: federationIn(row),
});

/** The federation in a row, in the form of the API. */
export function federationIn({ federation }: Pick<ServiceTokenRow, "federation">) {
  if (federation === null) return null;
  const stored = JSON.parse(federation) as Federation;
  return { ...stored, claims: [...stored.claims] };
}

/** A service token by id or name. */
export async function findServiceToken(d1: D1Database, reference: string): Promise<ServiceTokenRow> {
  const key = isId("serviceToken", reference)
    ? eq(serviceTokens.id, reference)
    : eq(serviceTokens.name, reference);
  const [row] = await registryOf(d1).select().from(serviceTokens).where(key).limit(1);
  return row ?? missing(d1, "service token", reference);
}

export function refusePast(expiresAt: number | null | undefined, now: number): void {
  if (typeof expiresAt === "number" && expiresAt <= now) {
    throwRefusal("invalid_input", "expiresAt must be in the future.", {
      issues: [{ path: "/expiresAt", message: "must be in the future" }],
    });
  }
}

const effects = (action: string, row: ServiceTokenRow, detail: Effects["event"]["detail"] = {}): Effects => ({
  event: { action: `service_token.${action}`, target: row.id, detail: { name: row.name, ...detail } },
  policies: true,
  userIds: [],
  ends: [],
});

export const storeServiceToken = (d1: D1Database, row: ServiceTokenRow): D1PreparedStatement =>
  prepared(d1, registryOf(d1).update(serviceTokens).set(row).where(eq(serviceTokens.id, row.id)));

export const insertServiceToken = (d1: D1Database, row: ServiceTokenRow): D1PreparedStatement =>
  prepared(d1, registryOf(d1).insert(serviceTokens).values(row));

/** The fields that a change and a document write in the same way. */
export function changedFields(
  bindings: Bindings,
  before: ServiceTokenRow,
  input: {
    readonly groups?: readonly string[] | undefined;
    readonly enabled?: boolean | undefined;
    readonly unusedDays?: number | null | undefined;
    readonly federation?: FederationInput | null | undefined;
  },
  now: number,
) {
  const isAwoken = input.enabled === true && !before.enabled;
  return {
    groups: input.groups ? JSON.stringify(input.groups) : before.groups,
    federation:
      input.federation === undefined ? before.federation : checkedFederation(bindings, input.federation),
    enabled: input.enabled ?? before.enabled,
    unusedDays: input.unusedDays === undefined ? before.unusedDays : input.unusedDays,
    // A token that was disabled because nobody used it gets its days once more.
    lastUsedAt: isAwoken ? now : before.lastUsedAt,
  };
}

/** A new token with its secret. The secret is not stored anywhere. */
export function newServiceToken(
  bindings: Bindings,
  input: {
    readonly name: string;
    readonly groups?: readonly string[] | undefined;
    readonly enabled?: boolean | undefined;
    readonly expiresAt?: number | null | undefined;
    readonly unusedDays?: number | null | undefined;
    readonly federation?: FederationInput | null | undefined;
  },
  now: number,
): { readonly row: ServiceTokenRow; readonly secret: string } {
  const secret = mintToken("rnsvc", randomBytes);
  const row: ServiceTokenRow = {
    id: freshId("serviceToken"),
    name: input.name,
    secretHash: hashSecret(secret),
    previousHash: null,
    previousUntil: null,
    groups: JSON.stringify(input.groups ?? []),
    federation: checkedFederation(bindings, input.federation ?? null),
    enabled: input.enabled ?? true,
    expiresAt: input.expiresAt ?? null,
    unusedDays: input.unusedDays ?? null,
    lastUsedAt: null,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
  return { row, secret };
}

export const SERVICE_TOKEN_HANDLERS: Handlers<
  | "serviceTokens.list"
  | "serviceTokens.create"
  | "serviceTokens.get"
  | "serviceTokens.update"
  | "serviceTokens.rotate"
  | "serviceTokens.delete"
> = {
  "serviceTokens.list": async ({ bindings, query }) => {
    const page = await pageOf(
      query,
      (after, limit) =>
        registryOf(bindings.db)
          .select()
          .from(serviceTokens)
          .where(
            and(
              gt(serviceTokens.id, after ?? ""),
              holdsWords(query.search, serviceTokens.id, serviceTokens.name, serviceTokens.groups),
            ),
          )
          .orderBy(asc(serviceTokens.id))
          .limit(limit),
      (row) => row.id,
    );
    return { body: { ...page, items: page.items.map(view) } };
  },

  "serviceTokens.create": async ({ bindings, body, now }) => {
    refusePast(body.expiresAt, now);
    const { row, secret } = newServiceToken(bindings, body, now);
    return {
      statements: [insertServiceToken(bindings.db, row)],
      effects: effects("create", row),
      // Who proves themselves by a federation needs no secret. `rotate` makes one that is known.
      body: { serviceToken: view(row), secret: row.federation === null ? secret : null },
      version: 1,
    };
  },

  "serviceTokens.get": async ({ bindings, params }) => {
    const row = await findServiceToken(bindings.db, params.serviceToken);
    return { body: view(row), version: row.version };
  },

  "serviceTokens.update": async ({ bindings, params, body, ifMatch, now }) => {
    refusePast(body.expiresAt, now);
    const before = await findServiceToken(bindings.db, params.serviceToken);
    const after: ServiceTokenRow = {
      ...before,
      ...changedFields(bindings, before, body, now),
      name: body.name ?? before.name,
      expiresAt: body.expiresAt === undefined ? before.expiresAt : body.expiresAt,
      version: ifMatch + 1,
      updatedAt: now,
    };
    return {
      statements: [
        unchanged(bindings.db, "service_tokens", before, ifMatch),
        storeServiceToken(bindings.db, after),
      ],
      effects: effects("update", after, { fields: Object.keys(body) }),
      body: view(after),
      version: after.version,
    };
  },

  "serviceTokens.rotate": async ({ bindings, params, body, ifMatch, now }) => {
    const before = await findServiceToken(bindings.db, params.serviceToken);
    const secret = mintToken("rnsvc", randomBytes);
    const graceful = body.graceSeconds > 0;
    const after: ServiceTokenRow = {
      ...before,
      secretHash: hashSecret(secret),
      previousHash: graceful ? before.secretHash : null,
      previousUntil: graceful ? now + body.graceSeconds * 1_000 : null,
      version: ifMatch + 1,
      updatedAt: now,
    };
    return {
      statements: [
        unchanged(bindings.db, "service_tokens", before, ifMatch),
        storeServiceToken(bindings.db, after),
      ],
      effects: effects("rotate", after, { graceSeconds: body.graceSeconds }),
      body: { serviceToken: view(after), secret },
      version: after.version,
    };
  },

  "serviceTokens.delete": async ({ bindings, params, ifMatch }) => {
    const row = await findServiceToken(bindings.db, params.serviceToken);
    return {
      statements: [
        unchanged(bindings.db, "service_tokens", row, ifMatch),
        bindings.db.prepare("DELETE FROM service_tokens WHERE id = ?").bind(row.id),
      ],
      effects: effects("delete", row),
      body: null,
    };
  },
};
