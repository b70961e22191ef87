import { type ReactNode, useEffect, useId, useRef } from "react";

interface ConfirmDialog {
  readonly question: string;
  readonly label: string;
  /** What follows from it, with numbers where it concerns people. */
  readonly children: ReactNode;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
}

/** Asks before something that can't be taken back. Open for as long as it is rendered; the focus returns after it. */
export function ConfirmDialog({ question, label, children, onConfirm, onCancel }: ConfirmDialog) {
  const dialog = useRef<HTMLDialogElement>(null);
  const confirm = useRef<HTMLButtonElement>(null);
  const heading = useId();
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // Not the first field of what is asked: whoever opened it knows what they came for.
    confirm.current?.focus();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onCancel();
      }}
    >
      <h2 id={heading}>{question}</h2>
      <div className="consequence">{children}</div>
      <div className="actions">
        <button ref={confirm} type="button" className="button danger" onClick={onConfirm}>
          {label}
        </button>
        <button type="button" className="button plain" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </dialog>
  );
}
