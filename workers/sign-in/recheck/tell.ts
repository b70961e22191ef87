import { refreshMesh } from "../../mesh/notify.ts";
import type { Bindings } from "../../platform/env.ts";
import { coordinatorObject } from "../../platform/objects.ts";
import { loadPrincipal } from "../../registry/principals.ts";

/**
 * Tells the user's live sessions, and their open streams, what the registry knows about the user now. Tells the segments,
 * too: the user's groups may decide about the user's nodes.
 */
export async function tellSessions(bindings: Bindings, userId: string): Promise<void> {
  const principal = await loadPrincipal(bindings.db, userId);
  if (principal) await Promise.all([coordinatorObject(bindings).tell([principal]), refreshMesh(bindings)]);
}
