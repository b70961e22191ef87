import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeTextError } from "../../../shared/base/text-error.ts";
import { parseRule, printRule } from "../../../shared/segments/rule.ts";
import { parseSelector, printSelector } from "../../../shared/segments/selector.ts";
import { parseTraffic, printTraffic } from "../../../shared/segments/traffic.ts";

const SEED = 20261124;
const selectorRefusal = (text: string, side: "from" | "to" = "to"): string => {
  const parsed = parseSelector(text, side);
  return parsed.ok ? `accepted as ${printSelector(parsed.value)}` : describeTextError(parsed.error);
};
const trafficRefusal = (text: string): string => {
  const parsed = parseTraffic(text);
  return parsed.ok ? `accepted as ${printTraffic(parsed.value)}` : describeTextError(parsed.error);
};

describe("selectors", () => {
  test.each([
    ["any", "any"],
    ["internet", "internet"],
    ["segment:Back office", "segment:Back office"],
    ["segment:seg_01", "segment:seg_01"],
    ["tag:web-1.a_b", "tag:web-1.a_b"],
    ["user:Ada@Example.COM", "user:ada@example.com"],
    ["node:db1", "node:db1"],
    ["subnet:FD00:0::/48", "subnet:fd00::/48"],
    ["subnet:10.0.0.0/24", "subnet:10.0.0.0/24"],
  ])("%j is %j", (text, printed) => {
    const parsed = parseSelector(text, "to");
    expect(parsed.ok && printSelector(parsed.value)).toBe(printed);
  });

  test.each([
    ["", "character 1: this is no selector. Write any, segment:NAME"],
    ["*", 'Write "any"'],
    ["ANY", 'Write "any"'],
    ["group:admins", "character 1: this is no selector"],
    ["Tag:web", "character 1: this is no selector"],
    [" any", "character 1: this is no selector"],
    ["ada@example.com", 'Write "user:ada@example.com"'],
    ["10.0.0.0/8", 'Write "subnet:10.0.0.0/8"'],
    ["0.0.0.0/0", 'Write "internet"'],
    ["tag:", "character 5: the tag is missing"],
    ["tag: web", "character 5: a tag can't hold this character"],
    ["tag:wеb", "character 6: a tag is plain ASCII"],
    ["tag:Web", "character 5: a tag can't hold this character"],
    ["tag:-web", "character 5: this is no tag"],
    [`tag:${"a".repeat(64)}`, "character 5: this is no tag"],
    ["user:ada", "character 6: this is no e-mail address"],
    ["user:ada@exаmple.com", "character 6: this is no e-mail address"],
    ["node:db.corp.internal", "character 6: this is no node's name"],
    ["node:db1\n", "character 6: this is no node's name"],
    ["segment:a\u202eb", "character 10: this character can't be seen"],
    ["segment: a", "character 9: this is no segment's name"],
    ["subnet:0.0.0.0/0", 'character 8: everything is no subnet. Write "internet"'],
    ["subnet:::/0", 'character 8: everything is no subnet. Write "internet"'],
    ["subnet:100.64.7.0/24", "character 8: these are the addresses of nodes"],
    ["subnet:10.0.0.1/8", "character 8: the address has bits after the first 8. Write 10.0.0.0/8"],
    ["subnet:::ffff:10.0.0.0/104", "character 8: this is an IPv4 prefix inside IPv6. Write 10.0.0.0/8"],
    ["subnet:fe80::%1/64", "character 14: a prefix has no zone"],
    ["subnet:10.0.0.0", "character 16: the prefix length is missing"],
    [`segment:${"a".repeat(300)}`, "character 301: the selector is too long"],
  ])("%j is refused", (text, reason) => expect(selectorRefusal(text)).toContain(reason));

  test("the Internet is a destination only", () => {
    expect(selectorRefusal("internet", "from")).toContain("character 1: the Internet is a destination only");
  });
});

describe("traffic", () => {
  test.each([
    ["any", "any"],
    ["icmp", "icmp"],
    ["icmp/echo-request", "icmp/echo-request"],
    ["icmp4/13,8", "icmp4/echo-request,timestamp-request"],
    ["icmp6/128,139,128", "icmp6/echo-request,node-information-query"],
    ["other", "other"],
    ["other6", "other6"],
    ["tcp", "tcp"],
    ["tcp/443", "tcp/443"],
    ["udp/53", "udp/53"],
    ["tcp/8000-8100", "tcp/8000-8100"],
    ["tcp/443,80,81,8000-8100,8050-8200", "tcp/80-81,443,8000-8200"],
    ["udp/1-65535", "udp/1-65535"],
    ["any4", "any4"],
    ["icmp6", "icmp6"],
    ["tcp4/443", "tcp4/443"],
  ])("%j is %j", (text, printed) => expect(trafficRefusal(text)).toBe(`accepted as ${printed}`));

  test.each([
    ["", "character 1: this is no protocol"],
    ["TCP/80", "character 1: this is no protocol"],
    ["sctp/80", "character 1: this is no protocol"],
    ["443", "character 1: this is no protocol"],
    ["tcp5/443", "character 1: this is no protocol"],
    ["tcp44/443", "character 1: this is no protocol"],
    ["4", "character 1: this is no protocol"],
    [
      "icmp/8",
      "character 6: a type is another one in each family. Write icmp/echo-request, icmp4/8 or icmp6/128",
    ],
    ["icmp/", "character 6: a type is missing"],
    ["icmp/ping", "character 6: this begins no exchange. Name echo-request, timestamp-request"],
    ["icmp4/8,3", "character 9: this type begins no exchange"],
    ["icmp4/08", "character 7: this type begins no exchange"],
    ["icmp6/8", "character 7: this type begins no exchange. Name echo-request, node-information-query:"],
    ["icmp6/timestamp-request", "character 7: this begins no exchange"],
    ["other/47", "character 6: other has no ports"],
    ["any/80", "character 4: any has no ports"],
    ["tcp/", "character 5: a port is missing"],
    ["tcp/0", "character 5: there is no port 0. Write a number from 1 to 65535."],
    ["tcp/0-80", "character 5: there is no port 0"],
    ["tcp/080", "character 5: a port has no leading zero"],
    ["tcp/65536", "character 5: the port is too high"],
    ["tcp/80-70", "character 5: the range is the wrong way round. Write 70-80."],
    ["tcp/80-", "character 8: a port is missing"],
    ["tcp/80,,90", "character 8: a port is missing"],
    ["tcp/80,ssh", "character 8: a port has no name here"],
    ["tcp/*", "character 5: a port has no name here"],
    ["tcp/1-2-3", "character 7: this is no port"],
    ["tcp/ 80", "character 5: this is no port"],
    ["tcp/８0", "character 5: this is no port"],
    [`tcp/${Array.from({ length: 33 }, (_, i) => 2 * i + 1).join(",")}`, "too many ports are listed"],
    [`tcp/${"1,".repeat(100)}`, "character 201: the traffic is too long"],
  ])("%j is refused", (text, reason) => expect(trafficRefusal(text)).toContain(reason));
});

describe("rules", () => {
  const text = {
    from: ["tag:web", "tag:web", "user:A@b.co"],
    to: ["any"],
    traffic: ["tcp/443", "tcp/443-443"],
  };

  test("are read with each entry once", () => {
    const rule = parseRule(text);
    expect(rule.ok && printRule(rule.value)).toEqual({
      from: ["tag:web", "user:a@b.co"],
      to: ["any"],
      traffic: ["tcp/443"],
    });
  });

  test.each([
    [
      { ...text, from: [] },
      { field: "from", index: null },
    ],
    [
      { ...text, from: ["any", "internet"] },
      { field: "from", index: 1 },
    ],
    [
      { ...text, to: ["any", "subnet:0.0.0.0/0"] },
      { field: "to", index: 1 },
    ],
    [
      { ...text, traffic: [] },
      { field: "traffic", index: null },
    ],
    [
      { ...text, traffic: ["icmp", "tcp/0"] },
      { field: "traffic", index: 1 },
    ],
    [
      { ...text, to: Array.from({ length: 65 }, (_, i) => `tag:t${i}`) },
      { field: "to", index: null },
    ],
  ] as const)("a refusal names the entry: %j", (rule, where) => {
    expect(parseRule(rule)).toMatchObject({ ok: false, error: where });
  });

  test("any text at all is read or refused with a place inside it", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 400 }),
        fc.constantFrom("", "tag:", "subnet:", "tcp/"),
        (rest, head) => {
          for (const parsed of [parseSelector(head + rest, "to"), parseTraffic(head + rest)]) {
            if (parsed.ok) continue;
            expect(parsed.error.position).toBeGreaterThan(0);
            expect(parsed.error.position).toBeLessThanOrEqual((head + rest).length + 1);
          }
        },
      ),
      { seed: SEED, numRuns: 2_000 },
    );
  });
});
