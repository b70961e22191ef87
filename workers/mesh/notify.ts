import type { Bindings } from "../platform/env.ts";
import { logError } from "../platform/log.ts";
import { meshObject } from "../platform/objects.ts";
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
  const queue = results.map(({ id }) => id);
  let failed = 0;
  const worker = async () => {
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
      if (!(await told(bindings, id, revision))) failed++;
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
  return failed;
}

async function told(bindings: Bindings, segmentId: string, revision: number): Promise<boolean> {
  const late = new Promise<false>((resolve) => setTimeout(() => resolve(false), TIMEOUT_MS));
  const call = meshObject(bindings, segmentId)
    .refresh(revision)
    .then(
      () => true,
      (error: unknown) => {
        logError("segment_not_told", error, { segmentId });
        return false;
      },
    );
  return Promise.race([call, late]);
}
