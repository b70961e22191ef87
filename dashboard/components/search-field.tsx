import { useEffect, useState } from "react";
import { useSettled } from "../lib/settled.ts";
import { Field } from "./field.tsx";

interface SearchField {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  /** Called once the typing pauses. */
  readonly onSearch: (text: string) => void;
}

const PAUSE_MS = 250;

/** A text that the hub searches by. */
export function SearchField({ label, placeholder, value, onSearch }: SearchField) {
  const [text, setText] = useState(value);
  const settled = useSettled(text.trim(), PAUSE_MS);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a settled text is searched for
  useEffect(() => {
    if (settled !== value) onSearch(settled);
  }, [settled]);
  return (
    <Field label={label} broad>
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
