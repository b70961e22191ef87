import { type Refusal, refusal } from "../../shared/base/errors/catalogue.ts";
import { isInMaintenance, maintenanceSeconds } from "../../shared/registry/maintenance.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Caller } from "./caller.ts";

/** Why an app is closed to a caller now, whatever the policies say. Null while it is open. */
export function maintenanceRefusal(
  { settings }: SnapshotApp,
  caller: Caller | null,
  now: number,
): Refusal | null {
  if (!settings.maintenance || !isInMaintenance(settings, roleOf(caller), now)) return null;
  const detail = settings.maintenanceText || "Somebody works on it. Try again later.";
  return refusal("maintenance", detail, { retryAfterSeconds: maintenanceSeconds(settings, now) });
}

/** Whether a stream that is open must end now. */
export const endsForMaintenance = ({ settings }: SnapshotApp, caller: Caller, now: number): boolean =>
  settings.maintenance &&
  settings.maintenanceStreams === "cut" &&
  isInMaintenance(settings, roleOf(caller), now);

const roleOf = (caller: Caller | null): string | null =>
  caller?.kind === "user" ? caller.session.principal.role : null;
