import { flattenFacts } from "../lib/facts.ts";

/** Nested facts as one list of dotted names and values. */
export function Facts({ value }: { readonly value: Readonly<Record<string, unknown>> }) {
  return (
    <dl className="facts">
      {flattenFacts(value).map(([name, text]) => (
        <div key={name} className="fact">
          <dt>{name}</dt>
          <dd>
            <code>{text}</code>
          </dd>
        </div>
      ))}
    </dl>
  );
}
