import { isTopic, type TopicName } from "../../shared/notifications/topics.ts";
import type { Bindings } from "../platform/env.ts";
import { logError } from "../platform/log.ts";
import { keepNotices } from "../platform/notices.ts";
import { tellApprovers } from "./approvers.ts";
import { deliverAll, destinations, eventsOf } from "./deliver.ts";
import { keepWhatHappened } from "./happened.ts";
import { LOOKS } from "./stands.ts";

/** Notices that are so old are forgotten; what stands since then is told once more. */
const KEEP_MS = 30 * 86_400_000;

/** Each minute: finds what there is to tell, keeps it, and tells each destination what it does not know. */
export async function notify(bindings: Bindings, now: number): Promise<void> {
  const rows = await destinations(bindings);
  const wanted = new Set(rows.flatMap(eventsOf));
  await attempt("happened", keepWhatHappened(bindings, wanted, now));
  await Promise.all([...wanted].filter(isTopic).map((topic) => attempt(topic, look(bindings, topic, now))));
  await Promise.all([deliverAll(bindings, rows, now), attempt("approvers", tellApprovers(bindings, now))]);
  await bindings.db
    .prepare("DELETE FROM notices WHERE kept_at < ?")
    .bind(now - KEEP_MS)
    .run();
}

async function look(bindings: Bindings, topic: TopicName, now: number): Promise<void> {
  await keepNotices(bindings, (await LOOKS[topic]?.(bindings, now)) ?? [], now);
}

/** What can't be found now is found in a later minute; it holds up nothing else. */
async function attempt(what: string, work: Promise<void>): Promise<void> {
  await work.catch((error: unknown) => logError("notices_not_found", error, { what }));
}
