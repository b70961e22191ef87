import type { Bindings } from "../platform/env.ts";
import { coordinatorObject } from "../platform/objects.ts";
import { meshState } from "./state.ts";

/**
 * Lets every segment that has nodes, or had some lately, learn the newest revision, before it returns. Rejects when the
 * coordinator, which sees to that, did not take the order.
 *
 * @returns How many could not be told yet: the coordinator tries again, and they find out by themselves while nodes poll.
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
