import { useSyncExternalStore } from "react";
import { ApiError } from "../../shared/api/client.ts";
import { queryClient } from "../api.ts";

/** Whether something that the page shows could not be asked for anew: `away` without an answer, `busy` with a 5xx. */
function troubleNow(): "away" | "busy" | null {
  const reasons = queryClient
    .getQueryCache()
    .getAll()
    .filter((query) => query.isActive())
    .map((query) => query.state.fetchFailureReason ?? query.state.error)
    .filter((reason) => reason !== null);
  if (reasons.some((reason) => !(reason instanceof ApiError))) return "away";
  return reasons.some((reason) => reason instanceof ApiError && reason.status >= 500) ? "busy" : null;
}

const WORDS = {
  away: "The hub does not answer.",
  busy: "The hub answers that it can’t serve this now.",
} as const;

const subscribe = (listener: () => void) => queryClient.getQueryCache().subscribe(listener);

/** Says so while what is shown may be old, and nothing otherwise. */
export function HubBar() {
  const trouble = useSyncExternalStore(subscribe, troubleNow);
  return (
    <div role="status">
      {trouble && (
        <p className="notice warn">
          <strong>{WORDS[trouble]}</strong> What you see may be old, and changes can’t be made until it is
          back. It is asked again by itself. Apps stay open for who is signed in as long as their gateways
          run.
        </p>
      )}
    </div>
  );
}
