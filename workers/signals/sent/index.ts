import type { Bindings } from "../../platform/env.ts";
import { logError } from "../../platform/log.ts";
import { findSignals } from "./find.ts";
import { pushSignals } from "./push.ts";
import { enabledReceivers } from "./receivers.ts";

/** Tokens that were taken or given up are forgotten after this time. */
const KEEP_MS = 30 * 86_400_000;

/** Each minute: finds what there is to tell, keeps it, and pushes what is due. */
export async function sendSignals(bindings: Bindings, now: number): Promise<void> {
  const receivers = await enabledReceivers(bindings.db);
  await findSignals(bindings, receivers, now).catch((error: unknown) =>
    logError("signals_not_found", error, {}),
  );
  await pushSignals(bindings, receivers, now);
  await bindings.db
    .prepare("DELETE FROM signal_letters WHERE created_at < ? AND due_at IS NULL")
    .bind(now - KEEP_MS)
    .run();
}
