import type { EventEntry } from "../../shared/audit/types.ts";
import { recordEvent } from "../platform/audit.ts";
import type { Bindings } from "../platform/env.ts";
import { freshId } from "../platform/random.ts";

/** Puts something about a sign-in or a session into the audit log; durable when it returns. */
export async function note(
  bindings: Bindings,
  kind: EventEntry["kind"],
  action: string,
  actor: string,
  target: string,
  detail: EventEntry["detail"] = {},
): Promise<void> {
  await recordEvent(bindings, {
    kind,
    id: freshId("audit"),
    at: Date.now(),
    actor,
    action,
    target,
    detail,
  });
}
