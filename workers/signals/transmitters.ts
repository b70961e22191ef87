import type { ChosenEffects } from "../../shared/access/signals/events.ts";
import type { QuarantineReason } from "../../shared/access/signals/quarantine.ts";
import type { RowOf } from "../../shared/registry/rows.ts";
import type { signalTransmitters } from "../../shared/registry/signal-schema.ts";

/** Who may send us signals, as far as receiving one needs it. */
export interface Transmitter {
  readonly id: string;
  readonly name: string;
  readonly kind: "ssf" | "risc";
  readonly issuer: string;
  readonly jwksUri: string | null;
  readonly audience: string;
  readonly tokenHash: string | null;
  readonly effects: ChosenEffects;
  readonly quarantines: readonly QuarantineReason[];
  readonly ratesOwners: boolean;
  readonly provider: { readonly id: string; readonly issuer: string };
}

type Row = RowOf<typeof signalTransmitters> & { readonly provider_issuer: string };

/** Null if there is none of this id, or if it is switched off. */
export async function enabledTransmitter(db: D1Database, id: string): Promise<Transmitter | null> {
  const row = await db
    .prepare(
      `SELECT t.*, p.issuer AS provider_issuer FROM signal_transmitters t
       JOIN identity_providers p ON p.id = t.provider_id WHERE t.id = ? AND t.enabled = 1`,
    )
    .bind(id)
    .first<Row>();
  if (!row) return null;
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    issuer: row.issuer,
    jwksUri: row.jwks_uri,
    audience: row.audience,
    tokenHash: row.token_hash,
    effects: JSON.parse(row.effects) as ChosenEffects,
    quarantines: JSON.parse(row.quarantines) as QuarantineReason[],
    ratesOwners: row.rates_owners === 1,
    provider: { id: row.provider_id, issuer: row.provider_issuer },
  };
}
