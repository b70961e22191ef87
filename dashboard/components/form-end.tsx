import type { ReactNode } from "react";
import { NoteField } from "./note-field.tsx";

interface FormEnd {
  /** Of the button; null where nothing may be changed, and then there is no end. */
  readonly submit: string | null;
  readonly busy: boolean;
  /** Further actions. */
  readonly children?: ReactNode;
}

/** The end of a form: why, the button that sends it, and what else can be done. */
export function FormEnd({ submit, busy, children }: FormEnd) {
  if (submit === null) return null;
  return (
    <>
      <NoteField />
      <div className="actions">
        <button type="submit" className="button" disabled={busy}>
          {submit}
        </button>
        {children}
      </div>
    </>
  );
}
