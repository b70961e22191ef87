import { expect, test } from "vitest";
import * as z from "zod/mini";
import { wording } from "../../../shared/api/wording.ts";

test.each([
  [z.array(z.string()).check(z.minLength(1)), [], "must have at least 1 item"],
  [z.array(z.string()).check(z.maxLength(2)), ["a", "b", "c"], "must have at most 2 items"],
  [z.string().check(z.minLength(1)), "", "must have at least 1 character"],
  [z.number().check(z.maximum(1_000)), 1_001, "must be at most 1000"],
])("says a bound as one reads it: %#", (schema, value, words) => {
  const { error } = schema.safeParse(value, { error: wording });
  expect(error?.issues.map(({ message }) => message)).toEqual([words]);
});
