import { Check, Field } from "./field.tsx";
import { issueOf } from "./states.tsx";

/** Names of the members of `Settings` that hold a `Value`. */
type Of<Settings, Value> = {
  [Key in keyof Settings]: Settings[Key] extends Value ? Key : never;
}[keyof Settings] &
  string;

/**
 * Makes the controls of an app's settings: each is named by its setting, holds what is set, and shows what the hub
 * finds wrong with it.
 */
export function settingFields<Settings>(settings: Settings, error: unknown) {
  const wrong = (name: string) => issueOf(error, `/settings/${name}`);
  return {
    number: (name: Of<Settings, number>, label: string, hint?: string, max?: number) => (
      <Field label={label} hint={hint} error={wrong(name)}>
        {(c) => (
          <input
            {...c}
            name={name}
            type="number"
            min={0}
            max={max}
            required
            defaultValue={Number(settings[name])}
          />
        )}
      </Field>
    ),
    check: (name: Of<Settings, boolean>, label: string) => (
      <Check label={label} name={name} defaultChecked={Boolean(settings[name])} />
    ),
    text: (name: Of<Settings, string>, label: string, hint?: string) => (
      <Field label={label} hint={hint} error={wrong(name)}>
        {(c) => <input {...c} name={name} defaultValue={String(settings[name])} />}
      </Field>
    ),
    paragraphs: (name: Of<Settings, string>, label: string, hint?: string) => (
      <Field label={label} hint={hint} error={wrong(name)}>
        {(c) => <textarea {...c} name={name} rows={3} defaultValue={String(settings[name])} />}
      </Field>
    ),
    /** A list of words, one a line. */
    lines: (name: Of<Settings, readonly string[]>, label: string, hint?: string) => (
      <Field label={label} hint={hint} error={wrong(name)}>
        {(c) => (
          <textarea
            {...c}
            name={name}
            rows={2}
            defaultValue={(settings[name] as readonly string[]).join("\n")}
          />
        )}
      </Field>
    ),
    /** @param words What each choice says. */
    choice: <Key extends Of<Settings, string>>(
      name: Key,
      label: string,
      words: Readonly<Record<Settings[Key] & string, string>>,
      hint?: string,
    ) => (
      <Field label={label} hint={hint} error={wrong(name)}>
        {(c) => (
          <select {...c} name={name} defaultValue={String(settings[name])}>
            {Object.entries(words).map(([value, word]) => (
              <option key={value} value={value}>
                {String(word)}
              </option>
            ))}
          </select>
        )}
      </Field>
    ),
  };
}
