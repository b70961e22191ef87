import type { Answer } from "../../shared/api/endpoints.ts";
import { isSecretField } from "../../shared/registry/history-kinds.ts";
import { formatDateTime } from "../lib/format.ts";
import { LineDiff } from "./line-diff.tsx";

type Thing = Answer<"history.list">["items"][number]["things"][number];
type Change = Thing["fields"][number];

interface ThingChanged {
  readonly thing: Thing;
  /** What ids are called. */
  readonly names: Readonly<Record<string, string>>;
}

/** An id says nothing to a reader. */
const ID = /^[a-z]{3}_[0-9a-z]{26}$/;
/** More fields of a thing that is new or gone are folded: what matters is that it came or went. */
const MOST_AT_ONCE = 6;

const DONE = {
  created: "created",
  changed: "changed",
  deleted: "deleted",
  found: "was there when recording began",
};

/** One thing that a change concerned: each field before and after, a text line by line. */
export function ThingChanged({ thing: { kind, target, other, name, change, fields }, names }: ThingChanged) {
  const called = names[other] ?? (ID.test(other) ? "" : other);
  const list = (
    <dl className="changes">
      {fields.map((field) => (
        <div key={field.field}>
          <dt>{words(field.field)}</dt>
          <dd>
            <FieldChange change={field} names={names} />
          </dd>
        </div>
      ))}
    </dl>
  );
  return (
    <>
      <p className="thing">
        {words(kind)} <strong>{names[target] ?? name}</strong>
        {called && `: ${called}`} {DONE[change]}
      </p>
      {change === "changed" || fields.length <= MOST_AT_ONCE ? (
        list
      ) : (
        <details>
          <summary>Its {fields.length} fields</summary>
          {list}
        </details>
      )}
    </>
  );
}

function FieldChange({
  change: { field, before, after },
  names,
}: {
  readonly change: Change;
  readonly names: ThingChanged["names"];
}) {
  if (isLong(before) || isLong(after)) return <LineDiff before={textOf(before)} after={textOf(after)} />;
  const say = (value: unknown) => sayValue(field, value, names);
  return (
    <>
      {before !== null && <del>{say(before)}</del>} {after !== null && <ins>{say(after)}</ins>}
    </>
  );
}

/** What is read line by line: a text of several lines, or what has parts of its own. */
const isLong = (value: unknown): boolean =>
  typeof value === "string"
    ? value.includes("\n")
    : typeof value === "object" && value !== null && !isPlainList(value);

const isPlainList = (value: object): boolean =>
  Array.isArray(value) && value.every((item) => typeof item !== "object" || item === null);

const textOf = (value: unknown): string =>
  value === null || value === undefined
    ? ""
    : typeof value === "string"
      ? value
      : JSON.stringify(value, null, 2);

/** `currentVersion` as `current version`. */
const words = (field: string): string => field.replace(/([A-Z])/g, " $1").toLowerCase();

/** A value in words: a moment as a date, an id by its name. */
function sayValue(field: string, value: unknown, names: ThingChanged["names"]): string {
  if (value === "") return "(empty)";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number" && /(At|Until)$/.test(field)) return formatDateTime(value);
  if (isSecretField(field)) return `one with the fingerprint ${value}`;
  if (!Array.isArray(value)) return names[String(value)] ?? String(value);
  return value.length === 0 ? "(none)" : value.map((item) => sayValue("", item, names)).join(", ");
}
