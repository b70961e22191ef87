import { expect, it } from "vitest";
import { Flood, isFirewallRule, isOfTable, ofOthers } from "../../../agent/system/watch.ts";

const OWN = 4_711;
const ends = (pid: string) => `# new generation 7${pid}`;
const by = (pid: number) => ends(` by process ${pid} (nft)`);

/** How many looks at the system these lines of `nft monitor` are worth. */
const looks = (...lines: string[]): number => {
  const isNews = ofOthers(
    (line) => line.includes("ours"),
    (pid) => pid === OWN,
  );
  return lines.filter(isNews).length;
};

it("M1: looks at what others did to the agent's table, and not at what it did itself", () => {
  expect(looks("delete table inet ours", "add table inet ours", by(OWN))).toBe(0);
  expect(looks("delete table inet ours", by(99))).toBe(1);
  expect(looks("insert rule inet ours input accept", "add rule inet ours input drop", by(99))).toBe(1);
  expect(looks("add table inet theirs", by(99))).toBe(0);
  expect(looks("delete table inet ours", by(OWN), "add table inet theirs", by(99))).toBe(0);
  expect(looks("delete table inet ours", by(OWN), "delete table inet ours", by(99))).toBe(1);
});

it("looks where it is not said who did it", () => {
  expect(looks("delete table inet ours", ends(""))).toBe(1);
});

it("tells its table from those of other interfaces and of flows", () => {
  const isOurs = isOfTable("inet rustronaut-wg0");
  for (const line of [
    "delete table inet rustronaut-wg0",
    "add element inet rustronaut-wg0 from4_0 { 100.64.0.9 }",
    "add rule inet rustronaut-wg0 rule_0 accept",
  ])
    expect(isOurs(line), line).toBe(true);
  for (const line of ["add table inet rustronaut-wg01", "add rule inet rustronaut-wg0/flows passage accept"])
    expect(isOurs(line), line).toBe(false);
});

it("takes chains and rules of others for a firewall, and neither elements of their sets nor tables of agents", () => {
  for (const line of [
    "add rule inet filter input tcp dport 22 accept",
    "delete table ip nat",
    "add chain inet firewalld filter_INPUT { type filter hook input priority filter + 10; policy drop; }",
  ])
    expect(isFirewallRule(line), line).toBe(true);
  for (const line of [
    "add element inet f2b addr-set { 192.0.2.1 }",
    "add rule inet rustronaut-wg1 input drop",
    "add rule inet rustronaut-wg0/flows passage accept",
  ])
    expect(isFirewallRule(line), line).toBe(false);
});

it("notices a flood, and its end", () => {
  const flood = new Flood(1_000);
  expect([600, 300, 200, 1].map((bytes) => flood.isOver(bytes, 5_000))).toEqual([false, false, true, true]);
  expect(flood.isOver(600, 6_000)).toBe(false);
});
