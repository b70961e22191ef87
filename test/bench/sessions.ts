import { gradeOf } from "../../shared/access/grade/grade.ts";
import { NO_TERMS } from "../../shared/access/policy/terms.ts";
import { decide } from "../../shared/access/sessions/decide.ts";
import { applyAll, type SessionsState } from "../../shared/access/sessions/state.ts";
import type { Session } from "../../shared/access/sessions/types.ts";
import { standingOf } from "../../shared/access/standing.ts";
import { DEFAULT_APP_SETTINGS } from "../../shared/registry/app-settings.ts";
import { createSession, EMPTY_STATE, principal } from "../unit/access/sessions/fixtures.ts";
import { atLeast, atMost, type BenchResult } from "./support/result.ts";

const SESSIONS = 10_000;
const NOW = 1_800_000_000_000;
const ROUNDS = 20;

const seen = { country: "NL", asn: 64_500, agent: "Mozilla/ (X; Linux) Gecko/ Firefox/" };

/** A session with all that its requests may show, as an object stores it. */
function sessionOf(n: number): Session {
  const input = createSession({
    id: `ses_${n}`,
    secretHash: `hash-${n}`,
    principal: principal({ userId: `usr_${n}`, groups: ["staff", "engineering", "on-call"] }),
    lifetime: { idleSeconds: 3_600, absoluteSeconds: 43_200 },
  });
  let state: SessionsState = EMPTY_STATE;
  const run = (command: Parameters<typeof decide>[1], now: number) => {
    const decided = decide(state, command, now);
    if (decided.ok) state = applyAll(state, decided.value.events);
  };
  run({ type: "create", input }, NOW);
  const verify = { type: "verify", secretHash: `hash-${n}`, appId: "app_1", touch: true } as const;
  run({ ...verify, seen }, NOW);
  run({ ...verify, seen: { ...seen, country: "US", asn: 64_501, agent: "curl/" } }, NOW + 60_000);
  const session = state.live.get(`ses_${n}`)?.session;
  if (!session) throw new Error("the session is not live");
  return session;
}

/** What a session costs its object in memory and storage, and how many of them can be graded anew in a second. */
export default async function sessions(): Promise<BenchResult> {
  global.gc?.();
  const before = process.memoryUsage().heapUsed;
  const held = Array.from(
    { length: SESSIONS },
    (_, n) => JSON.parse(JSON.stringify(sessionOf(n))) as Session,
  );
  global.gc?.();
  const bytes = (process.memoryUsage().heapUsed - before) / SESSIONS;
  const stored = JSON.stringify(held[0]).length;
  let graded = 0;
  const startedAt = performance.now();
  for (let round = 0; round < ROUNDS; round++) {
    for (const session of held) {
      const { grade } = gradeOf(
        DEFAULT_APP_SETTINGS,
        standingOf(session, 0),
        NO_TERMS,
        NOW + 61_000 + round * 1_000,
      );
      if (grade !== "allow") graded++;
    }
  }
  const rate = (SESSIONS * ROUNDS) / ((performance.now() - startedAt) / 1_000);
  if (graded !== SESSIONS * ROUNDS) throw new Error("a session of raised risk was graded as if it had none");
  return {
    metrics: {
      sessions: SESSIONS,
      memory_each_bytes: bytes,
      stored_each_bytes: stored,
      grades_per_second: rate,
    },
    goals: [
      atMost("stored bytes of one session", stored, "bytes", 2_000),
      atLeast("grades in a second", rate, "grades", 50_000),
    ],
  };
}
