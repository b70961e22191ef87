import { useEffect, useState } from "react";
import { parsePast } from "../../shared/base/past.ts";
import { localInput, readLocalInput } from "../lib/local-input.ts";
import { Field } from "./field.tsx";

/** Spans that are one choice away; others are given by their ends. */
const SPANS = [
  ["", "Any time"],
  ["1h", "Last hour"],
  ["24h", "Last 24 hours"],
  ["7d", "Last 7 days"],
  ["30d", "Last 30 days"],
] as const;
const CUSTOM = "custom";

interface Times {
  /** A span back from now or a date, as in the address; empty for the beginning. */
  readonly since: string;
  /** In the same forms; empty for now. */
  readonly until: string;
}

interface TimeRange extends Times {
  readonly onChange: (times: Times) => void;
}

/** From when to when. A span is taken at once; two ends of one's own are read with the form, by `readTimes`. */
export function TimeRange({ since, until, onChange }: TimeRange) {
  const isSpan = until === "" && SPANS.some(([span]) => span === since);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    if (since === "" && until === "") setOpen(false);
  }, [since, until]);
  const isCustom = isOpen || !isSpan;
  const end = (name: keyof Times, label: string, value: string) => (
    <Field label={label} broad>
      {(c) => (
        <input
          {...c}
          key={value}
          name={name}
          type="datetime-local"
          max={localInput(Date.now())}
          defaultValue={localInput(value === "" ? null : parsePast(value, Date.now()))}
        />
      )}
    </Field>
  );
  return (
    <>
      <Field label="When">
        {(c) => (
          <select
            {...c}
            value={isCustom ? CUSTOM : since}
            onChange={({ target: { value } }) => {
              setOpen(value === CUSTOM);
              if (value !== CUSTOM) onChange({ since: value, until: "" });
            }}
          >
            {SPANS.map(([span, words]) => (
              <option key={span} value={span}>
                {words}
              </option>
            ))}
            <option value={CUSTOM}>From and to …</option>
          </select>
        )}
      </Field>
      {isCustom && end("since", "From", since)}
      {isCustom && end("until", "To", until)}
    </>
  );
}

/** The times of a form that holds a `TimeRange`, as they stand in the address. */
export function readTimes(form: FormData, before: Partial<Times>): Times {
  const read = (name: keyof Times): string => {
    const given = form.get(name);
    if (given === null) return before[name] ?? "";
    const at = readLocalInput(String(given));
    return at === null ? "" : `${new Date(at).toISOString().slice(0, 16)}Z`;
  };
  return { since: read("since"), until: read("until") };
}
