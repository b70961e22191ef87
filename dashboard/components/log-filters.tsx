import { type FormEvent, useId } from "react";
import { LOG_FILTERS } from "../lib/log-filter.ts";
import type { Filters } from "../lib/router.ts";
import { Field } from "./field.tsx";

/** Spans that are one choice away; another one is written, as on the command line. */
const SPANS = {
  "": "Any time",
  "1h": "Last hour",
  "24h": "Last 24 hours",
  "7d": "Last 7 days",
  "30d": "Last 30 days",
};

interface LogFilters {
  readonly filters: Filters;
  readonly onChange: (filters: Filters) => void;
  /** Filters that stand before the others. */
  readonly children?: React.ReactNode;
}

/** The search over decisions or the audit log. What is given stands in the address. */
export function LogFilters({ filters, onChange, children }: LogFilters) {
  const spans = useId();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const given = LOG_FILTERS.map((name) => [name, String(form.get(name) ?? filters[name] ?? "").trim()]);
    onChange({ ...filters, ...Object.fromEntries(given) });
  };
  const text = (name: (typeof LOG_FILTERS)[number], label: string, example: string, list?: string) => (
    <Field label={label}>
      {(c) => (
        <input
          {...c}
          name={name}
          // Another search, such as one that is gone back to, is another text.
          key={filters[name] ?? ""}
          defaultValue={filters[name] ?? ""}
          placeholder={example}
          list={list}
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
        {text("since", "Since", "2h, 7d or 2026-11-29", spans)}
        {text("until", "Until", "now", spans)}
        {text("id", "Number", "dec_… from a page")}
        <datalist id={spans}>
          {Object.entries(SPANS).map(([value, label]) => (
            <option key={value} value={value} label={label} />
          ))}
        </datalist>
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
