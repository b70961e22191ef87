import { Field } from "./field.tsx";
import { issueOf } from "./states.tsx";

interface LinesField {
  /** The name of the list in the API, too. */
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly lines: readonly string[];
  /** Of the last save. */
  readonly error: unknown;
  readonly readOnly: boolean;
}

/** A list as text, one entry a line. `linesOf` reads it again. */
export function LinesField({ name, label, hint, lines, error, readOnly }: LinesField) {
  return (
    <Field label={label} hint={hint} error={issueOf(error, `/${name}`)}>
      {(c) => (
        <textarea
          {...c}
          name={name}
          className="code"
          rows={2}
          spellCheck={false}
          autoCapitalize="off"
          readOnly={readOnly}
          defaultValue={lines.join("\n")}
        />
      )}
    </Field>
  );
}
