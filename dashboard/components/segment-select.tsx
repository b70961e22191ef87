import { useApi } from "../api.ts";
import type { ControlProps } from "./field.tsx";

interface SegmentSelect {
  readonly control: ControlProps;
  readonly name: string;
  readonly defaultValue?: string;
  /** What stands for no choice; without it one must be chosen. */
  readonly none?: string;
  readonly onChange?: (segment: string) => void;
}

/** A choice of segment by name. Where there are too many for a list, the name is written. */
export function SegmentSelect({ control, name, defaultValue = "", none, onChange }: SegmentSelect) {
  const segments = useApi("segments.list", { query: { limit: 200 } });
  const report = onChange && ((event: { target: { value: string } }) => onChange(event.target.value.trim()));
  if (segments.data?.next) {
    return <input {...control} name={name} required={!none} defaultValue={defaultValue} onBlur={report} />;
  }
  const names = new Set(segments.data?.items.map((segment) => segment.name));
  if (defaultValue !== "") names.add(defaultValue);
  // Where there is but one, nothing is to be chosen.
  const [only] = names.size === 1 && none === undefined ? names : [];
  return (
    <select
      {...control}
      key={names.size}
      name={name}
      required={!none}
      defaultValue={only ?? defaultValue}
      onChange={report}
    >
      {(none || (defaultValue === "" && only === undefined)) && <option value="">{none ?? "Choose"}</option>}
      {[...names].map((segment) => (
        <option key={segment}>{segment}</option>
      ))}
    </select>
  );
}
