import { type ReactNode, useId, useRef } from "react";

interface ConfirmButton {
  readonly label: string;
  /** The same in full, where the label alone does not say which thing it is about. */
  readonly name?: string;
  readonly question: string;
  readonly children: ReactNode;
  readonly className?: string;
  readonly disabled?: boolean;
  readonly onConfirm: () => void;
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
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  return (
    <>
      <button
        type="button"
        className={className}
        disabled={disabled}
        aria-label={name}
        onClick={() => dialog.current?.showModal()}
      >
        {label}
      </button>
      <dialog ref={dialog} aria-labelledby={heading}>
        <h2 id={heading}>{question}</h2>
        <p>{children}</p>
        <div className="actions">
          <button
            type="button"
            className="button danger"
            onClick={() => {
              dialog.current?.close();
              onConfirm();
            }}
          >
            {label}
          </button>
          <button type="button" className="button plain" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </div>
      </dialog>
    </>
  );
}
