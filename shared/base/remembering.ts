import { BoundedMap } from "./bounded-map.ts";

/**
 * The function with its answers kept, for texts of which a few come again and again. It must be pure.
 *
 * @param max Answers that are kept, since texts that come from clients have no end; `BoundedMap` says which of them go.
 */
export function remembering<V>(max: number, answer: (text: string) => V): (text: string) => V {
  const kept = new BoundedMap<string, V>(max);
  return (text) => {
    const known = kept.get(text);
    if (known !== undefined) return known;
    const value = answer(text);
    kept.set(text, value);
    return value;
  };
}
