import { describe, expect, it } from "vitest";
import { areEncrypted, dropsInput } from "../../../agent/telemetry/facts.ts";
import { lockOf } from "../../../agent/telemetry/screen-lock.ts";

const crypt = (mountpoints: string[]) => ({ type: "part", children: [{ type: "crypt", mountpoints }] });
const plain = (mountpoints: string[]) => ({ type: "part", mountpoints });

describe("what an agent finds out about its machine", () => {
  it.each([
    ["the root on dm-crypt", [crypt(["/"]), plain(["/boot"])], true],
    ["LVM on dm-crypt", [{ children: [{ type: "crypt", children: [plain(["/"])] }] }], true],
    ["home beside it in the clear", [crypt(["/"]), plain(["/home"])], false],
    ["the root in the clear", [plain(["/"]), crypt(["/home"])], false],
    ["a root on none of the devices", [plain(["/boot"])], null],
  ])("%s", (_what, devices, is) => {
    expect(areEncrypted(devices)).toBe(is);
  });

  const input = { family: "inet", table: "filter", hook: "input", policy: "accept" };
  const rule = (table: string, ...expr: object[]) => ({ rule: { family: "inet", table, expr } });
  it.each([
    ["a policy that drops", [{ chain: { ...input, policy: "drop" } }], true],
    ["a rule that drops", [{ chain: input }, rule("filter", { drop: null })], true],
    ["a rule that rejects", [{ chain: input }, rule("filter", { match: {} }, { reject: {} })], true],
    ["an empty chain", [{ chain: input }], false],
    ["rules that only count", [{ chain: input }, rule("filter", { counter: {} })], false],
    ["a drop in a table without an input chain", [{ chain: input }, rule("nat", { drop: null })], false],
    ["the agent's own table", [{ chain: { ...input, table: "rustronaut-rn0", policy: "drop" } }], false],
    ["nothing", [], false],
  ])("a firewall: %s", (_what, objects, is) => {
    expect(dropsInput(objects)).toBe(is);
  });

  it.each([
    ["true\n", "uint32 300\n", true],
    ["false\n", "uint32 300\n", false],
    ["true\n", "uint32 0\n", false],
    ["", "uint32 300\n", null],
    ["true\n", "No such schema", null],
  ])("a screen lock of %j after %j", (enabled, delay, is) => {
    expect(lockOf(enabled, delay)).toBe(is);
  });
});
