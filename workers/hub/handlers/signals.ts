import { and, asc, eq, gt, sql } from "drizzle-orm";
import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import type { ChosenEffects } from "../../../shared/access/signals/events.ts";
import { SIGNALS } from "../../../shared/access/signals/paths.ts";
import type { QuarantineReason } from "../../../shared/access/signals/quarantine.ts";
import { sourceName } from "../../../shared/access/signals/risk.ts";
import type { Answer } from "../../../shared/api/endpoints.ts";
import { mintToken } from "../../../shared/api/tokens.ts";
import { isId } from "../../../shared/base/ids.ts";
import { identityProviders } from "../../../shared/registry/schema.ts";
import { signalTransmitters } from "../../../shared/registry/signal-schema.ts";
import type { Bindings } from "../../platform/env.ts";
import { freshId, randomBytes } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { prepared, registryOf } from "../../registry/database.ts";
import { unchanged } from "../../registry/guards.ts";
import type { Call, Effects, Handlers } from "../call.ts";
import { missing } from "../missing.ts";
import { numberIn, pageOf } from "../paging.ts";
import { holdsWords, selected, wordsHeld } from "../search.ts";
import { checkFetched } from "../upstreams.ts";
import { findProvider } from "./identity-providers.ts";
import { findUser } from "./users.ts";

export type TransmitterRow = typeof signalTransmitters.$inferSelect;

interface Shown extends TransmitterRow {
  readonly provider: string;
  readonly lastEventAt: number | null;
}

const endpointOf = ({ authOrigin }: Bindings, id: string): string => `${authOrigin}${SIGNALS}${id}`;

const view = (bindings: Bindings, { tokenHash, providerId: _, effects, quarantines, ...row }: Shown) => ({
  ...row,
  quarantines: JSON.parse(quarantines) as QuarantineReason[],
  bearer: tokenHash !== null,
  effects: JSON.parse(effects) as ChosenEffects,
  endpoint: endpointOf(bindings, row.id),
});

const SHOWN = {
  row: signalTransmitters,
  provider: identityProviders.name,
  lastEventAt: sql<
    number | null
  >`(SELECT max(received_at) FROM signal_events WHERE transmitter_id = ${signalTransmitters.id})`,
};

const shownOf = (d1: D1Database) =>
  registryOf(d1)
    .select(SHOWN)
    .from(signalTransmitters)
    .innerJoin(identityProviders, eq(identityProviders.id, signalTransmitters.providerId));

const flat = ({ row, ...more }: { row: TransmitterRow; provider: string; lastEventAt: number | null }) => ({
  ...row,
  ...more,
});

/** A transmitter by id or name. */
export async function findTransmitter(d1: D1Database, reference: string): Promise<Shown> {
  const key = isId("signalTransmitter", reference)
    ? eq(signalTransmitters.id, reference)
    : eq(signalTransmitters.name, reference);
  const [found] = await shownOf(d1).where(key).limit(1);
  return found ? flat(found) : missing(d1, "signal transmitter", reference);
}

const effects = (action: string, row: TransmitterRow, detail: Effects["event"]["detail"] = {}): Effects => ({
  event: {
    action: `signal_transmitter.${action}`,
    target: row.id,
    detail: { name: row.name, issuer: row.issuer, ...detail },
  },
  policies: false,
  userIds: [],
  ends: [],
});

interface TransmitterInput {
  readonly name?: string | undefined;
  readonly issuer?: string | undefined;
  readonly jwksUri?: string | null | undefined;
  readonly audience?: string | undefined;
  readonly effects?: ChosenEffects | undefined;
  readonly quarantines?: readonly QuarantineReason[] | undefined;
  readonly ratesOwners?: boolean | undefined;
  readonly enabled?: boolean | undefined;
}

/**
 * A transmitter can sign out everybody of its provider, owners too, again and again. So whose signature counts, and what it
 * does, an owner decides, as with identity providers. To take such power away is an administrator's, too.
 */
function mayChange(
  { role }: Call["caller"],
  { enabled: isOn }: Pick<TransmitterRow, "enabled">,
  { name: _, enabled, ...others }: TransmitterInput,
): void {
  const gives = (enabled === true && !isOn) || Object.values(others).some((value) => value !== undefined);
  if (role !== "owner" && gives)
    throwRefusal(
      "forbidden",
      "Only an owner may say whose signals count, and what they do. You may rename, switch off or delete a transmitter.",
    );
}

/** The changed row. Refuses addresses from which no keys may be fetched. */
export function changeTransmitter(
  { bindings, now }: Pick<Call, "bindings" | "now">,
  before: TransmitterRow,
  input: TransmitterInput,
): TransmitterRow {
  if (input.issuer !== undefined) checkFetched(bindings, "The issuer", input.issuer);
  if (typeof input.jwksUri === "string") checkFetched(bindings, "The address of the keys", input.jwksUri);
  return {
    ...before,
    name: input.name ?? before.name,
    issuer: input.issuer ?? before.issuer,
    jwksUri: input.jwksUri === undefined ? before.jwksUri : input.jwksUri,
    audience: input.audience ?? before.audience,
    effects: input.effects ? JSON.stringify(input.effects) : before.effects,
    quarantines: input.quarantines
      ? JSON.stringify([...new Set(input.quarantines)].sort())
      : before.quarantines,
    ratesOwners: input.ratesOwners ?? before.ratesOwners,
    enabled: input.enabled ?? before.enabled,
    version: before.version + 1,
    updatedAt: now,
  };
}

/** A new row, with the bearer token unless the signature alone is to be the proof. */
export function newTransmitter(
  call: Pick<Call, "bindings" | "now">,
  providerId: string,
  input: TransmitterInput & {
    readonly name: string;
    readonly issuer: string;
    readonly kind?: "ssf" | "risc" | undefined;
    readonly bearer?: boolean | undefined;
  },
): { readonly row: TransmitterRow; readonly token: string | null } {
  const id = freshId("signalTransmitter");
  const token = input.bearer === false ? null : mintToken("rnsig", randomBytes);
  const blank: TransmitterRow = {
    id,
    name: input.name,
    kind: input.kind ?? "ssf",
    issuer: input.issuer,
    jwksUri: null,
    audience: endpointOf(call.bindings, id),
    providerId,
    tokenHash: token && hashSecret(token),
    effects: "{}",
    quarantines: "[]",
    ratesOwners: false,
    enabled: true,
    verifiedAt: null,
    verifiedState: null,
    streamStatus: null,
    version: 0,
    createdAt: call.now,
    updatedAt: call.now,
  };
  return { row: changeTransmitter(call, blank, input), token };
}

export const insertTransmitter = (d1: D1Database, row: TransmitterRow): D1PreparedStatement =>
  prepared(d1, registryOf(d1).insert(signalTransmitters).values(row));

/** What it said of people's risk follows it to its new name. */
export const storeTransmitter = (
  d1: D1Database,
  before: TransmitterRow,
  { verifiedAt: _, verifiedState: __, streamStatus: ___, ...row }: TransmitterRow,
): D1PreparedStatement[] => [
  prepared(d1, registryOf(d1).update(signalTransmitters).set(row).where(eq(signalTransmitters.id, row.id))),
  ...(before.name === row.name
    ? []
    : [
        d1
          .prepare("UPDATE user_risks SET source = ? WHERE source = ?")
          .bind(sourceName(row.name), sourceName(before.name)),
      ]),
];

export const removeTransmitter = (d1: D1Database, id: string): D1PreparedStatement =>
  d1.prepare("DELETE FROM signal_transmitters WHERE id = ?").bind(id);

type Received = Answer<"signals.list">["items"][number];

const stored = ({ provider: _, lastEventAt: __, ...row }: Shown): TransmitterRow => row;

export const SIGNAL_HANDLERS: Handlers<
  | "transmitters.list"
  | "transmitters.create"
  | "transmitters.get"
  | "transmitters.update"
  | "transmitters.rotate"
  | "transmitters.delete"
  | "signals.list"
> = {
  "transmitters.list": async ({ bindings, query }) => {
    const page = await pageOf(
      query,
      async (after, limit) => {
        const rows = await shownOf(bindings.db)
          .where(
            and(
              gt(signalTransmitters.id, after ?? ""),
              holdsWords(
                query.search,
                signalTransmitters.id,
                signalTransmitters.name,
                signalTransmitters.issuer,
              ),
            ),
          )
          .orderBy(asc(signalTransmitters.id))
          .limit(limit);
        return rows.map(flat);
      },
      (row) => row.id,
    );
    return { body: { ...page, items: page.items.map((row) => view(bindings, row)) } };
  },

  "transmitters.create": async (call) => {
    const { bindings, body } = call;
    const provider = await findProvider(bindings.db, body.provider);
    const { row, token } = newTransmitter(call, provider.id, body);
    const shown = { ...row, provider: provider.name, lastEventAt: null };
    return {
      statements: [insertTransmitter(bindings.db, row)],
      effects: effects("create", row, { provider: provider.name }),
      body: { transmitter: view(bindings, shown), token },
      version: row.version,
    };
  },

  "transmitters.get": async ({ bindings, params }) => {
    const row = await findTransmitter(bindings.db, params.transmitter);
    return { body: view(bindings, row), version: row.version };
  },

  "transmitters.update": async (call) => {
    const { bindings, params, body, ifMatch } = call;
    const before = await findTransmitter(bindings.db, params.transmitter);
    mayChange(call.caller, before, body);
    const after = changeTransmitter(call, stored(before), body);
    return {
      statements: [
        unchanged(bindings.db, "signal_transmitters", before, ifMatch),
        ...storeTransmitter(bindings.db, before, after),
      ],
      effects: effects("update", after, { fields: Object.keys(body) }),
      body: view(bindings, { ...before, ...after }),
      version: after.version,
    };
  },

  "transmitters.rotate": async (call) => {
    const { bindings, params, ifMatch } = call;
    const before = await findTransmitter(bindings.db, params.transmitter);
    if (before.tokenHash === null)
      throwRefusal("conflict", "This transmitter shows no bearer token: its signature is its proof.");
    const token = mintToken("rnsig", randomBytes);
    const after = { ...changeTransmitter(call, stored(before), {}), tokenHash: hashSecret(token) };
    return {
      statements: [
        unchanged(bindings.db, "signal_transmitters", before, ifMatch),
        ...storeTransmitter(bindings.db, before, after),
      ],
      effects: effects("rotate", after),
      body: { transmitter: view(bindings, { ...before, ...after }), token },
      version: after.version,
    };
  },

  "transmitters.delete": async ({ bindings, params, ifMatch }) => {
    const row = await findTransmitter(bindings.db, params.transmitter);
    return {
      statements: [
        unchanged(bindings.db, "signal_transmitters", row, ifMatch),
        removeTransmitter(bindings.db, row.id),
      ],
      effects: effects("delete", row),
      body: null,
    };
  },

  "signals.list": async ({ bindings, query }) => {
    const { db } = bindings;
    const of = query.transmitter === undefined ? null : await findTransmitter(db, query.transmitter);
    const user = query.user === undefined ? null : await findUser(db, query.user);
    const page = await pageOf(
      query,
      async (after, limit) => {
        const { results } = await selected(
          db,
          `SELECT e.id, t.name AS transmitter, e.event, e.subject, nullif(e.user_id, '') AS userId, u.email,
             e.event_at AS eventAt, e.received_at AS receivedAt, e.outcome, e.ended, e.entry
           FROM signal_events e JOIN signal_transmitters t ON t.id = e.transmitter_id
           LEFT JOIN users u ON u.id = e.user_id`,
          [
            ["e.id < ?", after === null ? Number.MAX_SAFE_INTEGER : numberIn(after)],
            ...(of ? ([["e.transmitter_id = ?", of.id]] as const) : []),
            ...(user ? ([["e.user_id = ?", user.id]] as const) : []),
            ...wordsHeld(query.search, "e.event", "e.subject", "e.outcome", "t.name", "u.email"),
          ],
          ["ORDER BY e.id DESC LIMIT ?", limit],
        ).all<Received>();
        return results;
      },
      (row) => String(row.id),
    );
    return { body: page };
  },
};
