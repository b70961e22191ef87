import { signIn } from "../support/attack.ts";
import { startSystem } from "../support/harness.ts";
import { openDownload, openSocket } from "../support/streams.ts";
import { atMost, type BenchResult, percentile } from "./support/result.ts";

const ROUNDS = 50;

/** From the administrator's request to the end of a WebSocket and of an event stream, and to the first refusal. */
export default async function revocation(): Promise<BenchResult> {
  const system = await startSystem();
  const host = new URL(system.appOrigin).host;
  const socketCuts: number[] = [];
  const streamCuts: number[] = [];
  const refusals: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const alice = await signIn(system);
    const cookie = alice.visitor.cookieHeader(system.appOrigin);
    const socket = await openSocket(system.port, host, cookie);
    const stream = await openDownload(system.port, host, cookie, "/events");
    const killedAt = performance.now();
    const killed = system.admin.call("sessions.killMany", {
      body: { by: "user", user: "alice@example.com" },
    });
    socketCuts.push((await socket.cut).atMs - killedAt);
    streamCuts.push((await stream.cut).atMs - killedAt);
    await killed;
    const { status } = await alice.send("/", ["Sec-Fetch-Mode: cors"]);
    if (status !== 401) throw new Error(`a killed session was answered ${status}`);
    refusals.push(performance.now() - killedAt);
  }
  await system.stop();
  const of = (name: string, samples: readonly number[]) => ({
    [`${name}_p50_ms`]: percentile(samples, 0.5),
    [`${name}_p99_ms`]: percentile(samples, 0.99),
    [`${name}_max_ms`]: Math.max(...samples),
  });
  return {
    metrics: {
      rounds: ROUNDS,
      ...of("websocket", socketCuts),
      ...of("event_stream", streamCuts),
      ...of("next_request_refused", refusals),
    },
    goals: [
      atMost("kill to WebSocket cut p99", percentile(socketCuts, 0.99), "ms", 1_000),
      atMost("kill to event stream cut p99", percentile(streamCuts, 0.99), "ms", 1_000),
    ],
  };
}
