import { isAuthorized, policyToJson } from "@cedar-policy/cedar-wasm/nodejs";
import { describe, expect, it } from "vitest";
import { compilePolicy } from "../../../../shared/access/policy/policy.ts";
import { PolicySet } from "../../../../shared/access/policy/policy-set.ts";
import { EntityUid } from "../../../../shared/access/policy/values.ts";

/** Where implementations of Cedar could differ: bounds, escapes and formats, each against Cedar itself. */

const MAX = "9223372036854775807";
const BIG = "(9007199254740991 * 1024 + 1023)"; // 2^63 - 1, written as a product

const EXPRESSIONS = [
  // 64-bit arithmetic
  `${BIG} > 0`,
  `${BIG} + 1 > 0`,
  `-${BIG} - 1 < 0`,
  `-${BIG} - 2 < 0`,
  `-(-${BIG} - 1) > 0`,
  `(-${BIG} - 1) * -1 > 0`,
  `${BIG} * 2 > 0`,
  "3037000500 * 3037000500 > 0",
  "3037000499 * 3037000499 > 0",
  "0 * -1 == 0",
  "-5 < -4",
  // equality across types, and of sets and records
  `1 == "1"`,
  "true == 1",
  "[1, 2] == [2, 1, 1]",
  "[] == []",
  "{a: 1} == {a: 1}",
  `{a: 1} == {a: 1, b: 2}`,
  `[[1]] == [[1, 1]]`,
  `User::"a" == User::"a"`,
  `User::"a" == Group::"a"`,
  `decimal("1.0") == decimal("1.0000")`,
  `ip("1.2.3.4") == ip("1.2.3.4/32")`,
  `ip("10.0.0.0/8") == ip("10.0.0.1/8")`,
  `duration("1h") == duration("60m")`,
  `datetime("2024-01-01") == datetime("2024-01-01T00:00:00Z")`,
  // like
  `"abc" like "a*c"`,
  `"a*c" like "a\\*c"`,
  `"abc" like "a\\*c"`,
  `"" like "*"`,
  `"" like ""`,
  `"aXbXc" like "*X*X*"`,
  `"é" like "?"`,
  `"a\\nb" like "a*b"`,
  `"aaaaaaaaaaaaaaaaaaaaaaaab" like "*a*a*a*a*a*a*a*a*a*a*a*a*c"`,
  `"\\u{1F600}" like "\\u{1F600}"`,
  // has, short circuits, and what errs
  "context has a.b",
  "context has nested.n",
  "context has nested.x",
  "context.nope == 1",
  "true || context.nope == 1",
  "false && context.nope == 1",
  "context.nope == 1 || true",
  "!1",
  "if true then true else 1 + true == 2",
  `if "x" then true else false`,
  `1 in User::"a"`,
  `User::"x" in []`,
  `User::"x" in [Group::"g", 1]`,
  `[1].contains("1")`,
  `[].isEmpty()`,
  `[1, 2].containsAll([])`,
  `[].containsAny([1])`,
  `"x".contains("x")`,
  `principal.hasTag("t")`,
  `principal.getTag("t") == 1`,
  `context.n is User`,
  `principal is User in User::"a"`,
  // decimals
  `decimal("922337203685477.5807") > decimal("0.0")`,
  `decimal("922337203685477.5807").greaterThan(decimal("0.0"))`,
  `decimal("922337203685477.5808").greaterThan(decimal("0.0"))`,
  `decimal("-922337203685477.5808").lessThan(decimal("0.0"))`,
  `decimal("1").lessThan(decimal("2.0"))`,
  `decimal("1.").lessThan(decimal("2.0"))`,
  `decimal(".5").lessThan(decimal("2.0"))`,
  `decimal("-0.0").lessThanOrEqual(decimal("0.0"))`,
  `decimal("+1.0").lessThan(decimal("2.0"))`,
  `decimal("1.00000").lessThan(decimal("2.0"))`,
  // addresses
  `ip("127.0.0.1").isLoopback()`,
  `ip("127.0.0.0/7").isLoopback()`,
  `ip("::1").isLoopback()`,
  `ip("224.0.0.0/4").isMulticast()`,
  `ip("ff00::/8").isMulticast()`,
  `ip("::ffff:127.0.0.1").isLoopback()`,
  `ip("::ffff:1.2.3.4").isIpv6()`,
  `ip("10.0.0.5").isInRange(ip("10.0.0.0/24"))`,
  `ip("10.0.0.0/16").isInRange(ip("10.0.0.0/24"))`,
  `ip("1.2.3.4").isInRange(ip("::/0"))`,
  `ip("01.2.3.4").isIpv4()`,
  `ip("1.2.3.4/33").isIpv4()`,
  `ip("1.2.3.4/").isIpv4()`,
  `ip("1.2.3.4/08").isIpv4()`,
  `ip("::/129").isIpv6()`,
  `ip("1::2::3").isIpv6()`,
  `ip(" 1.2.3.4").isIpv4()`,
  `ip("").isIpv4()`,
  // times
  `datetime("2024-02-29") < datetime("2024-03-01")`,
  `datetime("2023-02-29") < datetime("2024-03-01")`,
  `datetime("2024-01-01T24:00:00Z") > datetime("2024-01-01")`,
  `datetime("2024-01-01T23:59:60Z") > datetime("2024-01-01")`,
  `datetime("2024-01-01T00:00:00") > datetime("2023-01-01")`,
  `datetime("2024-01-01T00:00:00.5Z") > datetime("2023-01-01")`,
  `datetime("2024-01-01T00:00:00.123Z").toTime() == duration("123ms")`,
  `datetime("2024-01-01T00:00:00+2359") < datetime("2024-01-01")`,
  `datetime("2024-01-01T00:00:00+2400") < datetime("2024-01-01")`,
  `datetime("1969-12-31T23:00:00Z").toTime() == duration("23h")`,
  `datetime("1969-12-31T23:00:00Z").toDate() == datetime("1969-12-31")`,
  `datetime("0000-01-01") < datetime("9999-12-31")`,
  `datetime("2024-01-01").offset(duration("-1d")) == datetime("2023-12-31")`,
  `datetime("2024-01-01").durationSince(datetime("2023-01-01")).toDays() == 365`,
  `duration("1d2h3m4s5ms").toMilliseconds() == 93784005`,
  `duration("-1h").toMinutes() == -60`,
  `duration("-90s").toMinutes() == -1`,
  `duration("1h1d").toDays() == 1`,
  `duration("").toDays() == 0`,
  `duration("1").toDays() == 0`,
  `duration("1H").toDays() == 0`,
  `duration("9223372036854775807ms").toMilliseconds() > 0`,
  `duration("9223372036854775808ms").toMilliseconds() > 0`,
  `duration("106751991168d").toDays() > 0`,
  `datetime("9999-12-31").offset(duration("9223372036854775807ms")) > datetime("2024-01-01")`,
  `datetime("2024-01-01") < duration("1h")`,
];

const REQUEST = {
  principal: { type: "User", id: "a" },
  action: { type: "Action", id: "read" },
  resource: { type: "App", id: "w" },
};

describe("edge cases decide and err as in Cedar", () => {
  it.each(EXPRESSIONS)("%s", (expression) => {
    const text = `permit (principal, action, resource) when { ${expression} };`;
    const answer = isAuthorized({
      ...REQUEST,
      context: { n: 1, nested: { n: 2 } },
      entities: [],
      policies: { staticPolicies: { p: text } },
    } as unknown as Parameters<typeof isAuthorized>[0]);
    if (answer.type === "failure") throw new Error(JSON.stringify(answer.errors));
    const json = policyToJson(text);
    if (json.type === "failure") throw new Error(JSON.stringify(json.errors));
    const uid = ({ type, id }: { type: string; id: string }) => new EntityUid(type, id);
    const ours = new PolicySet([compilePolicy("p", json.json)]).decide({
      principal: uid(REQUEST.principal),
      action: uid(REQUEST.action),
      resource: uid(REQUEST.resource),
      context: new Map<string, number | ReadonlyMap<string, number>>([
        ["n", 1],
        ["nested", new Map([["n", 2]])],
      ]),
      entities: new Map(),
    });
    expect({ decision: ours.decision, errs: ours.erroring.length }).toEqual({
      decision: answer.response.decision,
      errs: answer.response.diagnostics.errors.length,
    });
  });

  it("P7: refuses a literal that JSON may have rounded, instead of guessing", () => {
    const json = policyToJson(`permit (principal, action, resource) when { context.n < ${MAX} };`);
    if (json.type === "failure") throw new Error(JSON.stringify(json.errors));
    expect(() => compilePolicy("p", json.json)).toThrow("write larger ones as a product");
  });
});
