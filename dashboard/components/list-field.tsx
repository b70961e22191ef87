import { Field } from "./field.tsx";

interface ListField {
  readonly label: string;
  readonly hint?: string;
  readonly items: readonly (string | number)[];
  readonly onChange: (items: string[]) => void;
}

/** A list as one line, separated by commas. It is taken when the field is left, so that a comma can be typed. */
export function ListField({ label, hint, items, onChange }: ListField) {
  const shown = items.join(", ");
  return (
    <Field label={label} hint={hint}>
      {(c) => (
        <input
          {...c}
          key={shown}
          defaultValue={shown}
          onBlur={({ target }) => {
            if (target.value !== shown)
              onChange(
                target.value
                  .split(",")
                  .map((item) => item.trim())
                  .filter(Boolean),
              );
          }}
        />
      )}
    </Field>
  );
}
