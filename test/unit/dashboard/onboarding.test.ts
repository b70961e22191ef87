import { expect, test } from "vitest";
import { isSetUp, stepsFor } from "../../../dashboard/lib/onboarding.ts";

const NEW = { providers: 0, apps: 0, policies: 0, allowed: 0 };

test("the first steps are ticked off one by one, and go away", () => {
  const done = (change: Partial<typeof NEW>) =>
    stepsFor({ ...NEW, ...change }).filter((step) => step.done).length;
  expect([done({}), done({ providers: 1 }), done({ providers: 1, apps: 2, policies: 1 })]).toEqual([0, 1, 3]);
  expect(isSetUp({ providers: 1, apps: 1, policies: 1, allowed: 0 })).toBe(false);
  expect(isSetUp({ providers: 1, apps: 1, policies: 1, allowed: 3 })).toBe(true);
  expect(isSetUp({ providers: 1, apps: 9, policies: 2, allowed: 0 }), "a quiet day is no new beginning").toBe(
    true,
  );
});
