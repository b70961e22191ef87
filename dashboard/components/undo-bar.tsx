import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ApiError } from "../../shared/api/client.ts";
import { queryClient } from "../api.ts";
import { type Done, offerUndo, useOffer } from "../lib/undo.ts";
import { isConflict } from "./states.tsx";

/** How long an offer stands while nobody points at it or is in it, in milliseconds. */
const STANDS_MS = 30_000;

/** Says what was just done, and takes it back. It is read out when it comes, and takes no focus. */
export function UndoBar() {
  const offer = useOffer();
  return (
    <div className="undo-place" role="status">
      {offer && <Offer key={offer.says} offer={offer} />}
    </div>
  );
}

function Offer({ offer }: { readonly offer: Done }) {
  const [isHeld, setHeld] = useState(false);
  const undo = useMutation({
    mutationFn: offer.undo,
    onSettled: () => queryClient.invalidateQueries(),
    onSuccess: () => offerUndo(null),
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: what happens to the offer begins the time anew
  useEffect(() => {
    if (isHeld) return;
    const timer = setTimeout(() => offerUndo(null), STANDS_MS);
    return () => clearTimeout(timer);
  }, [isHeld, offer, undo.status]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: pointing at it only keeps it from going
    <div
      className="undo-bar"
      onMouseEnter={() => setHeld(true)}
      onMouseLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <span>{undo.error ? whyNot(undo.error) : offer.says}</span>
      {!undo.error && (
        <button type="button" className="link-button" disabled={undo.isPending} onClick={() => undo.mutate()}>
          Undo
        </button>
      )}
      <button type="button" className="link-button" onClick={() => offerUndo(null)}>
        Close
      </button>
    </div>
  );
}

function whyNot(error: unknown): string {
  if (isConflict(error)) return "It was not undone: it has been changed again since.";
  return error instanceof ApiError
    ? `It was not undone: ${error.problem.detail ?? error.problem.title}`
    : "It was not undone: the hub did not answer.";
}
