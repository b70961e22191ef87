import type { ReactNode } from "react";
import { NoteField, noteOf } from "./note-field.tsx";

interface AddForm {
  /** Of the button. */
  readonly label: string;
  readonly busy: boolean;
  /**
   * @param text Reads a field, without the blanks around it.
   * @param note Why it is added; empty where nothing was said.
   * @param reset Empties the form for the next one.
   */
  readonly onAdd: (text: (name: string) => string, note: string, reset: () => void) => void;
  readonly children: ReactNode;
}

/** One line above a list that adds to it. */
export function AddForm({ label, busy, onAdd, children }: AddForm) {
  return (
    <form
      className="form filters"
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        const data = new FormData(form);
        onAdd(
          (name) => String(data.get(name) ?? "").trim(),
          noteOf(form),
          () => form.reset(),
        );
      }}
    >
      {children}
      <NoteField />
      <div className="actions">
        <button type="submit" className="button" disabled={busy}>
          {label}
        </button>
      </div>
    </form>
  );
}
