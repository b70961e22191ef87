import { useMemo, useState } from "react";
import { parsePast } from "../../shared/base/past.ts";
import { formatDateTime } from "../lib/format.ts";
import { localInput, readLocalInput } from "../lib/local-input.ts";
import { Field } from "./field.tsx";

const MOMENTS = [
  ["", "Now"],
  ["1h", "An hour ago"],
  ["24h", "24 hours ago"],
  ["7d", "7 days ago"],
  ["30d", "30 days ago"],
] as const;
const OTHER = "other";

interface AsOf {
  /** A span back from now or a date, as in the address; empty for now. */
  readonly at: string;
  readonly onChange: (at: string) => void;
  /** Since when it is known. */
  readonly began: number | undefined;
}

/** A moment of the past to look at. */
export function AsOf({ at, onChange, began }: AsOf) {
  const isListed = MOMENTS.some(([span]) => span === at);
  const [isOpen, setOpen] = useState(!isListed);
  const isOther = isOpen || !isListed;
  return (
    <div className="form filters">
      <Field
        label="As of"
        broad
        hint={began === undefined ? undefined : `Known since ${formatDateTime(began)}.`}
      >
        {(c) => (
          <select
            {...c}
            value={isOther ? OTHER : at}
            onChange={({ target: { value } }) => {
              setOpen(value === OTHER);
              if (value !== OTHER) onChange(value);
            }}
          >
            {MOMENTS.map(([span, words]) => (
              <option key={span} value={span}>
                {words}
              </option>
            ))}
            <option value={OTHER}>Another moment …</option>
          </select>
        )}
      </Field>
      {isOther && (
        <Field label="Moment" broad>
          {(c) => (
            <input
              {...c}
              type="datetime-local"
              max={localInput(Date.now())}
              defaultValue={localInput(at === "" ? null : parsePast(at, Date.now()))}
              onChange={(event) => {
                // A moment that is only half written is none yet.
                const moment = readLocalInput(event.target.value);
                if (moment !== null) onChange(`${new Date(moment).toISOString().slice(0, 16)}Z`);
              }}
            />
          )}
        </Field>
      )}
    </div>
  );
}

/** The moment as the API takes it. A span counts from when it was chosen. */
export function useMoment(at: string): { readonly at?: number } {
  return useMemo(() => {
    const moment = at === "" ? null : parsePast(at, Date.now());
    return moment === null ? {} : { at: moment };
  }, [at]);
}
