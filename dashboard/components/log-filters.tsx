import type { FormEvent } from "react";
import { LOG_FILTERS } from "../lib/log-filter.ts";
import type { Filters } from "../lib/router.ts";
import { Field } from "./field.tsx";
import { readTimes, TimeRange } from "./time-range.tsx";

interface LogFilters {
  readonly filters: Filters;
  readonly onChange: (filters: Filters) => void;
  /** Filters that stand before the others. */
  readonly children?: React.ReactNode;
}

/** The search over decisions or the audit log. What is given stands in the address. */
export function LogFilters({ filters, onChange, children }: LogFilters) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const given = LOG_FILTERS.map((name) => [name, String(form.get(name) ?? filters[name] ?? "").trim()]);
    onChange({ ...filters, ...Object.fromEntries(given), ...readTimes(form, filters) });
  };
  const text = (name: (typeof LOG_FILTERS)[number], label: string, example: string) => (
    <Field label={label}>
      {(c) => (
        <input
          {...c}
          name={name}
          // Another search, such as one that is gone back to, is another text.
          key={filters[name] ?? ""}
          defaultValue={filters[name] ?? ""}
          placeholder={example}
          autoComplete="off"
          spellCheck={false}
        />
      )}
    </Field>
  );
  const hasFilter = LOG_FILTERS.some((name) => filters[name]);
  return (
    <search aria-label="Filter">
      <form className="form filters" onSubmit={submit}>
        {children}
        {text("user", "Person", "bob, or an address")}
        {text("app", "App", "wiki")}
        {text("path", "Path begins with", "/admin")}
        <Field label="Outcome">
          {(c) => (
            <select
              {...c}
              name="decision"
              value={filters.decision ?? ""}
              onChange={(event) => onChange({ ...filters, decision: event.target.value })}
            >
              <option value="">All</option>
              <option value="allow">Allowed</option>
              <option value="deny">Denied</option>
            </select>
          )}
        </Field>
        {text("reason", "Reason", "no policy")}
        <TimeRange
          since={filters.since ?? ""}
          until={filters.until ?? ""}
          onChange={(times) => onChange({ ...filters, ...times })}
        />
        {text("id", "Number", "dec_… from a page")}
        <button type="submit" className="button">
          Search
        </button>
        {hasFilter && (
          <button
            type="button"
            className="button plain"
            onClick={() =>
              onChange({ ...filters, ...Object.fromEntries(LOG_FILTERS.map((name) => [name, ""])) })
            }
          >
            Clear
          </button>
        )}
      </form>
    </search>
  );
}
