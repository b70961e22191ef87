import { expect, test } from "vitest";
import { nameOfActor, whoActed } from "../../../shared/audit/who.ts";

const person = { email: "alice@example.com" };

test.each([
  [{ actor: "user:usr_1", person }, undefined, "alice@example.com"],
  [
    { actor: "user:usr_1", person, via: "rustronaut on build-7" },
    undefined,
    "alice@example.com, by rustronaut on build-7",
  ],
  [
    { actor: "token:tok_1", person: "alice@example.com", via: "API token ci" },
    "ci",
    "alice@example.com, by API token ci",
  ],
  [{ actor: "token:tok_1", via: "API token ci" }, "ci", "API token ci"],
  [{ actor: "user:usr_1", person: null }, "bob@example.com", "bob@example.com"],
  [{ actor: "token:tok_1" }, undefined, "token:tok_1"],
  [{ actor: "system" }, undefined, "system"],
])("U21: %j is %s", (event, name, words) => {
  expect(whoActed(event, name)).toBe(words);
});

test("U21: an actor is found by the id in it", () => {
  expect(nameOfActor("user:usr_1", { usr_1: "alice@example.com" })).toBe("alice@example.com");
  expect(nameOfActor("system", {})).toBeUndefined();
});
