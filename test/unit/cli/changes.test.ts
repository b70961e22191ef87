import { expect, test } from "vitest";
import { changesText } from "../../../cli/output/changes.ts";

const change = {
  at: Date.UTC(2026, 10, 30, 9),
  entry: "evt_1",
  person: null,
  note: null,
  via: null,
  actor: "enrolment_key:nek_1",
};
const textOf = (kind: string, fields: { field: string; before: unknown; after: unknown }[]) =>
  changesText(
    [
      { ...change, things: [{ kind, target: "x_1", other: "", name: "one", change: "changed", fields }] },
    ] as never,
    { nek_1: "for the office", seg_1: "core" },
  );

test("a change names who acted and what its fields point to", () => {
  const text = textOf("node", [{ field: "segmentId", before: null, after: "seg_1" }]);
  expect(text).toContain("for the office");
  expect(text).toContain("- → core");
  expect(text).not.toMatch(/nek_1|seg_1/);
});

test("a fingerprint is not taken for the secret", () => {
  expect(
    textOf("identityProvider", [{ field: "clientSecret", before: "aaaa0000", after: "Wg3-0z0g" }]),
  ).toContain("one with the fingerprint aaaa0000 → one with the fingerprint Wg3-0z0g");
});

test("a record is told in words", () => {
  expect(
    textOf("meshRule", [{ field: "from", before: null, after: { kind: "segment", tags: ["db"] } }]),
  ).toContain("from: - → kind segment, tags db");
});
