import { useEffect, useRef } from "react";

/**
 * Guards a text that is not saved: leaving the page, by a link or for good, asks first.
 *
 * @param isDirty Whether there is something to lose.
 */
export function useUnsavedGuard(isDirty: boolean): void {
  const dirty = useRef(isDirty);
  dirty.current = isDirty;
  useEffect(() => {
    const onLeave = (event: BeforeUnloadEvent) => {
      if (dirty.current) event.preventDefault();
    };
    const onClick = (event: MouseEvent) => {
      const link = event.target instanceof Element ? event.target.closest("a[href^='#']") : null;
      if (link && dirty.current && !window.confirm("What you wrote is not published. Leave it behind?")) {
        event.preventDefault();
        event.stopPropagation();
      }
    };
    addEventListener("beforeunload", onLeave);
    document.addEventListener("click", onClick, true);
    return () => {
      removeEventListener("beforeunload", onLeave);
      document.removeEventListener("click", onClick, true);
    };
  }, []);
}
