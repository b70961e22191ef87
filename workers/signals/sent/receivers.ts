import type { SentEvent } from "../../../shared/access/signals/outgoing.ts";
import type { AliasedRowOf } from "../../../shared/registry/rows.ts";
import type { signalReceivers } from "../../../shared/registry/signal-schema.ts";

/** Whom we tell, as sending needs it. */
export type Receiver = Pick<
  AliasedRowOf<typeof signalReceivers>,
  "id" | "name" | "audience" | "subjects" | "addressSealed" | "authorizationSealed" | "status"
> & { readonly events: readonly SentEvent[] };

type Row = Omit<Receiver, "events"> & { readonly events: string };

/** The context under which what a receiver keeps secret is sealed. */
export const receiverContext = (id: string): string => `signal_receiver:${id}`;

const SELECT = `SELECT id, name, audience, subjects, address_sealed AS addressSealed,
  authorization_sealed AS authorizationSealed, status, events FROM signal_receivers WHERE enabled = 1`;

const receiverOf = (row: Row): Receiver => ({ ...row, events: JSON.parse(row.events) as SentEvent[] });

export async function enabledReceivers(db: D1Database): Promise<Receiver[]> {
  return (await db.prepare(`${SELECT} ORDER BY id LIMIT 100`).all<Row>()).results.map(receiverOf);
}

/** The receiver whose stream a token manages. */
export async function receiverOfToken(db: D1Database, tokenHash: string): Promise<Receiver | null> {
  const row = await db.prepare(`${SELECT} AND token_hash = ?`).bind(tokenHash).first<Row>();
  return row && receiverOf(row);
}
