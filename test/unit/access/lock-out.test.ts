import { policyToJson } from "@cedar-policy/cedar-wasm/nodejs";
import { describe, expect, it } from "vitest";
import { type Held, worldOf } from "../../../shared/access/as-of.ts";
import { lockOutInWords, lockOutsOf, type Replaced, withReplaced } from "../../../shared/access/lock-out.ts";

const NOW = 1_796_000_000_000;
const row = (kind: string, target: string, after: Held["after"], other = ""): Held => ({
  ...{ kind, target, other, after },
});
const person = (name: string, role: string | null) =>
  row("user", `usr_${name}`, { email: `${name}@example.com`, name, status: "active", role });
const app = (name: string) =>
  row("app", `app_${name}`, {
    ...{ name, host: `${name}.example`, segmentId: "seg_1", tags: [], enabled: true, settings: {} },
  });
const HELD: readonly Held[] = [
  person("ann", "owner"),
  person("bob", null),
  row("identityProvider", "idp_1", { name: "main", enabled: true }),
  row("identity", "usr_ann", { provider: "idp_1", groups: [] }, "idn_1"),
  row("identity", "usr_bob", { provider: "idp_1", groups: ["guests"] }, "idn_2"),
  row("segment", "seg_1", { name: "main" }),
  row("group", "grp_1", { name: "staff" }),
  row("membership", "grp_1", { memberKind: "user", member: "usr_ann" }, "usr_ann"),
  app("wiki"),
  app("chat"),
];

function statements(...sources: string[]) {
  return sources.map((source, i) => {
    const json = policyToJson(source);
    if (json.type === "failure") throw new Error(JSON.stringify(json.errors));
    return { id: `p#${i + 1}`, policy: json.json };
  });
}

const STAFF = `permit (principal in Group::"staff", action, resource);`;
const BOB = `permit (principal == User::"bob@example.com", action, resource == App::"chat");`;

function lockOuts(change: { to?: string[]; things?: Replaced[]; me?: string | null; most?: number }) {
  const { to = [STAFF, BOB], things = [], me = "usr_ann", most } = change;
  const before = { world: worldOf(HELD, NOW), statements: statements(STAFF, BOB) };
  const after = { world: worldOf(withReplaced(HELD, things), NOW), statements: statements(...to) };
  const { found, unseen } = lockOutsOf(before, after, me, NOW, most);
  return [...found.map(lockOutInWords), ...(unseen > 0 ? [`${unseen} unseen`] : [])];
}

describe("the lock-out guard", () => {
  it("tells of an app that nobody could open any more, and of one's own", () => {
    expect(lockOuts({})).toEqual([]);
    const closed = `forbid (principal, action, resource == App::"wiki");`;
    expect(lockOuts({ to: [STAFF, BOB, closed] })).toEqual(["Nobody could open the app wiki any more."]);
    expect(lockOuts({ to: [BOB] })).toEqual(
      ["You could no longer open the app chat.", "Nobody could open the app wiki any more."].toReversed(),
    );
    expect(lockOuts({ to: [BOB], me: "usr_bob" })).toEqual(["Nobody could open the app wiki any more."]);
    expect(lockOuts({ to: [BOB], me: null })).toEqual(["Nobody could open the app wiki any more."]);
  });

  it("is silent where a condition may hold, since nobody knows the next request", () => {
    const office = `forbid (principal, action, resource) unless { context.network has ip && context.network.ip.isInRange(ip("10.0.0.0/8")) };`;
    expect(lockOuts({ to: [STAFF, BOB, office] })).toEqual([]);
  });

  it("follows groups, roles, people and identity providers", () => {
    const left = { kind: "membership", target: "grp_1", other: "usr_ann", after: null };
    const both = ["Nobody could open the app wiki any more.", "You could no longer open the app chat."];
    expect(lockOuts({ things: [left] })).toEqual(both);
    expect(lockOuts({ things: [{ kind: "group", target: "grp_1", after: null }] })).toEqual(both);
    expect(lockOuts({ things: [{ kind: "group", target: "grp_1", after: { name: "team" } }] })).toEqual(both);
    const demoted = { kind: "user", target: "usr_ann", after: { ...HELD[0]?.after, role: null } };
    expect(lockOuts({ things: [demoted] })).toEqual(["You would lose access to the hub."]);
    expect(lockOuts({ things: [demoted], me: "usr_bob" })).toEqual([]);
    const off = { kind: "identityProvider", target: "idp_1", after: { enabled: false } };
    expect(lockOuts({ things: [off] })).toEqual(["You would lose access to the hub."]);
    const gone = { kind: "user", target: "usr_ann", after: null };
    expect(lockOuts({ things: [gone] })).toContain("You would lose access to the hub.");
  });

  it("does not tell of an app that goes, or that was closed before", () => {
    const gone = { kind: "app", target: "app_wiki", after: null };
    expect(lockOuts({ things: [gone] })).toEqual([]);
    expect(
      lockOutsOf(
        { world: worldOf(HELD, NOW), statements: [] },
        { world: worldOf(HELD, NOW), statements: [] },
        "usr_ann",
        NOW,
      ).found,
    ).toEqual([]);
  });

  it("is bounded, and says what it did not look at", () => {
    expect(lockOuts({ to: [], most: 3 }).at(-1)).toBe("1 unseen");
  });
});
