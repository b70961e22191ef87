import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Field } from "./field.tsx";
import { MAX_NOTE, NOTE_GOES } from "./note-field.tsx";

interface ConfirmDialog {
  readonly question: string;
  readonly label: string;
  /** What follows from it, with numbers where it concerns people. */
  readonly children: ReactNode;
  /** Whether it asks why, for the history; not where a form has asked already. */
  readonly asksWhy?: boolean;
  /** @param note Why; empty where nothing was said. */
  readonly onConfirm: (note: string) => void;
  readonly onCancel: () => void;
}

/** Asks before something that can't be taken back. Open for as long as it is rendered; the focus returns after it. */
export function ConfirmDialog({
  question,
  label,
  children,
  asksWhy = true,
  onConfirm,
  onCancel,
}: ConfirmDialog) {
  const [note, setNote] = useState("");
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
      {asksWhy && (
        <Field label="Why (optional)">
          {(c) => (
            <input
              {...c}
              value={note}
              maxLength={MAX_NOTE}
              placeholder={NOTE_GOES}
              autoComplete="off"
              onChange={(event) => setNote(event.target.value)}
              onKeyDown={(event) => {
                if (event.key !== "Enter") return;
                // A form around the button must not be sent instead.
                event.preventDefault();
                onConfirm(note.trim());
              }}
            />
          )}
        </Field>
      )}
      <div className="actions spaced">
        <button ref={confirm} type="button" className="button danger" onClick={() => onConfirm(note.trim())}>
          {label}
        </button>
        <button type="button" className="button plain" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </dialog>
  );
}
