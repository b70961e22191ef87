import { useEffect, useRef } from "react";
import { addDraft } from "./leaving.ts";

/**
 * Guards a text that no form holds: leaving the page asks first, as it does with a form that was written in.
 *
 * @param isDirty Whether there is something to lose.
 */
export function useUnsavedGuard(isDirty: boolean): void {
  const dirty = useRef(isDirty);
  dirty.current = isDirty;
  useEffect(() => addDraft(() => dirty.current), []);
}
