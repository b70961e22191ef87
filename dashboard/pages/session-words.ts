import { COMMAND_LINE_APP_ID, HUB_APP_ID } from "../../shared/access/sessions/types.ts";
import type { Answer } from "../../shared/api/endpoints.ts";
import { call, type RowOf } from "../api.ts";
import { useBulk } from "../lib/bulk.ts";

type Ended = Answer<"sessions.kill">;

/** What a session is for, in words. */
export function appOf({ kind, appName }: RowOf<"sessions.list">): string {
  if (kind === "sign_in") return "signing in";
  if (appName === HUB_APP_ID) return "the hub";
  if (appName === COMMAND_LINE_APP_ID) return "the command line";
  return appName ?? "an app that was deleted";
}

export function endedInWords({ ended, pending }: Ended): string {
  const count = ended.length === 1 ? "1 session has ended." : `${ended.length} sessions have ended.`;
  return pending > 0 ? `${count} ${pending} places could not be reached yet and are tried again.` : count;
}

/** Ends several sessions, and says of all together what `sessions.kill` says of one. */
export function useEndMany() {
  const kill = useBulk((session: string, note) => call("sessions.kill", { note, params: { session } }));
  const data = kill.data && {
    ended: [...new Set(kill.data.flatMap(({ ended }) => ended))],
    pending: kill.data.reduce((sum, { pending }) => sum + pending, 0),
  };
  return { ...kill, data };
}
