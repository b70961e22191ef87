import type { Redeemed } from "../../shared/access/login/types.ts";
import type { Bindings } from "../platform/env.ts";
import { endSession } from "./end-sessions.ts";
import { noteEnding } from "./events.ts";

/**
 * Ends the session that a code made, because the code was shown again and someone else may hold it (RFC 9700 §4.5).
 *
 * @param app The name of the app that the session is for.
 */
export async function endReplayed(
  bindings: Bindings,
  app: string,
  attemptId: string,
  { sessionId, sessionOwner: owner }: Extract<Redeemed, { readonly reason: "replayed" }>,
): Promise<void> {
  const detail = { app, session: sessionId };
  await noteEnding(bindings, ["login", "login.code_replayed", "system", attemptId, detail], async () => {
    if (sessionId !== null && owner !== null) await endSession(bindings, owner, sessionId, "code_replayed");
    return {};
  });
}
