import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { applyNetwork } from "../../../scripts/local/admin.ts";
import { signIn } from "../../support/attack.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { Visitor } from "../../support/visitor.ts";

/** S-18: names that no plain header can hold. */

const USERS = [
  { id: "plain", name: "Plain", email: "plain@example.com", groups: ["engineering"] },
  { id: "comma", name: "Ünal, Zoë", email: "comma@example.com", groups: ["engineering", "a, b", "c\r\nd"] },
  { id: "greek", name: "Ζωή 🐟", email: "greek@example.com", groups: ["engineering", "ομάδα, δύο"] },
];
const FOREIGN = { id: "foreign", name: "Zoë", email: "zoë@example.com", groups: ["engineering"] };

let system: System;
beforeAll(async () => {
  system = await startSystem({
    withoutDashboard: true,
    users: [...USERS, FOREIGN],
    policies: [{ name: "all", source: `permit (principal in Group::"engineering", action, resource);` }],
  });
  const of = (compatibility: "cloudflare" | "pomerium") => ({
    name: compatibility,
    host: `${compatibility}.localhost`,
    segment: "main",
    upstreams: [system.upstream.origin],
    settings: { compatibility },
  });
  await applyNetwork(system.admin, { version: 1, apps: [of("cloudflare"), of("pomerium")] });
});
afterAll(() => system.stop());

async function headersFor(user: string, compatibility: string) {
  const attacker = await signIn(system, user, `http://${compatibility}.localhost:${system.port}`);
  expect(await attacker.send("/")).toMatchObject({ status: 200, hits: 1 });
  return system.upstream.seen.at(-1)?.headers ?? {};
}

describe("S-18 the assertion holds every name as it is", () => {
  it.each(USERS)("$id", async ({ id, email, name, groups }) => {
    for (const [compatibility, header] of [
      ["cloudflare", "cf-access-jwt-assertion"],
      ["pomerium", "x-pomerium-jwt-assertion"],
    ] as const) {
      const headers = await headersFor(id, compatibility);
      const claims = decodeJwt(String(headers[header]));
      expect(claims).toMatchObject({ email, name });
      expect([...(claims.groups as string[])].sort()).toEqual([...groups].sort());
      expect(headers["x-rustronaut-jwt-assertion"]).toBe(headers[header]);
    }
  });
});

describe("S-18 the plain header for the e-mail", () => {
  it.each(USERS)("is the address ($id)", async ({ id, email }) => {
    const headers = await headersFor(id, "cloudflare");
    expect(headers["cf-access-authenticated-user-email"]).toBe(email);
  });
  it("an address outside of ASCII does not sign in at all, so none is ever altered", async () => {
    system.upstream.reset();
    const { response } = await new Visitor().visit(`http://cloudflare.localhost:${system.port}/`, "foreign");
    expect([response.status, system.upstream.hits()]).toEqual([403, 0]);
  });
});
