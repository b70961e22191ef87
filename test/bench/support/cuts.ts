import { type Attacker, signIn } from "../../support/attack.ts";
import type { System } from "../../support/harness.ts";
import { type OpenStream, openDownload, openSocket, openUpload } from "../../support/streams.ts";
import { atMost, type Goal, percentile } from "./result.ts";

export const ROUNDS = 50;
const KINDS = ["websocket", "event_stream", "download", "upload"] as const;
type Kind = (typeof KINDS)[number];

/** Somebody with a stream of each kind open. */
export interface Guest {
  readonly attacker: Attacker;
  readonly streams: Readonly<Record<Kind, OpenStream>>;
}

export async function guestOf(system: System, user = "alice"): Promise<Guest> {
  const attacker = await signIn(system, user);
  const cookie = attacker.visitor.cookieHeader(system.appOrigin);
  const host = new URL(system.appOrigin).host;
  const [websocket, event_stream, download] = await Promise.all([
    openSocket(system.port, host, cookie),
    openDownload(system.port, host, cookie, "/events"),
    openDownload(system.port, host, cookie, "/download"),
  ]);
  const upload = openUpload(system.port, host, cookie, "/upload");
  while (!system.upstream.open.has("/upload")) await new Promise((wake) => setTimeout(wake, 5));
  return { attacker, streams: { websocket, event_stream, download, upload } };
}

/** From a trigger to the end of each stream, in milliseconds. */
export async function cutBy(
  { streams }: Guest,
  trigger: () => Promise<unknown>,
): Promise<Readonly<Record<Kind, number>>> {
  const at = performance.now();
  const done = trigger();
  const cuts = await Promise.all(
    KINDS.map(async (kind) => [kind, (await streams[kind].cut).atMs - at] as const),
  );
  await done;
  return Object.fromEntries(cuts) as Record<Kind, number>;
}

/** p50, p99 and the longest of each kind of stream, with the goal of a second for each p99. */
export function cutFigures(
  name: string,
  rounds: readonly Readonly<Record<Kind, number>>[],
): { readonly metrics: Record<string, number>; readonly goals: Goal[] } {
  const metrics: Record<string, number> = {};
  const goals: Goal[] = [];
  for (const kind of KINDS) {
    const samples = rounds.map((round) => round[kind]);
    const prefix = `${name}_${kind}`;
    metrics[`${prefix}_p50_ms`] = percentile(samples, 0.5);
    metrics[`${prefix}_p99_ms`] = percentile(samples, 0.99);
    metrics[`${prefix}_max_ms`] = Math.max(...samples);
    goals.push(
      atMost(`${name.replaceAll("_", " ")} to ${kind} cut p99`, percentile(samples, 0.99), "ms", 1_000),
    );
  }
  return { metrics, goals };
}
