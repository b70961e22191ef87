import { describe, expect, it } from "vitest";
import type { FactValues } from "../../../../shared/segments/criteria/facts.ts";
import { type Candidate, Descriptions, membershipOf } from "../../../../shared/segments/suggest/criterion.ts";
import { nameOfRole } from "../../../../shared/segments/suggest/names.ts";

const node = (id: string, facts: Record<string, string | string[]> = {}, tags: string[] = []): Candidate => ({
  id,
  name: `${id}-name`,
  tags,
  facts: new Map(Object.entries(facts)) as FactValues,
});
const ids = (...all: string[]) => new Set(all);

describe("a description of exactly the wanted nodes", () => {
  const all = [
    node("a", { "project.id": "apollo", "app.postgres": "16.1" }),
    node("b", { "project.id": "apollo", "app.postgres": "15.4" }),
    node("c", { "project.id": "apollo" }, ["web"]),
    node("d", { "project.id": "gemini", "app.postgres": "15.4" }, ["web"]),
  ];

  it("is a tag or a stated fact where that fits, or two facts together", () => {
    expect(membershipOf(ids("c", "d"), new Descriptions(all, true))).toMatchObject({
      include: ["tag:web"],
      where: "",
      fit: "exact",
    });
    expect(membershipOf(ids("a", "b", "d"), new Descriptions(all, true))).toMatchObject({
      where: "known app.postgres",
      type: "application",
      fit: "exact",
    });
    expect(membershipOf(ids("a", "b"), new Descriptions(all, true))).toMatchObject({
      where: expect.stringMatching(
        /^(known app\.postgres and project\.id == "apollo"|project\.id == "apollo" and known app\.postgres)$/,
      ),
      fit: "exact",
    });
  });

  it("names the exceptions where nearly all fit, at most one in ten", () => {
    const many = Array.from({ length: 20 }, (_, at) => node(`n${at}`, { "place.zone": "gdpr" }));
    const wanted = ids(...many.slice(1).map(({ id }) => id), "x");
    const around = [...many, node("x"), node("y")];
    expect(membershipOf(wanted, new Descriptions(around, true))).toEqual({
      type: "geographic",
      where: 'place.zone == "gdpr"',
      include: ["node:x-name"],
      exclude: ["node:n0-name"],
      fit: "nearly",
    });
    expect(membershipOf(ids("n1", "x"), new Descriptions(around, true))).toMatchObject({
      where: "",
      fit: "list",
    });
  });

  it("never reads what nodes claim of themselves, and no criterion where not all nodes are known", () => {
    const claiming = [node("a", { "claims.os": "debian", "observed.country": "DE" }), node("b")];
    expect(membershipOf(ids("a"), new Descriptions(claiming, true))).toMatchObject({
      include: ["node:a-name"],
      fit: "list",
    });
    expect(membershipOf(ids("c", "d"), new Descriptions(all, false))).toMatchObject({ fit: "list" });
  });

  it("never quotes a value that could mean something else in a criterion", () => {
    const odd = [node("a", { "project.id": 'x" or known node.name or project.id == "y' }), node("b")];
    expect(membershipOf(ids("a"), new Descriptions(odd, true))).toMatchObject({ where: "", fit: "list" });
  });
});

describe("the name of a role", () => {
  const list = { type: "device", where: "", include: [], exclude: [], fit: "list" } as const;

  it("is its tag or fact, or what the nodes are called alike, and is nobody else's", () => {
    expect(nameOfRole({ ...list, include: ["tag:web"], fit: "exact" }, ["x"], ids())).toBe("web");
    expect(nameOfRole({ ...list, where: 'user.department == "R & D"', fit: "exact" }, ["x"], ids())).toBe(
      "r-d",
    );
    expect(nameOfRole(list, ["db-1", "db-2"], ids("db"))).toBe("db-2");
    expect(nameOfRole(list, ["x", "yy"], ids())).toBe("role-x");
  });
});
