import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { CopyText } from "./copy-text.tsx";
import { NoteField, noteOf } from "./note-field.tsx";
import { Failure } from "./states.tsx";

interface OnceDialog {
  /** The button that opens it, and its heading until it is made. */
  readonly label: string;
  readonly title: string;
  /** What was made; null before. */
  readonly made: { readonly name: string; readonly secret: string } | null;
  /** The form, given how to close it. */
  readonly form: (close: () => void) => ReactNode;
  /** What the secret is, for the button that copies it. Without it the secret stands only in what it is used in. */
  readonly secretIs?: string;
  /** How it is used: a command or a header, with the secret in it. */
  readonly use: (
    secret: string,
  ) => readonly { readonly says: string; readonly label: string; readonly text: string }[];
  readonly onClose: () => void;
  readonly className?: string;
}

/** Makes a credential and shows it once: it is stored nowhere in a form that could be shown again. */
export function OnceDialog({
  label,
  title,
  made,
  form,
  secretIs,
  use,
  onClose,
  className = "button",
}: OnceDialog) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
  }, [isOpen]);
  const heading = useId();
  const close = () => dialog.current?.close();
  return (
    <>
      <button type="button" className={className} onClick={() => setOpen(true)}>
        {label}
      </button>
      <dialog
        ref={dialog}
        className="broad"
        aria-labelledby={heading}
        // Escape must not throw away a secret that nobody has seen before.
        onCancel={(event) => made && event.preventDefault()}
        onClose={() => {
          setOpen(false);
          onClose();
        }}
      >
        <h2 id={heading}>{made ? made.name : title}</h2>
        {made ? (
          <>
            <p>Copy it now: it is shown this once only.</p>
            {secretIs && <CopyText label={secretIs} text={made.secret} />}
            {use(made.secret).map((one) => (
              <div key={one.label}>
                <p>{one.says}</p>
                <CopyText label={one.label} text={one.text} />
              </div>
            ))}
            <div className="actions">
              <button type="button" className="button" onClick={close}>
                Done
              </button>
            </div>
          </>
        ) : (
          isOpen && form(close)
        )}
      </dialog>
    </>
  );
}

interface OnceForm {
  /** Of the button that makes it. */
  readonly label: string;
  readonly error: unknown;
  readonly busy: boolean;
  /** @param note Why it is made; empty where nothing was said. */
  readonly onSubmit: (form: FormData, note: string) => void;
  readonly onCancel: () => void;
  readonly children: ReactNode;
}

/** The form in such a dialog. */
export function OnceForm({ label, error, busy, onSubmit, onCancel, children }: OnceForm) {
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(new FormData(event.currentTarget), noteOf(event.currentTarget));
      }}
    >
      <Failure error={error} />
      {children}
      <NoteField />
      <div className="actions">
        <button type="submit" className="button" disabled={busy}>
          {label}
        </button>
        <button type="button" className="button plain" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}
