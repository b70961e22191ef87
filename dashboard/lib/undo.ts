import { useSyncExternalStore } from "react";

/** Something that was just done and can be taken back. */
export interface Done {
  /** What was done, as a sentence. */
  readonly says: string;
  /** Takes it back; fails where somebody else changed the same thing since. */
  readonly undo: () => Promise<unknown>;
}

let newest: Done | null = null;
const listeners = new Set<() => void>();

/** Offers to take back what was done, in the place of what was offered before. Null takes the offer away. */
export function offerUndo(done: Done | null): void {
  newest = done;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What can be taken back now. */
export const useOffer = (): Done | null => useSyncExternalStore(subscribe, () => newest);
