import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lackOf, normalForm, type PolicyForm } from "../../../../shared/access/policy/form/model.ts";
import { formsOf } from "../../../../shared/access/policy/form/read.ts";
import { POLICY_TEMPLATES } from "../../../../shared/access/policy/form/templates.ts";
import { textOf } from "../../../../shared/access/policy/form/text.ts";
import { compilePolicies, decide } from "../../../../shared/access/policy/index.ts";
import { ACTIONS, type RequestFacts } from "../../../../shared/access/policy/request.ts";
import { statementsOf } from "../../../../shared/access/policy/tokens.ts";
import { drawn, SEED } from "../../../support/sample.ts";
import { jsonOf } from "./support.ts";

const compiledOf = (text: string) =>
  statementsOf(text).map(({ text: one }, n) => ({ id: `p#${n + 1}`, policy: jsonOf(one) }));

const WORDS = ["staff", "a b", 'quo"te', "back\\slash", "star*", "it's"];
const EMAILS = ["ann@example.com", "bob@example.com"];
const PATHS = ["/admin", "/api/v1", "/we*ird", '/quo"te', "/ü"];
const NETWORKS = ["203.0.113.0/24", "192.0.2.7", "2001:db8::/32"];
const COUNTRIES = ["DE", "FR", "KP"];
const some = <T>(items: readonly T[]) => fc.uniqueArray(fc.constantFrom(...items), { maxLength: 3 });

const named = fc
  .record({
    kind: fc.constant("named" as const),
    groups: some(WORDS),
    users: some(EMAILS),
    serviceTokens: some(WORDS),
  })
  .filter(({ groups, users, serviceTokens }) => groups.length + users.length + serviceTokens.length > 0);
const forms: fc.Arbitrary<PolicyForm> = fc
  .record({
    effect: fc.constantFrom("permit" as const, "forbid" as const),
    who: fc.oneof(
      fc.constant({ kind: "anyone" as const }),
      fc.constant({ kind: "signedIn" as const }),
      named,
    ),
    app: fc.option(fc.constantFrom("wiki", "shop")),
    actions: some(ACTIONS),
    paths: some(PATHS),
    conditions: fc.record({
      memberOf: some(WORDS),
      networks: some(NETWORKS),
      countries: some(COUNTRIES),
      notCountries: some(COUNTRIES),
      hours: fc.option(
        fc
          .record({ from: fc.nat(23), to: fc.integer({ min: 1, max: 24 }) })
          .filter(({ from, to }) => from !== to),
      ),
      weekdays: some([1, 2, 3, 4, 5, 6, 7]),
      signedInWithin: fc.option(fc.integer({ min: 1, max: 100_000 })),
      methods: some(["mfa", "pwd"]),
    }),
  })
  .map((form) =>
    normalForm(
      form.effect === "permit" ? { ...form, conditions: { ...form.conditions, memberOf: [] } } : form,
    ),
  );

const facts: fc.Arbitrary<RequestFacts> = fc
  .record({
    principal: fc.oneof(
      fc.record({
        type: fc.constant("User" as const),
        id: fc.constant("usr_1"),
        email: fc.constantFrom(...EMAILS),
        emailVerified: fc.boolean(),
        name: fc.constant("Ann"),
        groups: some(WORDS),
      }),
      fc.record({
        type: fc.constant("ServiceToken" as const),
        id: fc.constant("st_1"),
        name: fc.constantFrom(...WORDS),
        groups: some(WORDS),
      }),
      fc.constant({ type: "Anonymous" as const }),
    ),
    action: fc.constantFrom(...ACTIONS),
    resource: fc.record({
      app: fc.constantFrom("wiki", "shop"),
      segment: fc.constant("internal"),
      tags: fc.constant([]),
    }),
    path: fc.constantFrom(
      "/",
      ...PATHS,
      ...PATHS.map((path) => `${path}/x`),
      ...PATHS.map((path) => `${path}x`),
    ),
    network: fc.record({
      ip: fc.option(fc.constantFrom("203.0.113.9", "192.0.2.7", "198.51.100.1", "2001:db8::1")),
      country: fc.option(fc.constantFrom(...COUNTRIES, "US")),
      asn: fc.constant(null),
    }),
    authentication: fc.record({
      provider: fc.constant("idp_1"),
      acr: fc.constant(null),
      amr: some(["mfa", "pwd", "otp"]),
      ageSeconds: fc.nat(100_000),
    }),
    now: fc.integer({ min: 0, max: 2_000_000_000_000 }),
  })
  .map(({ path, authentication, ...rest }) => ({
    ...rest,
    request: { method: "GET", host: "wiki.example.com", path },
    authentication: rest.principal.type === "User" ? authentication : null,
    device: null,
    risk: 0,
  }));

/** In which of the drawn prefixes an address lies. */
const LIES_IN: Readonly<Record<string, string>> = {
  "203.0.113.9": "203.0.113.0/24",
  "192.0.2.7": "192.0.2.7",
  "2001:db8::1": "2001:db8::/32",
};

/** What the form's own words say, read naively. */
function sayOf({ effect, who, app, actions, paths, conditions: c }: PolicyForm, f: RequestFacts): string {
  const { principal: p } = f;
  const groups = p.type === "Anonymous" ? [] : p.groups;
  const isNamed =
    who.kind === "anyone" ||
    (who.kind === "signedIn" && p.type === "User") ||
    (who.kind === "named" &&
      (groups.some((group) => who.groups.includes(group)) ||
        (p.type === "User" && who.users.includes(p.email)) ||
        (p.type === "ServiceToken" && who.serviceTokens.includes(p.name))));
  const concerns =
    isNamed &&
    (app === null || app === f.resource.app) &&
    (actions.length === 0 || actions.includes(f.action)) &&
    (paths.length === 0 ||
      paths.some((path) => f.request.path === path || f.request.path.startsWith(`${path}/`)));
  const date = new Date(f.now);
  const [hour, weekday] = [date.getUTCHours(), date.getUTCDay() || 7];
  const { ip, country } = f.network;
  const limits = [
    c.memberOf.length === 0 || groups.some((group) => c.memberOf.includes(group)),
    c.networks.length === 0 || (ip !== null && c.networks.includes(LIES_IN[ip] ?? "")),
    c.countries.length === 0 || (country !== null && c.countries.includes(country)),
    c.notCountries.length === 0 || (country !== null && !c.notCountries.includes(country)),
    c.hours === null ||
      (c.hours.from < c.hours.to
        ? hour >= c.hours.from && hour < c.hours.to
        : hour >= c.hours.from || hour < c.hours.to),
    c.weekdays.length === 0 || c.weekdays.includes(weekday),
    c.signedInWithin === null ||
      (f.authentication !== null && f.authentication.ageSeconds <= c.signedInWithin),
    c.methods.length === 0 || c.methods.some((method) => f.authentication?.amr.includes(method)),
  ];
  const hold = limits.every(Boolean);
  if (effect === "permit") return concerns && hold ? "holds" : "silent";
  const isUnlimited = limits.length === 8 && JSON.stringify(c) === NOTHING;
  return concerns && (isUnlimited || !hold) ? "holds" : "silent";
}
const NOTHING = JSON.stringify({
  ...{ memberOf: [], networks: [], countries: [], notCountries: [] },
  ...{ hours: null, weekdays: [], signedInWithin: null, methods: [] },
});

const RUNS = { seed: SEED, numRuns: drawn(150, 20_000) };

describe("the form of a policy", () => {
  it("comes back from its own text, as Cedar's parser reads it", () => {
    fc.assert(
      fc.property(fc.array(forms, { minLength: 1, maxLength: 3 }), (given) => {
        expect(formsOf(compiledOf(textOf(given)))).toEqual({ ok: true, value: given });
      }),
      RUNS,
    );
  });

  it("decides as its words say", () => {
    const seen = { holds: 0, silent: 0 } as Record<string, number>;
    fc.assert(
      fc.property(forms, fc.array(facts, { minLength: 8, maxLength: 16 }), (form, requests) => {
        const compiled = compilePolicies(compiledOf(textOf([form])));
        for (const request of requests) {
          const { determining, erroring } = decide(compiled, request);
          const says = sayOf(form, request);
          seen[says] = (seen[says] ?? 0) + 1;
          expect(erroring).toEqual([]);
          expect(determining.length > 0 ? "holds" : "silent").toBe(says);
        }
      }),
      RUNS,
    );
    expect(seen.holds).toBeGreaterThan(RUNS.numRuns / 10);
  });

  const head = "(principal, action, resource)";
  it.each([
    [`permit ${head} when { context.request.host == "wiki.example.com" };`],
    [`permit (principal, action, resource in Segment::"internal");`],
    [`permit (principal, action == Action::"access", resource);`],
    [`@note("x") permit ${head};`],
    [`permit ${head} when { context.request.path == "/admin" };`],
    [`permit ${head} when { context.request.path like "/admin*" };`],
    [`permit ${head} unless { context.network has country && ["KP"].contains(context.network.country) };`],
    [`permit ${head} when { context.time.hour >= 8 };`],
    [`permit ${head} when { if principal has email then true else context.time.hour < 8 };`],
    [`forbid ${head} when { principal.groupless == [1, "a"].contains({a: 1}.a) };`],
    [`permit (principal is User in Group::"staff", action, resource);`],
    [`permit ${head} when { principal in Group::"staff" };`],
    [`permit ${head} when { context.time.weekday < 3 };`],
    [`permit ${head} when { context.authentication.age <= 900 };`],
    [`permit ${head} when { true };`],
    [`permit (principal == Anonymous::"anyone", action, resource);`],
  ])("is not made of what it could not say: %s", (text) => {
    expect(formsOf(compiledOf(text))).toMatchObject({ ok: false, error: /^Statement 1 / });
  });

  it("says which statement is only text", () => {
    const text = `permit ${head};\npermit ${head} when { true };`;
    expect(formsOf(compiledOf(text))).toEqual({
      ok: false,
      error: "Statement 2 says something that the form has no field for.",
    });
  });
});

describe("a form that is not whole", () => {
  const whole = POLICY_TEMPLATES[0]?.forms({ app: "wiki", group: "staff" })[0] as PolicyForm;
  const hours = { from: 8, to: 8 };
  it.each([
    [{ who: { kind: "named", groups: [], users: [], serviceTokens: [] } }, "Name at least one"],
    [{ paths: ["admin"] }, "begins with /"],
    [{ conditions: { ...whole.conditions, hours } }, "hours"],
    [{ conditions: { ...whole.conditions, memberOf: ["staff"] } }, "spares"],
  ] as [Partial<PolicyForm>, string][])("says what it lacks: %j", (changed, lack) => {
    expect(lackOf(whole)).toBeNull();
    expect(lackOf({ ...whole, ...changed })).toContain(lack);
  });
});

describe("the templates", () => {
  const names = { app: "wiki", group: "staff" };
  it.each(POLICY_TEMPLATES.map((template) => [template.id, template] as const))(
    "%s is a form",
    (_, { forms }) => {
      const given = forms(names);
      expect(formsOf(compiledOf(textOf(given)))).toEqual({ ok: true, value: given });
    },
  );
});
