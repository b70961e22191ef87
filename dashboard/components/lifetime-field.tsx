import { Field } from "./field.tsx";

const HOUR = 3_600_000;
const LIFETIMES = [
  ["1 hour", HOUR],
  ["24 hours", 24 * HOUR],
  ["7 days", 7 * 24 * HOUR],
  ["30 days", 30 * 24 * HOUR],
  ["90 days", 90 * 24 * HOUR],
  ["1 year", 364 * 24 * HOUR],
] as const;

interface LifetimeField {
  /** Milliseconds: one of the choices. */
  readonly selected: number;
  /** May be good for ever. */
  readonly endless?: boolean;
  readonly error?: string | undefined;
}

/** For how long a credential is good. */
export function LifetimeField({ selected, endless = false, error }: LifetimeField) {
  return (
    <Field label="Good for" error={error}>
      {(c) => (
        <select {...c} name="lifetime" defaultValue={selected}>
          {LIFETIMES.map(([title, length]) => (
            <option key={length} value={length}>
              {title}
            </option>
          ))}
          {endless && <option value="">until it is deleted</option>}
        </select>
      )}
    </Field>
  );
}

/** When it ends, in milliseconds since the Unix epoch; null for never. */
export function readLifetime(form: FormData, now: number): number | null {
  const length = String(form.get("lifetime") ?? "");
  return length === "" ? null : now + Number(length);
}
