import { expect, test } from "vitest";
import {
  DEFAULT_MAINTENANCE_SETTINGS,
  isInMaintenance,
  maintenanceSeconds,
} from "../../../shared/registry/maintenance.ts";

const CLOSED = { ...DEFAULT_MAINTENANCE_SETTINGS, maintenance: true };

test("maintenance ends by itself, or when it is switched off", () => {
  expect(isInMaintenance(DEFAULT_MAINTENANCE_SETTINGS, null, 1_000)).toBe(false);
  expect(isInMaintenance(CLOSED, null, 1_000)).toBe(true);
  const until = { ...CLOSED, maintenanceUntil: 5_500 };
  expect([isInMaintenance(until, null, 5_499), isInMaintenance(until, null, 5_500)]).toEqual([true, false]);
  expect([
    maintenanceSeconds(until, 1_000),
    maintenanceSeconds(until, 5_499),
    maintenanceSeconds(CLOSED, 0),
  ]).toEqual([5, 1, 300]);
});

test("owners and admins come in only where they may, auditors and people never", () => {
  const may = (role: string | null, passes: boolean) =>
    !isInMaintenance({ ...CLOSED, maintenanceAdminsPass: passes }, role, 0);
  expect(["owner", "admin", "auditor", null].map((role) => may(role, true))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(["owner", "admin", "auditor", null].map((role) => may(role, false))).toEqual([
    false,
    false,
    false,
    false,
  ]);
});
