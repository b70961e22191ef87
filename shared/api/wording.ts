import type * as z from "zod/mini";

/**
 * What is wrong with a value, behind its place: short, and with the bound. The hub says it of a request, the command
 * line of a file. Undefined leaves the schema's own words.
 */
export function wording(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "is missing" : `must be of type ${issue.expected}`;
    case "unrecognized_keys":
      return `has members that are not known: ${issue.keys.join(", ").slice(0, 200)}`;
    case "invalid_value":
      return `must be one of ${issue.values.map(String).join(", ")}`;
    case "too_big":
      return bound(issue.origin, "most", issue.maximum);
    case "too_small":
      return bound(issue.origin, "least", issue.minimum);
    case "invalid_format":
      return "has not the right form";
    case "invalid_union":
      return "fits none of the forms that are possible";
    default:
      return undefined;
  }
}

/** `must be at most 1000`, `must have at least 1 item` */
function bound(origin: string, side: "most" | "least", count: number | bigint): string {
  const noun = { string: "character", array: "item" }[origin];
  return noun
    ? `must have at ${side} ${count} ${noun}${Number(count) === 1 ? "" : "s"}`
    : `must be at ${side} ${count}`;
}
