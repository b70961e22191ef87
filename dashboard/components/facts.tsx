import { isValidElement, type ReactNode } from "react";
import { flattenFacts } from "../lib/facts.ts";

/** Nested facts as one list of dotted names and values. What is an element, such as a moment, stands as it is. */
export function Facts({ value }: { readonly value: Readonly<Record<string, unknown>> }) {
  const facts = Object.entries(value).flatMap(([name, one]): (readonly [string, ReactNode])[] =>
    isValidElement(one)
      ? [[name, one]]
      : flattenFacts({ [name]: one }).map(([path, text]) => [path, <code key={path}>{text}</code>]),
  );
  return (
    <dl className="facts">
      {facts.map(([name, shown]) => (
        <div key={name} className="fact">
          <dt>{name}</dt>
          <dd>{shown}</dd>
        </div>
      ))}
    </dl>
  );
}
