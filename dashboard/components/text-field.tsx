import { Field } from "./field.tsx";
import { issueOf } from "./states.tsx";

interface TextField {
  /** The name of the member in the API, too. */
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly value: string;
  readonly most: number;
  readonly required?: boolean;
  /** Of the last save. */
  readonly error: unknown;
  readonly readOnly: boolean;
}

/** A line of text. */
export function TextField({ name, label, hint, value, most, required, error, readOnly }: TextField) {
  return (
    <Field label={label} hint={hint} error={issueOf(error, `/${name}`)}>
      {(c) => (
        <input
          {...c}
          name={name}
          required={required}
          maxLength={most}
          defaultValue={value}
          readOnly={readOnly}
          autoComplete="off"
          autoCapitalize="off"
        />
      )}
    </Field>
  );
}
