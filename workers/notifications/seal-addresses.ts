import { shownTarget } from "../../shared/notifications/target.ts";
import type { Bindings } from "../platform/env.ts";
import { seal } from "../platform/secrets.ts";
import { type DestinationRow, sealContext } from "./destinations.ts";

/**
 * Seals the address of a webhook of an earlier release, which stored the whole URL for every administrator to read.
 *
 * @returns The row as it is then.
 */
export async function withSealedAddress(bindings: Bindings, row: DestinationRow): Promise<DestinationRow> {
  if (row.kind !== "webhook" || row.addressSealed !== null) return row;
  const addressSealed = await seal(bindings, row.target, sealContext(row));
  const target = shownTarget(row.target);
  await bindings.db
    .prepare(
      "UPDATE notification_destinations SET target = ?, address_sealed = ? WHERE id = ? AND target = ?",
    )
    .bind(target, addressSealed, row.id, row.target)
    .run();
  return { ...row, target, addressSealed };
}
