import { startAgentApi } from "../e2e/mesh-api/setup.ts";
import { type BenchResult, median, percentile } from "./support/result.ts";

const NODES = 200;
const AT_ONCE = 8;

/** Machines that enrol and shake hands, several at a time, each with keys of its own made beforehand. */
export default async function enroll(): Promise<BenchResult> {
  const api = await startAgentApi();
  const { secret } = await api.key({ maxUses: NODES });
  const nodes = await Promise.all(Array.from({ length: NODES }, () => api.hub.newNode()));
  const enrolled: number[] = [];
  const shaken: number[] = [];
  const queue = [...nodes];
  const timed = async (samples: number[], work: () => Promise<unknown>) => {
    const began = performance.now();
    await work();
    samples.push(performance.now() - began);
  };
  const began = performance.now();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let node = queue.pop(); node; node = queue.pop()) {
        const next = node;
        await timed(enrolled, () => next.enrol(secret));
        await timed(shaken, () => next.shakeHands());
      }
    }),
  );
  const seconds = (performance.now() - began) / 1_000;
  await api.stop();
  return {
    metrics: {
      nodes_per_s: NODES / seconds,
      enroll_p50_ms: median(enrolled),
      enroll_p99_ms: percentile(enrolled, 0.99),
      handshake_p50_ms: median(shaken),
      handshake_p99_ms: percentile(shaken, 0.99),
    },
    goals: [],
  };
}
