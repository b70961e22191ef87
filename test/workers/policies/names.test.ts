import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { statementsOf } from "../../../shared/access/policy/tokens.ts";
import type { Body } from "../../../shared/api/endpoints.ts";
import { call, createNetwork } from "../hub/world.ts";
import { applyRegistry } from "../registry.ts";

const PAGES = {
  ...import.meta.glob("../../../docs/*.md", { query: "?raw", import: "default", eager: true }),
  ...import.meta.glob("../../../README.md", { query: "?raw", import: "default", eager: true }),
};

/** The network that the documentation speaks of. */
const NETWORK: Body<"network.plan">["document"] = {
  version: 1,
  segments: [{ name: "internal" }],
  users: [{ email: "ann@example.com" }, { email: "bob@example.com" }],
  groups: [{ name: "engineering" }, { name: "wiki-admins" }],
  serviceTokens: [{ name: "ci", groups: ["robots"] }, { name: "plc" }],
  apps: ["wiki", "shop", "metrics", "mine", "scada", "payroll"].map((name) => ({
    name,
    host: `${name}.example.com`,
    segment: "internal",
    tags: ["sensitive"],
    upstreams: ["https://origin.example.net"],
  })),
};

let token: string;
beforeAll(async () => {
  await applyRegistry();
  token = await createNetwork();
  await apply(NETWORK);
});

async function apply(document: Body<"network.plan">["document"], prune = false) {
  const plan = await call(token, "POST", "/network/plan", { body: { document, prune } });
  const body = { document, prune, baseVersion: plan.json.baseVersion };
  return (await call(token, "POST", "/network/apply", { body })).json as { warnings?: string[] };
}

interface Validation {
  readonly valid: boolean;
  readonly issues: { message: string }[];
  readonly warnings: { message: string; line: number; column: number; code: string }[];
}
const validate = async (source: string) =>
  (await call(token, "POST", "/policies/validate", { body: { source } })).json as unknown as Validation;

/** The statements that stand in a page's code, with their annotations. */
function statementsIn(page: string): string[] {
  const code = page.replace(/^(\s*@.*)\n\s*(?=permit|forbid)/gm, "$1 ");
  const starts = [...code.matchAll(/^(?: {4,}|.*')(?=(?:@\w+\("[^\n]*"\)\s+)?(?:permit|forbid) \()/gm)];
  return starts.map((start) => statementsOf(code.slice(start.index + start[0].length))[0]?.text ?? "");
}

describe("the documentation's own examples", () => {
  const examples = Object.entries(PAGES).flatMap(([page, text]) =>
    statementsIn(text).map((statement) => [page.split("/").at(-1) ?? "", statement] as const),
  );

  it("U6: are found", () => expect(examples.length).toBeGreaterThanOrEqual(7));

  it.each(examples)("U6: of %s are valid and without a warning: %s", async (_, statement) => {
    expect(await validate(statement)).toMatchObject({ valid: true, issues: [], warnings: [] });
  });
});

describe("a name that nothing has", () => {
  const forbid = (scope: string, condition = "true") => `forbid (${scope}) when { ${condition} };`;

  it.each([
    [forbid('principal in Group::"enginering", action, resource'), 'did you mean Group::"engineering"?'],
    [forbid('principal, action, resource == App::"wki"'), 'did you mean App::"wiki"?'],
    [forbid('principal, action, resource in Segment::"interal"'), 'did you mean Segment::"internal"?'],
    [
      forbid('principal == User::"bob@exmaple.com", action, resource'),
      'did you mean User::"bob@example.com"?',
    ],
    [forbid('principal == ServiceToken::"cl", action, resource'), 'did you mean ServiceToken::"ci"?'],
    [forbid("principal, action, resource", 'principal in Group::"robot"'), 'did you mean Group::"robots"?'],
    [forbid("principal, action, resource", 'resource.name == "wki"'), 'did you mean "wiki"?'],
    [forbid("principal, action, resource", '"interal" == resource.segment.name'), 'did you mean "internal"?'],
    [
      forbid("principal, action, resource", 'resource.tags.contains("sensitiv")'),
      'did you mean "sensitive"?',
    ],
    [
      forbid("principal, action, resource", '["shop", "wki"].contains(resource.name)'),
      'did you mean "wiki"?',
    ],
    [
      forbid("principal, action, resource", 'context.request.host == "wki.example.com"'),
      'did you mean "wiki.example.com"?',
    ],
    [
      `@links("principal User::'bob@exmaple.com', resource App::'wiki'")\npermit (principal == ?principal, action, resource == ?resource);`,
      'did you mean User::"bob@example.com"?',
    ],
  ])("U6: is a warning with the nearest one: %s", async (source, meant) => {
    const { valid, warnings } = await validate(source);
    expect(valid).toBe(true);
    expect(warnings).toEqual([
      expect.objectContaining({ code: "unknown_name", message: expect.stringContaining(meant) }),
    ]);
  });

  it.each([
    ['principal, action == Action::"raed", resource', "true", "read"],
    ["principal, action, resource", 'context.request.metod == "GET"', "method"],
    ['principal in Grup::"engineering", action, resource', "true", "Group"],
  ])(
    "U6: a slip in the language itself is an error, with what was meant: %s %s",
    async (scope, condition, meant) => {
      const { valid, issues } = await validate(forbid(scope, condition));
      expect(valid).toBe(false);
      expect(issues.map(({ message }) => message).join("\n")).toMatch(new RegExp(`did you mean .*${meant}`));
    },
  );

  it("U6: stands where the text has it, each once, in the text's order; comments and annotations name nothing", async () => {
    const source = `// Group::"enginering" in a comment
@why("Group::\\"enginering\\"")
permit (principal in Group::"engineering", action, resource);
forbid (principal in Group::"nobody-near", action, resource == App::"wki")
unless { principal in Group::"nobody-near" };`;
    const { warnings } = await validate(source);
    expect(
      warnings.map(({ line, column, message }) => [line, column, message.split(":: ")[0]?.slice(0, 20)]),
    ).toEqual([
      [4, 22, 'Group::"nobody-near"'],
      [4, 64, 'App::"wki": there is'],
    ]);
    expect(warnings[0]?.message).not.toContain("did you mean");
  });

  it("U6: is a warning in the plan that takes away what a policy names, unless a provider claims it", async () => {
    const source = 'permit (principal in Group::"wiki-admins", action, resource == App::"shop");';
    await call(token, "POST", "/policies", { body: { name: "cites", source } });
    const document = { version: 1, groups: [{ name: "engineering" }] };
    const plan = () => call(token, "POST", "/network/plan", { body: { document, prune: true } });
    expect((await plan()).json.warnings).toEqual([
      expect.stringMatching(/^policy cites: line 1, column 22: Group::"wiki-admins": there is no group/),
    ]);
    await env.DB.batch([
      env.DB.prepare(
        "INSERT INTO identity_providers (id, name, issuer, client_id, created_at, updated_at) VALUES ('idp_1', 'idp', 'https://idp.example', 'me', 1, 1)",
      ),
      env.DB.prepare(
        "INSERT INTO identities (id, user_id, provider_id, subject, groups, created_at, updated_at) SELECT 'idn_1', id, 'idp_1', 's', '[\"wiki-admins\"]', 1, 1 FROM users LIMIT 1",
      ),
    ]);
    expect((await plan()).json).not.toHaveProperty("warnings");
    await call(token, "DELETE", "/policies/cites", { headers: { "if-match": '"1"' } });
  });

  it("U6: is a warning when it is published, rolled back to and applied, and not when the document makes it", async () => {
    const source = 'forbid (principal in Group::"enginering", action, resource);';
    const created = await call(token, "POST", "/policies", { body: { name: "slip", source } });
    expect(created.json.warnings).toEqual([
      expect.objectContaining({ code: "unknown_name", line: 1, column: 22 }),
    ]);
    const headers = { "if-match": `"${created.json.version}"` };
    const fine = { source: 'forbid (principal in Group::"engineering", action, resource);' };
    const published = await call(token, "POST", "/policies/slip/versions", { headers, body: fine });
    expect(published.json).not.toHaveProperty("warnings");
    const back = await call(token, "POST", "/policies/slip/rollback", {
      headers: { "if-match": `"${published.json.version}"` },
      body: { number: 1 },
    });
    expect(back.json.warnings).toHaveLength(1);
    const policies = [
      {
        name: "new",
        source:
          'forbid (principal in Group::"fresh", action, resource == App::"ecco") when { resource.tags.contains("new") };',
      },
    ];
    const echo = {
      name: "echo",
      host: "e.example.com",
      segment: "internal",
      tags: ["new"],
      upstreams: ["https://o.example.net"],
    };
    const { warnings } = await apply({ version: 1, groups: [{ name: "fresh" }], apps: [echo], policies });
    expect(warnings).toEqual([
      expect.stringMatching(/^policy new: line 1, column \d+: App::"ecco".*did you mean App::"echo"\?$/),
    ]);
  });
});
