import { type ReactNode, useState } from "react";
import { ConfirmDialog } from "./confirm-dialog.tsx";

interface ConfirmButton {
  readonly label: string;
  /** The same in full, where the label alone does not say which thing it is about. */
  readonly name?: string;
  readonly question: string;
  /** What follows from it. It is shown, and so loaded, only while the question is open. */
  readonly children: ReactNode;
  readonly className?: string;
  readonly disabled?: boolean;
  /** @param note Why, for the history; empty where nothing was said. */
  readonly onConfirm: (note: string) => void;
}

/** A button that asks before it does something that can't be taken back. */
export function ConfirmButton({
  label,
  name,
  question,
  children,
  className = "button danger",
  disabled = false,
  onConfirm,
}: ConfirmButton) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className={className}
        disabled={disabled}
        aria-label={name}
        onClick={() => setOpen(true)}
      >
        {label}
      </button>
      {isOpen && (
        <ConfirmDialog
          question={question}
          label={label}
          onConfirm={(note) => {
            setOpen(false);
            onConfirm(note);
          }}
          onCancel={() => setOpen(false)}
        >
          {children}
        </ConfirmDialog>
      )}
    </>
  );
}
