import { describe, expect, it } from "vitest";
import { lookedIntoStranger } from "../../../../shared/access/policy/strangers.ts";
import { jsonOf } from "./support.ts";

const said = (condition: string) =>
  lookedIntoStranger(jsonOf(`forbid (principal, action, resource) when { ${condition} };`));

describe("P4: a caller who is only named is not taken for one without groups", () => {
  it.each([
    `User::"bob" in Group::"staff"`,
    `User::"bob" is User in Group::"staff"`,
    `(if principal is User then principal else User::"bob") in Group::"staff"`,
    `User::"bob".email == "x"`,
    `User::"bob" has email`,
    `ServiceToken::"robot".name == "x"`,
    `!(true && [User::"bob" in Group::"staff"].contains(true))`,
  ])("%s is refused", (condition) => expect(said(condition)).toContain("only the one who asks"));

  it.each([
    `principal == User::"bob"`,
    `principal in [User::"bob", User::"ann"]`,
    `[User::"bob"].contains(principal)`,
    `User::"bob" == principal`,
    `principal in Group::"staff" && Group::"a" in Group::"b"`,
  ])("%s is fine", (condition) => expect(said(condition)).toBeNull());
});
