import * as z from "zod/mini";
import * as f from "./fields.ts";

/** One search over everything that an administrator looks for. */

export const FOUND_KINDS = [
  "decision",
  "event",
  "user",
  "app",
  "node",
  "group",
  "policy",
  "session",
  "serviceToken",
  "segment",
  "identityProvider",
  "microsegment",
  "meshRule",
  "enrolmentKey",
] as const;
export type FoundKind = (typeof FOUND_KINDS)[number];

export const searchQuery = {
  q: f.said(f.line(254).check(z.minLength(1)), "a number, a name, an address, a path, or a part of one"),
};

export const searchResult = z.object({
  /** What was found, by its kind; a kind of which nothing was found is left out. At most 5 of a kind. */
  groups: z.array(
    z.object({
      kind: z.enum(FOUND_KINDS),
      items: z.array(z.object({ id: z.string(), title: z.string(), detail: z.string() })),
    }),
  ),
});
