import { expect, test } from "vitest";
import { whileAppsChange } from "../../../workers/gateway/while-apps-change.ts";

const attempts = (...outcomes: (string | null)[]) => {
  let made = 0;
  return { attempt: async () => outcomes[made++] ?? null, made: () => made };
};

test("an attempt that a change overtook is made anew, and the first that was not is the answer", async () => {
  const { attempt, made } = attempts(null, null, "answer", "another");
  expect(await whileAppsChange(attempt)).toBe("answer");
  expect(made()).toBe(3);
});

test("a request that changes overtake without end is given up, not begun for ever", async () => {
  const { attempt, made } = attempts();
  expect(await whileAppsChange(attempt)).toBeNull();
  expect(made()).toBe(5);
});

test("an attempt that fails is not repeated", async () => {
  let made = 0;
  const failing = async () => {
    made += 1;
    throw new Error("the registry is away");
  };
  await expect(whileAppsChange(failing)).rejects.toThrow("away");
  expect(made).toBe(1);
});
