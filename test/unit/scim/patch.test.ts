import { describe, expect, it } from "vitest";
import {
  type Attribute,
  ENTERPRISE_ATTRIBUTES,
  ENTERPRISE_SCHEMA,
  GROUP,
  type Resource,
  USER,
  USER_ATTRIBUTES,
} from "../../../shared/scim/attributes.ts";
import { applyPatch, type Operation } from "../../../shared/scim/patch.ts";

const START: Resource = { userName: "ann@corp.com" };

function patched(
  resource: Resource,
  ...operations: (Omit<Operation, "value"> & { value?: unknown })[]
): Resource {
  const result = applyPatch(USER, resource, operations as Operation[]);
  if (!result.ok) throw new Error(`${result.error.scimType}: ${result.error.detail}`);
  return result.value;
}

/** A value of an attribute that is made of one text. */
function sampleOf({ type, multiValued, subAttributes }: Attribute, text: string): unknown {
  if (type === "boolean") return text === "one";
  if (type !== "complex") return text;
  const part = subAttributes.find((sub) => sub.type === "string")?.name ?? "";
  return multiValued ? [{ [part]: text }] : { [part]: text };
}

describe("scim2-tester: check_add_attribute, check_replace_attribute, check_remove_attribute", () => {
  const all = [
    ...USER_ATTRIBUTES.map((attribute) => ({ attribute, prefix: "" })),
    ...ENTERPRISE_ATTRIBUTES.map((attribute) => ({ attribute, prefix: `${ENTERPRISE_SCHEMA}:` })),
  ].filter(({ attribute }) => attribute.mutability === "readWrite" && !attribute.required);

  it.each(all)("$prefix$attribute.name", ({ attribute, prefix }) => {
    const path = prefix + attribute.name;
    const seen = (resource: Resource) =>
      (prefix === "" ? resource : (resource[ENTERPRISE_SCHEMA] as Resource | undefined))?.[attribute.name];
    const [one, two] = [sampleOf(attribute, "one"), sampleOf(attribute, "two")];
    const added = patched(START, { op: "add", path, value: one });
    expect(seen(added)).toEqual(one);
    // The names of attributes are the same in upper and lower case.
    const replaced = patched(added, { op: "replace", path: path.toUpperCase(), value: two });
    expect(seen(replaced)).toEqual(two);
    expect(patched(replaced, { op: "remove", path })).toEqual(START);
  });
});

describe("RFC 7644 §3.5.2", () => {
  const emails = [
    { value: "a@corp.com", type: "work", primary: true },
    { value: "b@corp.com", type: "home" },
  ];
  const two = { ...START, emails };

  it("at most one value is the primary one: the one that was set last", () => {
    const added = patched(two, {
      op: "add",
      path: "emails",
      value: [{ value: "c@corp.com", primary: true }],
    });
    expect(added.emails).toMatchObject([{ primary: false }, {}, { value: "c@corp.com", primary: true }]);
    const moved = patched(two, { op: "replace", path: 'emails[type eq "home"].primary', value: true });
    expect(moved.emails).toMatchObject([{ primary: false }, { value: "b@corp.com", primary: true }]);
  });

  it("a value that is there is not added again", () => {
    expect(
      patched(two, { op: "add", path: "emails", value: [{ value: "b@corp.com", type: "home" }] }),
    ).toEqual(two);
  });

  it("a filter chooses the values, and a part of them may be removed", () => {
    const gone = patched(two, { op: "remove", path: 'emails[value ew "corp.com" and not (type eq "work")]' });
    expect(gone.emails).toEqual([emails[0]]);
    expect(patched(two, { op: "remove", path: 'emails[type eq "home"].type' }).emails).toEqual([
      emails[0],
      { value: "b@corp.com" },
    ]);
    expect(
      patched(two, { op: "replace", path: 'emails[type eq "home"]', value: { value: "x@corp.com" } }).emails,
    ).toEqual([emails[0], { value: "x@corp.com", type: "home" }]);
  });

  it("a part of a list without a filter is that part of each value", () => {
    expect(patched(two, { op: "replace", path: "emails.type", value: "other" }).emails).toMatchObject([
      { type: "other" },
      { type: "other" },
    ]);
  });

  it("an extension is merged, and removed, as a whole", () => {
    const made = patched(START, {
      op: "add",
      path: null,
      value: { [ENTERPRISE_SCHEMA]: { department: "D" } },
    });
    const more = patched(made, { op: "replace", path: ENTERPRISE_SCHEMA, value: { costCenter: "C" } });
    expect(more[ENTERPRISE_SCHEMA]).toEqual({ department: "D", costCenter: "C" });
    expect(patched(more, { op: "remove", path: ENTERPRISE_SCHEMA })).toEqual(START);
  });

  it("null takes a value away", () => {
    expect(patched({ ...START, title: "T" }, { op: "replace", path: "title", value: null })).toEqual(START);
  });

  it("never changes the resource that it was given", () => {
    const before = structuredClone(two);
    patched(
      two,
      { op: "replace", path: 'emails[type eq "home"].value', value: "z" },
      { op: "remove", path: "emails" },
    );
    expect(two).toEqual(before);
  });

  it("10,000 members are merged without comparing each with each", () => {
    const members = Array.from({ length: 5_000 }, (_, n) => ({ value: `u${n}` }));
    const more = Array.from({ length: 5_000 }, (_, n) => ({ value: `u${n + 2_500}` }));
    const result = applyPatch(GROUP, { displayName: "G", members }, [
      { op: "add", path: "members", value: more },
    ]);
    expect(result.ok && (result.value.members as unknown[]).length).toBe(7_500);
  });

  it("many operations on a long list, each of which is cheap, are refused before they take seconds", () => {
    const members = Array.from({ length: 10_000 }, (_, n) => ({ value: `u${n}` }));
    const outcome = (count: number, one: Operation) =>
      applyPatch(
        GROUP,
        { displayName: "G", members },
        Array.from({ length: count }, () => one),
      );
    const remove = { op: "remove", path: "members", value: [{ value: "x" }] } as const;
    const path = `members[${Array.from({ length: 20 }, () => 'value eq "x"').join(" or ")}]`;
    const manyTerms = { op: "remove", path, value: undefined } as const;
    const spelt = Object.fromEntries(
      ["members", "Members", "MEMBERS", "mEMBERS"].map((name) => [name, [{ value: "u0" }]]),
    );
    expect(outcome(50, remove).ok).toBe(true);
    for (const [count, one] of [
      [100, remove],
      [40, manyTerms],
      [30, { op: "add", path: null, value: spelt }],
    ] as const) {
      expect(outcome(count, one)).toMatchObject({ ok: false, error: { scimType: "tooMany" } });
    }
  });

  it("no name leads out of the resource", () => {
    for (const path of ["__proto__", "constructor.prototype", "__proto__.polluted"]) {
      expect(applyPatch(USER, START, [{ op: "add", path, value: "x" }])).toMatchObject({ ok: false });
    }
    const value = JSON.parse('{"__proto__":{"polluted":1},"name":{"__proto__":{"polluted":1}}}');
    expect(patched(START, { op: "add", path: null, value })).toEqual(START);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});
