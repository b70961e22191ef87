import { type ReactNode, useCallback, useRef, useState } from "react";
import { ConfirmDialog } from "./confirm-dialog.tsx";

export interface Question {
  readonly question: string;
  /** What the button says that goes on. */
  readonly label: string;
  /** What follows from it. */
  readonly consequence: ReactNode;
}

/**
 * One question at a time, asked from code: `if (await ask({ … })) …`. The page renders `dialog` somewhere.
 */
export function useAsk() {
  const [asked, setAsked] = useState<Question | null>(null);
  const answer = useRef<(yes: boolean) => void>(() => undefined);
  const ask = useCallback((question: Question): Promise<boolean> => {
    setAsked(question);
    return new Promise((resolve) => {
      answer.current = resolve;
    });
  }, []);
  const close = (yes: boolean) => {
    setAsked(null);
    answer.current(yes);
  };
  const dialog = asked && (
    <ConfirmDialog
      question={asked.question}
      label={asked.label}
      onConfirm={() => close(true)}
      onCancel={() => close(false)}
    >
      {asked.consequence}
    </ConfirmDialog>
  );
  return { ask, dialog };
}
