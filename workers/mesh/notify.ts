import type { Bindings } from "../platform/env.ts";
import { coordinatorObject } from "../platform/objects.ts";
import { meshState } from "./state.ts";

/**
 * Tells the newest revision to every segment that has nodes, and to every segment that had a removed node whose address
 * is not free yet. Resolves when the coordinator has tried to tell them all. Rejects when the coordinator did not take
 * the order.
 *
 * @returns How many segments could not be told yet. The coordinator tries again. These segments also learn the
 *   revision by themselves while their nodes poll.
 */
export async function refreshMesh(bindings: Bindings): Promise<number> {
  const { revision } = await meshState(bindings.db);
  if (revision === 0) return 0;
  const { results } = await bindings.db
    .prepare("SELECT segment_id AS id FROM nodes UNION SELECT segment_id FROM address_holds WHERE until > ?")
    .bind(Date.now())
    .all<{ id: string }>();
  const segments = results.map(({ id }) => id);
  return (await coordinatorObject(bindings).tellMesh(revision, segments)).pending.length;
}
