import { type ReactNode, useId } from "react";

export interface ControlProps {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": boolean;
}

interface Field {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  /** Takes two columns of a row of filters. */
  readonly broad?: boolean;
  readonly children: (control: ControlProps) => ReactNode;
}

/** A control with its label, and the hint and error that belong to it. */
export function Field({ label, hint, error, broad = false, children }: Field) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className={broad ? "field broad" : "field"}>
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-describedby": described || undefined, "aria-invalid": error !== undefined })}
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p className="wrong" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

interface Check {
  readonly label: string;
  readonly name?: string;
  readonly value?: string;
  readonly checked?: boolean;
  readonly defaultChecked?: boolean;
  readonly onChange?: (checked: boolean) => void;
}

export function Check({ label, onChange, ...rest }: Check) {
  return (
    <label className="check">
      <input type="checkbox" {...rest} onChange={onChange && ((event) => onChange(event.target.checked))} />
      <span>{label}</span>
    </label>
  );
}
