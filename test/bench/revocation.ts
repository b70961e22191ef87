import { startSystem } from "../support/harness.ts";
import { cutBy, cutFigures, guestOf, ROUNDS } from "./support/cuts.ts";
import { type BenchResult, percentile } from "./support/result.ts";

/** From the administrator's request to the end of each kind of stream, and to the first refusal. */
export default async function revocation(): Promise<BenchResult> {
  const system = await startSystem();
  const rounds = [];
  const refusals: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const guest = await guestOf(system);
    const killedAt = performance.now();
    const body = { by: "user", user: "alice@example.com" } as const;
    rounds.push(await cutBy(guest, () => system.admin.call("sessions.killMany", { body })));
    const { status } = await guest.visitor.get(`${system.appOrigin}/`, { "sec-fetch-mode": "cors" });
    if (status !== 401) throw new Error(`a killed session was answered ${status}`);
    refusals.push(performance.now() - killedAt);
  }
  await system.stop();
  const { metrics, goals } = cutFigures("kill", rounds);
  return {
    metrics: {
      rounds: ROUNDS,
      ...metrics,
      next_request_refused_p50_ms: percentile(refusals, 0.5),
      next_request_refused_p99_ms: percentile(refusals, 0.99),
    },
    goals,
  };
}
