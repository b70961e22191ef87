import { NOT_COMPLIANT } from "../../shared/access/device/device.ts";
import type { Consequence } from "../../shared/access/signals/decide.ts";
import { sourceName } from "../../shared/access/signals/risk.ts";
import type { Bindings } from "../platform/env.ts";
import { meshObject } from "../platform/objects.ts";
import type { NamedPerson } from "./people.ts";
import type { Transmitter } from "./transmitters.ts";

/** For how long (milliseconds) a device is out of compliance by one event. No longer than by anybody else's word. */
const NOT_COMPLIANT_MS = 90 * 86_400_000;

/**
 * Notes that a device is not compliant, or takes that back. An older event than the one before changes nothing, so what
 * was taken back is kept as a fact that has expired.
 *
 * @returns Whether the device is a node, by id or name, whose owner signs in by the transmitter's provider. It must be
 *   the named person's, if one is named. That a device of an owner of the network is not compliant lasts as a risk does, so
 *   it needs the same leave.
 */
export async function stateCompliance(
  bindings: Bindings,
  { name, provider, ratesOwners }: Transmitter,
  person: NamedPerson | null,
  { device, isCompliant, at }: Extract<Consequence, { type: "device" }>,
): Promise<boolean> {
  const { db } = bindings;
  const node = await db
    .prepare(
      `SELECT n.id, n.segment_id FROM nodes n JOIN users u ON u.id = n.user_id
       WHERE (n.id = ?1 OR n.name = ?1) AND u.id = coalesce(?3, u.id) AND (?4 OR u.role IS NOT 'owner')
       AND EXISTS (SELECT 1 FROM identities i WHERE i.user_id = n.user_id AND i.provider_id = ?2)
       ORDER BY n.id = ?1 DESC LIMIT 1`,
    )
    .bind(device, provider.id, person?.userId ?? null, isCompliant || ratesOwners ? 1 : 0)
    .first<{ id: string; segment_id: string }>();
  if (!node) return false;
  await db
    .prepare(
      `INSERT INTO device_facts (node_id, source, fact, at, expires_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (node_id, source, fact) DO UPDATE SET at = excluded.at, expires_at = excluded.expires_at
       WHERE excluded.at >= device_facts.at`,
    )
    .bind(node.id, sourceName(name), NOT_COMPLIANT, at, isCompliant ? at : at + NOT_COMPLIANT_MS)
    .run();
  await meshObject(bindings, node.segment_id).deviceStated(node.id);
  return true;
}
