import { setTimeout } from "node:timers/promises";
import { signIn } from "../support/attack.ts";
import { startSystem } from "../support/harness.ts";
import { type OpenStream, openSocket } from "../support/streams.ts";
import { atMost, type BenchResult, percentile } from "./support/result.ts";

const SESSIONS = Number(process.env.RUSTRONAUT_SESSIONS ?? 1_000);
/** Sessions that are opened at the same time. */
const WIDTH = 10;
/** One network may begin 300 sign-ins in 30 seconds. */
const BEGUN_AT_ONCE = 250;
const CAPS = { maxSessionsPerUser: SESSIONS } as const;

/**
 * From one request of an administrator to the end of an WebSocket in each of a thousand sessions of one user. `RUSTRONAUT_SESSIONS`
 * opens fewer: a thousand take minutes to open.
 */
export default async function fanOut(): Promise<BenchResult> {
  const system = await startSystem({ withoutDashboard: true });
  const { etag } = await system.admin.call("network.get");
  await system.admin.call("network.update", { body: CAPS, ifMatch: etag ?? "" });
  const { visitor } = await signIn(system);
  const host = new URL(system.appOrigin).host;
  const streams: OpenStream[] = [];
  for (let at = 0; at < SESSIONS; at += WIDTH) {
    if (at > 0 && at % BEGUN_AT_ONCE === 0) await setTimeout(31_000);
    // One sign-in opens the app anew each time that its cookie is gone.
    const cookies: string[] = [];
    for (let n = 0; n < WIDTH; n++) {
      visitor.cookies(system.appOrigin).clear();
      await visitor.visit(`${system.appOrigin}/`, "alice");
      cookies.push(visitor.cookieHeader(system.appOrigin));
    }
    streams.push(...(await Promise.all(cookies.map((cookie) => openSocket(system.port, host, cookie)))));
  }
  const startedAt = performance.now();
  const answered = system.admin
    .call("sessions.killMany", { body: { by: "user", user: "alice@example.com" } })
    .then(({ data }) => ({ ended: data.ended.length, atMs: performance.now() - startedAt }));
  const cuts = await Promise.all(streams.map(async ({ cut }) => (await cut).atMs - startedAt));
  const { ended, atMs } = await answered;
  await system.stop();
  if (ended < SESSIONS) throw new Error(`of ${SESSIONS} sessions ${ended} ended`);
  return {
    metrics: {
      sessions: SESSIONS,
      first_cut_ms: Math.min(...cuts),
      cut_p50_ms: percentile(cuts, 0.5),
      last_cut_ms: Math.max(...cuts),
      answered_ms: atMs,
    },
    goals: [atMost("the last of all streams cut", Math.max(...cuts), "ms", 3_000)],
  };
}
