import { deviceFactsOf } from "../../shared/access/device/device.ts";
import type { Grade } from "../../shared/access/grade/access.ts";
import { gradeOf, riskOf } from "../../shared/access/grade/grade.ts";
import { accessInWords } from "../../shared/access/grade/words.ts";
import type { DeviceFacts } from "../../shared/access/policy/request.ts";
import { NO_TERMS } from "../../shared/access/policy/terms.ts";
import { fallsTo } from "../../shared/access/risk/score.ts";
import type { Session } from "../../shared/access/sessions/types.ts";
import { standingOf } from "../../shared/access/standing.ts";
import { settleAll } from "../../shared/base/async/pool.ts";
import { within } from "../../shared/base/async/within.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../platform/env.ts";
import { sessionsObject } from "../platform/objects.ts";
import { timer } from "../platform/timer.ts";
import { freshSnapshot } from "../registry/snapshot.ts";

/** How many objects are asked at the same time. */
const WIDTH = 16;
/** A list must not wait for longer than this (milliseconds) for an object that hangs. */
const PATIENCE_MS = 2_000;

interface Located {
  readonly id: string;
  readonly owner: string;
  readonly endedAt: number | null;
}

/** How a live session stands now, by the app's settings. What permits ask for besides depends on the request. */
export interface LiveStanding {
  readonly risk: number;
  /** Null for sign-ins and for what is built in: only the sessions of apps are graded. */
  readonly grade: Grade | null;
  readonly reasons: string[];
  readonly restoredAt: number | null;
  /** What policies know of the device that the browser proved. */
  readonly device: DeviceFacts | null;
}

/** How the live ones of these sessions stand, by their ids. Sessions that can't be asked are missing. */
export async function standingsOf(
  bindings: Bindings,
  rows: readonly Located[],
  now: number,
): Promise<Map<string, LiveStanding>> {
  const byOwner = Map.groupBy(
    rows.filter(({ endedAt }) => endedAt === null),
    ({ owner }) => owner,
  );
  const standings = new Map<string, LiveStanding>();
  if (byOwner.size === 0) return standings;
  const { apps } = await freshSnapshot(bindings);
  await settleAll([...byOwner], WIDTH, async ([owner, own]) => {
    const asked = sessionsObject(bindings, owner).find(own.map(({ id }) => id));
    const found = await within(timer, PATIENCE_MS, asked).catch(() => []);
    for (const session of found) standings.set(session.id, standing(session, apps, now));
  });
  return standings;
}

function standing(session: Session, apps: readonly SnapshotApp[], now: number): LiveStanding {
  const settings = apps.find(({ id }) => id === session.appId)?.settings;
  const known = standingOf(session, 0);
  const device = deviceFactsOf(session.device, session.principal.userId, now);
  if (!settings) return { risk: riskOf(known, now), grade: null, reasons: [], restoredAt: null, device };
  const access = { ...gradeOf(settings, known, NO_TERMS, now), grantedPermissions: [] };
  const limit = Math.min(settings.watchRisk, settings.readOnlyRisk, settings.pauseRisk);
  return {
    device,
    risk: access.riskScore,
    grade: access.grade,
    reasons: accessInWords(access),
    restoredAt:
      access.grade === "allow" || access.grade === "cut" ? null : fallsTo(known.signals, limit, now),
  };
}
