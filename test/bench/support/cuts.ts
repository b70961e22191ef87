import { type Attacker, signIn } from "../../support/attack.ts";
import type { System } from "../../support/harness.ts";
import { type OpenStream, openDownload, openSocket, openUpload } from "../../support/streams.ts";
import type { Visitor } from "../../support/visitor.ts";
import { atMost, type Goal, percentile } from "./result.ts";

export const ROUNDS = Number(process.env.RUSTRONAUT_ROUNDS ?? 50);
const KINDS = ["websocket", "event_stream", "download", "upload"] as const;
type Kind = (typeof KINDS)[number];
/** For each kind of stream, how many milliseconds after the trigger it ended. */
export type Round = Readonly<Record<Kind, number>>;

/** Somebody with a stream of each kind open. */
export interface Guest {
  readonly visitor: Visitor;
  readonly streams: Readonly<Record<Kind, OpenStream>>;
}

/** Signs somebody in to an app, and opens the streams. */
export async function guestOf(system: System, user = "alice", origin = system.appOrigin): Promise<Guest> {
  const { visitor }: Attacker = await signIn(system, user, origin);
  return guestWith(system, visitor, origin);
}

/** Opens the streams for somebody who is signed in to the app. */
export async function guestWith(system: System, visitor: Visitor, origin: string): Promise<Guest> {
  const cookie = visitor.cookieHeader(origin);
  const host = new URL(origin).host;
  const [websocket, event_stream, download] = await Promise.all([
    openSocket(system.port, host, cookie),
    openDownload(system.port, host, cookie, "/events"),
    openDownload(system.port, host, cookie, "/download"),
  ]);
  const upload = openUpload(system.port, host, cookie, "/upload");
  while (!system.upstream.open.has("/upload")) await new Promise((wake) => setTimeout(wake, 5));
  return { visitor, streams: { websocket, event_stream, download, upload } };
}

/** From a trigger to the end of each stream, in milliseconds. */
export async function cutBy({ streams }: Guest, trigger: () => Promise<unknown>): Promise<Round> {
  const at = performance.now();
  const done = trigger();
  const cuts = await Promise.all(
    KINDS.map(async (kind) => [kind, (await streams[kind].cut).atMs - at] as const),
  );
  await done;
  return Object.fromEntries(cuts) as Record<Kind, number>;
}

/** The kinds as the records of holds name them. */
const RECORDED = {
  websocket: "websocket",
  events: "event_stream",
  download: "download",
  upload: "upload",
} as const;

/** From a trigger to the moment from which nothing passes any more, as the gateway records it. */
export async function heldBy(
  { admin }: System,
  { streams }: Guest,
  trigger: () => Promise<unknown>,
): Promise<Round> {
  const since = Date.now();
  await trigger();
  const held: Record<string, number> = {};
  while (Object.keys(held).length < KINDS.length) {
    const { data } = await admin.call("audit.list", { query: { reason: "session.held", since } });
    for (const { entry } of data.items) {
      const { stream, heldAt } = (entry.detail ?? {}) as { stream?: keyof typeof RECORDED; heldAt?: number };
      if (stream && heldAt) held[RECORDED[stream]] = heldAt - since;
    }
  }
  for (const kind of KINDS) streams[kind].close();
  return held as Record<Kind, number>;
}

/** p50, p99 and the longest of each kind of stream, with the goal of a second for each p99. */
export function cutFigures(
  name: string,
  rounds: readonly Round[],
): { readonly metrics: Record<string, number>; readonly goals: Goal[] } {
  const metrics: Record<string, number> = {};
  const goals: Goal[] = [];
  for (const kind of KINDS) {
    const samples = rounds.map((round) => round[kind]);
    const prefix = `${name}_${kind}`;
    metrics[`${prefix}_p50_ms`] = percentile(samples, 0.5);
    metrics[`${prefix}_p99_ms`] = percentile(samples, 0.99);
    metrics[`${prefix}_max_ms`] = Math.max(...samples);
    goals.push(atMost(`${name.replaceAll("_", " ")} to ${kind} p99`, percentile(samples, 0.99), "ms", 1_000));
  }
  return { metrics, goals };
}
