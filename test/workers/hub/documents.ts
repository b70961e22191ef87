import fc from "fast-check";
import type { NetworkDocument } from "../../../shared/api/document.ts";

/** Everything that a document can say. */
export const richDocument = (nodes: readonly string[]): NetworkDocument => ({
  version: 1,
  network: { name: "rich", signInIdleSeconds: 1_000, signInAbsoluteSeconds: 2_000, maxSessionsPerUser: 7 },
  segments: [
    {
      name: "main",
      description: "",
      deviceChecks: [
        "edr =  process edrd",
        `ca=file /etc/ssl/corp.pem sha256:${"b".repeat(64)} sha256:${"a".repeat(64)}`,
      ],
    },
    { name: "lab", description: "trials" },
  ],
  users: [
    { email: "ada@example.com", name: "Ada", status: "active", role: "admin" },
    { email: "bob@example.com", name: "", status: "disabled", role: null },
  ],
  groups: [
    { name: "all", description: "everybody", users: [], groups: ["dev"] },
    { name: "dev", description: "", users: ["ada@example.com", "bob@example.com"], groups: [] },
  ],
  notifications: [
    {
      name: "chat",
      kind: "slack",
      target: "https://chat.example.com/",
      events: ["node.pending"],
      enabled: true,
    },
    { name: "hook", kind: "webhook", target: "https://hook.example.com", events: [], enabled: false },
    {
      name: "ops",
      kind: "email",
      target: "Ops@example.com",
      events: ["owner.new", "policy.publish"],
      enabled: true,
    },
  ],
  signalTransmitters: [
    {
      ...{ name: "corp", kind: "ssf", issuer: "https://signals.example", jwksUri: null, provider: "idp" },
      ...{ bearer: true, effects: { "session-revoked": "record" }, ratesOwners: false, enabled: false },
    },
  ],
  signalReceivers: [
    {
      ...{ name: "hr", target: "https://hr.example/", audience: "https://hr.example", subjects: "iss_sub" },
      ...{ events: ["session-revoked"], enabled: true },
    },
  ],
  logDestinations: [
    { name: "siem", format: "otlp", url: "https://siem.example", kinds: ["login", "admin"], enabled: true },
  ],
  serviceTokens: [
    { name: "ci", groups: ["dev"], enabled: false, expiresAt: "2099-01-31T09:00:00Z" },
    { name: "cron", groups: [], enabled: true, expiresAt: null },
  ],
  apps: [
    {
      name: "wiki",
      title: "Wiki",
      host: "wiki.localhost",
      segment: "lab",
      tags: ["docs"],
      enabled: true,
      upstreams: ["https://wiki.example.com/"],
      settings: { idleSeconds: 60, clientHeaders: ["X-Auth-User"] },
    },
  ],
  policies: [
    {
      name: "p",
      source: '// who  \r\npermit (principal in Group::"dev",\taction, resource);  \n',
      enabled: true,
    },
  ],
  nodes: nodes.map((name, at) => ({
    name,
    segment: at === 0 ? "lab" : "main",
    tags: ["web", "db"].slice(at),
    user: at === 1 ? "Ada@example.com" : null,
    approvedRoutes: at === 2 ? ["10.9.0.0/16", "10.8.0.0/16"] : [],
    expiresAt: at === 0 ? "2099-06-01" : null,
  })),
  meshRules: [
    {
      name: "r",
      from: ["tag:web", `node:${nodes[0]}`],
      to: ["segment:lab"],
      traffic: ["tcp/443-443"],
      effect: "deny",
      notBefore: "2027-01-01",
      notAfter: "2099-06-01T12:00:00+02:00",
      weekly: "mon-fri 09:00-17:00,  sat 22:00-06:00 Europe/Berlin",
      log: true,
      owner: "platform team",
      enabled: true,
    },
  ],
});

/** Any network of these nodes. */
export function anyNetwork(nodes: readonly string[]): fc.Arbitrary<NetworkDocument> {
  const subset = (names: string[], least = 0) => fc.subarray(names, { minLength: least });
  const text = fc.stringMatching(/^[ -~äß日]{0,20}$/);
  const body = fc.constantFrom("", " ", "\n", "\r\n", "\t// x\n", "   \n\n", `// ${"long ".repeat(30)}\n`);
  const source = fc
    .tuple(body, body, body)
    .map(([a, b, c]) => `${a}permit (principal,${b} action, resource)${c};${a}${c}`);
  return fc
    .record({
      segments: subset(["lab", "shop", "yard"]).map((names) => ["main", ...names]),
      users: subset(["ada@example.com", "bob@example.com", "eve@example.com"], 1),
      groups: subset(["a", "b", "c"], 1),
    })
    .chain(({ segments, users, groups }) => {
      const segment = fc.constantFrom(...segments);
      const user = fc.constantFrom(...users);
      const selector = fc.oneof(
        segment.map((name) => `segment:${name}`),
        user.map((email) => `user:${email}`),
        fc.constantFrom("any", "tag:web", ...nodes.map((name) => `node:${name}`)),
      );
      const selectors = fc.uniqueArray(selector, { minLength: 1, maxLength: 3 });
      const time = fc.option(
        fc
          .integer({ min: 4_000_000_000_000, max: 5_000_000_000_000 })
          .map((ms) => new Date(ms).toISOString()),
      );
      return fc.record({
        version: fc.constant(1 as const),
        network: fc.record({ maxSessionsPerUser: fc.integer({ min: 1, max: 50 }) }),
        segments: fc.tuple(
          ...segments.map((name) => fc.record({ name: fc.constant(name), description: text })),
        ),
        users: fc.tuple(
          ...users.map((email) =>
            fc.record({
              email: fc.constant(email),
              name: text,
              status: fc.constantFrom("active" as const, "disabled" as const),
              role: fc.constantFrom(null, "admin" as const, "auditor" as const),
            }),
          ),
        ),
        groups: fc.tuple(
          ...groups.map((name, at) =>
            fc.record({
              name: fc.constant(name),
              description: text,
              users: subset(users),
              // Later ones alone, so that none is in itself.
              groups: subset(groups.slice(at + 1)),
            }),
          ),
        ),
        serviceTokens: fc.uniqueArray(
          fc.record({
            name: fc.constantFrom("ci", "cron", "x y"),
            groups: subset(groups),
            enabled: fc.boolean(),
            expiresAt: time,
          }),
          { selector: ({ name }) => name, maxLength: 3 },
        ),
        apps: fc.uniqueArray(
          fc.constantFrom("wiki", "shop", "crm").chain((name) =>
            fc.record({
              name: fc.constant(name),
              host: fc.constant(`${name}.localhost`),
              title: text,
              segment,
              tags: subset(["x", "y"]),
              enabled: fc.boolean(),
              upstreams: subset(["https://a.example.com", "https://b.example.com:8443"], 1),
              settings: fc.record({ anonymous: fc.boolean(), leaseMs: fc.integer({ min: 0, max: 1_000 }) }),
            }),
          ),
          { selector: ({ name }) => name, maxLength: 3 },
        ),
        policies: fc.uniqueArray(
          fc.record({ name: fc.constantFrom("p", "q"), source, enabled: fc.boolean() }),
          { selector: ({ name }) => name, maxLength: 2 },
        ),
        nodes: fc.tuple(
          ...nodes.map((name, at) =>
            fc.record({
              name: fc.constant(name),
              segment,
              tags: subset(["web", "db"]),
              user: fc.option(user),
              approvedRoutes: subset([`10.${at}.0.0/16`, `10.2${at}.0.0/16`, "0.0.0.0/0"]),
              expiresAt: time,
            }),
          ),
        ),
        meshRules: fc.uniqueArray(
          fc.record({
            name: fc.constantFrom("r", "s"),
            from: selectors,
            to: selectors,
            traffic: fc.constantFrom(["any"], ["tcp/443", "icmp"], ["udp/1-99"]),
            effect: fc.constantFrom("allow", "deny"),
            notBefore: fc.constantFrom(null, "2027-01-31"),
            notAfter: time,
            weekly: fc.constantFrom(null, "mon 00:00-24:00 UTC"),
            log: fc.boolean(),
            owner: fc.constantFrom(null, "platform team"),
            enabled: fc.boolean(),
          }),
          { selector: ({ name }) => name, maxLength: 2 },
        ),
      });
    });
}
