import { spanInWords } from "../../base/span.ts";
import type { Need } from "./verified.ts";

/** What a person must show, in words that follow "asks for". */
export function needInWords({ verification, acr, amr, maxAge }: Need): string {
  const what = verification === "second_factor" ? "a second factor" : "a new sign-in";
  const of = [
    ...(acr === null ? [] : [`in the context ${acr.join(" or ") || "that no sign-in has"}`]),
    ...(amr.length === 0 ? [] : [`with the method ${amr.join(" and ")}`]),
    ...(maxAge === null ? [] : [`not older than ${spanInWords(maxAge)}`]),
  ];
  return [what, ...of].join(", ");
}
