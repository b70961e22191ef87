import { type ReactNode, useCallback, useRef, useState } from "react";
import { ConfirmDialog } from "./confirm-dialog.tsx";

export interface Question {
  readonly question: string;
  /** What the button says that goes on. */
  readonly label: string;
  /** What follows from it. */
  readonly consequence: ReactNode;
  /** Whether it asks why, too; not where a form has asked already. */
  readonly asksWhy?: boolean;
}

/**
 * One question at a time, asked from code: `const note = await ask({ … })`, which is why, or null for a no. The page
 * renders `dialog` somewhere.
 */
export function useAsk() {
  const [asked, setAsked] = useState<Question | null>(null);
  const answer = useRef<(note: string | null) => void>(() => undefined);
  const ask = useCallback((question: Question): Promise<string | null> => {
    setAsked(question);
    return new Promise((resolve) => {
      answer.current = resolve;
    });
  }, []);
  const close = (note: string | null) => {
    setAsked(null);
    answer.current(note);
  };
  const dialog = asked && (
    <ConfirmDialog
      question={asked.question}
      label={asked.label}
      asksWhy={asked.asksWhy ?? true}
      onConfirm={close}
      onCancel={() => close(null)}
    >
      {asked.consequence}
    </ConfirmDialog>
  );
  return { ask, dialog };
}
