import { settleAll } from "../../shared/base/async/pool.ts";
import { within } from "../../shared/base/async/within.ts";
import type { Bindings } from "../platform/env.ts";
import { logError } from "../platform/log.ts";
import { meshObject } from "../platform/objects.ts";
import { timer } from "../platform/timer.ts";
import { meshState } from "./state.ts";

/** Objects told at the same time: a Worker has six connections, and each object reads the registry. */
const WIDTH = 6;
/** An object that takes longer learns of the change by its own alarm. */
const TIMEOUT_MS = 10_000;

/**
 * Lets every segment that has nodes, or had some lately, learn the newest revision, before it returns.
 *
 * @returns How many could not be told: they find out by themselves within 30 s.
 */
export async function refreshMesh(bindings: Bindings): Promise<number> {
  const { revision } = await meshState(bindings.db);
  if (revision === 0) return 0;
  const { results } = await bindings.db
    .prepare("SELECT segment_id AS id FROM nodes UNION SELECT segment_id FROM address_holds WHERE until > ?")
    .bind(Date.now())
    .all<{ id: string }>();
  const told = await settleAll(results, WIDTH, ({ id }) => tell(bindings, id, revision));
  return told.filter(({ status }) => status === "rejected").length;
}

async function tell(bindings: Bindings, segmentId: string, revision: number): Promise<void> {
  try {
    await within(timer, TIMEOUT_MS, meshObject(bindings, segmentId).refresh(revision));
  } catch (error) {
    logError("segment_not_told", error, { segmentId });
    throw error;
  }
}
