import type { Bindings } from "../../platform/env.ts";
import { coordinatorObject } from "../../platform/objects.ts";
import { loadPrincipal } from "../../registry/principals.ts";

/** Tells the user's live sessions, and their open streams, what the registry knows about the user now. */
export async function tellSessions(bindings: Bindings, userId: string): Promise<void> {
  const principal = await loadPrincipal(bindings.db, userId);
  if (principal) await coordinatorObject(bindings).tell([principal]);
}
