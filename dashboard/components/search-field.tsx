import { useEffect, useState } from "react";
import { useFilters } from "../lib/router.ts";
import { useSettled } from "../lib/settled.ts";
import { Field } from "./field.tsx";

interface SearchField {
  readonly label: string;
  readonly placeholder: string;
  /** Takes one column of a row of filters instead of two. */
  readonly narrow?: boolean;
  readonly value: string;
  /** Called once the typing pauses. */
  readonly onSearch: (text: string) => void;
}

const PAUSE_MS = 250;

/** A text that the hub searches by. */
export function SearchField({ label, placeholder, narrow = false, value, onSearch }: SearchField) {
  const [text, setText] = useState(value);
  const settled = useSettled(text.trim(), PAUSE_MS);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a settled text is searched for
  useEffect(() => {
    if (settled !== value) onSearch(settled);
  }, [settled]);
  return (
    <Field label={label} broad={!narrow}>
      {(c) => (
        <input
          {...c}
          type="search"
          maxLength={100}
          placeholder={placeholder}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      )}
    </Field>
  );
}

/**
 * The search of a list, which stands in the address.
 *
 * @param placeholder What is searched.
 * @returns The field, what the API is asked, and whether anything is.
 */
export function useListSearch(placeholder: string) {
  const [filters, setFilters] = useFilters();
  const { search = "" } = filters;
  return {
    query: search === "" ? {} : { search },
    isAsked: search !== "",
    field: (
      <div className="form filters">
        <SearchField
          label="Search"
          placeholder={placeholder}
          value={search}
          onSearch={(text) => setFilters({ ...filters, search: text })}
        />
      </div>
    ),
  };
}
