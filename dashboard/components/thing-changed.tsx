import type { Answer } from "../../shared/api/endpoints.ts";
import { lineDiff } from "../../shared/base/line-diff.ts";

type Thing = Answer<"history.list">["items"][number]["things"][number];

interface ThingChanged {
  readonly thing: Thing;
  /** What ids are called. */
  readonly names: Readonly<Record<string, string>>;
}

const DONE = {
  created: "created",
  changed: "changed",
  deleted: "deleted",
  found: "was there when recording began",
};

/** One thing that a change concerned: each field before and after, a text line by line. */
export function ThingChanged({ thing: { kind, target, other, name, change, fields }, names }: ThingChanged) {
  const what = `${words(kind)} ${names[target] ?? name}${other === "" ? "" : `: ${names[other] ?? other}`}`;
  const say = (value: unknown) => sayValue(typeof value === "string" ? (names[value] ?? value) : value);
  return (
    <>
      <h3>
        {what} {DONE[change]}
      </h3>
      <dl className="changes">
        {fields.map(({ field, before, after }) => (
          <div key={field}>
            <dt>{words(field)}</dt>
            <dd>
              {field === "source" ? (
                <TextChange before={String(before ?? "")} after={String(after ?? "")} />
              ) : (
                <>
                  {before !== null && <del>{say(before)}</del>} {after !== null && <ins>{say(after)}</ins>}
                </>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function TextChange({ before, after }: { readonly before: string; readonly after: string }) {
  return (
    <pre className="diff">
      {lineDiff(before, after).map(({ sign, text }, n) => {
        const Line = sign === " " ? "span" : sign === "-" ? "del" : "ins";
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name than their place
        return <Line key={n}>{`${sign} ${text}\n`}</Line>;
      })}
    </pre>
  );
}

/** `currentVersion` as `current version`. */
const words = (field: string): string => field.replace(/([A-Z])/g, " $1").toLowerCase();

function sayValue(value: unknown): string {
  if (value === "") return "(empty)";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.length === 0 ? "(none)" : value.map(sayValue).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
