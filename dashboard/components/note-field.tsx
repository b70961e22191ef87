import { Field } from "./field.tsx";

/** The most characters of a note that the API takes. */
export const MAX_NOTE = 500;
/** What becomes of it, in the empty field. */
export const NOTE_GOES = "Stands in the history";

/** Why a change is made, for the history. May stay empty. */
export function NoteField() {
  return (
    <Field label="Why (optional)" broad>
      {(c) => <input {...c} name={NAME} maxLength={MAX_NOTE} placeholder={NOTE_GOES} autoComplete="off" />}
    </Field>
  );
}

const NAME = "changeNote";

/** What was written into the note of a form; empty for none. */
export const noteOf = (form: HTMLFormElement): string => String(new FormData(form).get(NAME) ?? "").trim();
