import { describe, expect, it } from "vitest";
import { inOrder, readRule, ruleArguments } from "../../../agent/system/rules.ts";
import { numbersOf } from "../../../agent/tunnel/numbers.ts";
import type { RoutingRule } from "../../../agent/tunnel/routing.ts";

const numbers = numbersOf("rustronaut0");
const RULES: readonly RoutingRule[] = [
  { family: 4, kind: "tunnel" },
  { family: 4, kind: "bypass", address: "192.0.2.7" },
  { family: 6, kind: "bypass", address: "2001:db8::7" },
  { family: 4, kind: "peers" },
  { family: 4, kind: "finer", network: "10.1.0.0/16" },
  { family: 4, kind: "ahead", network: "10.1.0.0/16" },
  { family: 4, kind: "machine" },
  { family: 6, kind: "networks" },
  { family: 4, kind: "exit" },
  { family: 4, kind: "exit-own" },
  { family: 4, kind: "end" },
];

/** What `ip -N -j rule show` says of a rule that was added with these arguments. */
function shown(args: readonly string[]): Parameters<typeof readRule>[0] {
  const after = (word: string) => (args.includes(word) ? args[args.indexOf(word) + 1] : undefined);
  const [dst, length] = (after("to") ?? "").split("/");
  const found = {
    fwmark: after("fwmark"),
    table: after("lookup"),
    suppress_ifgroup: after("suppress_ifgroup"),
  };
  return {
    priority: Number(after("priority")),
    ...(dst ? { dst } : {}),
    ...(length ? { dstlen: Number(length) } : {}),
    ...Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)),
  };
}

describe("I8: a routing rule", () => {
  it.each(RULES)("of $family $kind is read back as what it was added as", (rule) => {
    expect(readRule(shown(ruleArguments(rule, numbers)), rule.family, numbers)).toEqual(rule);
  });

  it("of another program is none of ours, also at the same place", () => {
    const { priority } = shown(ruleArguments({ family: 4, kind: "peers" }, numbers));
    expect(readRule({ priority, table: "254" }, 4, numbers)).toBeNull();
    expect(readRule({ priority: 1, table: String(numbers.tables.peers) }, 4, numbers)).toBeNull();
  });

  it("that somebody narrowed or widened is taken away as it stands", () => {
    const narrowed = {
      ...shown(ruleArguments({ family: 4, kind: "peers" }, numbers)),
      dst: "10.0.0.0",
      dstlen: 8,
    };
    const table = String(numbers.tables.peers);
    const priority = String(narrowed.priority);
    expect(readRule(narrowed, 4, numbers)).toEqual({
      ...{ family: 4, kind: "strange" },
      selection: ["to", "10.0.0.0/8", "lookup", table, "priority", priority],
    });
    const { dst: _, ...widened } = shown(
      ruleArguments({ family: 4, kind: "bypass", address: "192.0.2.7" }, numbers),
    );
    const found = readRule(widened, 4, numbers);
    expect(found?.kind).toBe("strange");
    expect(found && ruleArguments(found, numbers)).not.toContain("to");
  });

  it("is added after those that it needs", () => {
    const kinds = inOrder(RULES.toReversed()).map(({ kind }) => kind);
    expect([kinds[0], kinds[1], kinds.at(-1)]).toEqual(["end", "tunnel", "exit-own"]);
  });
});
