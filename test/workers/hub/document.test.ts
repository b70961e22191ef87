import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { exportedYaml } from "../../../cli/network/exported.ts";
import type { NetworkDocument, Plan } from "../../../shared/api/document.ts";
import { auditObject } from "../../../workers/platform/objects.ts";
import { drawn, SEED } from "../../support/sample.ts";
import { openWorld, type World } from "../agent-api/world.ts";
import { anyNetwork, richDocument } from "./documents.ts";
import { bindings } from "./world.ts";

let world: World;
/** Names of machines that enrolled. */
let nodes: string[];

beforeAll(async () => {
  world = await openWorld();
  for (let at = 0; at < 3; at++) await world.member();
  const { data } = await world.admin.call("nodes.list", { query: {} });
  nodes = data.items.map(({ name }) => name).sort();
  await env.DB.prepare(
    "INSERT INTO identity_providers (id, name, issuer, client_id, created_at, updated_at) VALUES ('idp_1', 'idp', 'https://idp.example', 'me', 1, 1)",
  ).run();
  // Three machines make their keys, which takes long while others compute.
}, 60_000);

async function exported(): Promise<NetworkDocument> {
  return (await world.admin.call("network.export")).data.document;
}
const plan = async (document: NetworkDocument, prune = false): Promise<Plan> =>
  (await world.admin.call("network.plan", { body: { document, prune } })).data;
async function apply(document: NetworkDocument, prune = false): Promise<Plan> {
  const { baseVersion } = await plan(document, prune);
  return (await world.admin.call("network.apply", { body: { document, prune, baseVersion } })).data;
}
const refusalOf = (document: NetworkDocument, prune = false) =>
  plan(document, prune).then(
    () => null,
    ({ problem }) => `${problem.code}: ${problem.detail}`,
  );

describe("the document", () => {
  it("8.6: is the whole network: what is exported says all of it, and applying it changes nothing", async () => {
    await apply(richDocument(nodes), true);
    const document = await exported();
    for (const section of Object.keys(richDocument(nodes))) expect(document).toHaveProperty(section);
    expect(document.nodes).toMatchObject([
      { segment: "lab", tags: ["db", "web"], expiresAt: "2099-06-01T00:00:00.000Z" },
      { user: "ada@example.com" },
      { approvedRoutes: ["10.8.0.0/16", "10.9.0.0/16"] },
    ]);
    expect(document.meshRules).toMatchObject([
      {
        from: ["tag:web", `node:${nodes[0]}`],
        traffic: ["tcp/443"],
        effect: "deny",
        notAfter: "2099-06-01T10:00:00.000Z",
        weekly: "mon-fri 09:00-17:00, sat 22:00-06:00 Europe/Berlin",
        owner: "platform team",
      },
    ]);
    expect(document.identityProviders).toMatchObject([{ name: "idp", issuer: "https://idp.example" }]);
    expect((await plan(document)).steps).toEqual([]);
    expect((await plan(document, true)).steps).toEqual([]);
    expect(parse(exportedYaml(document))).toEqual(document);
    expect(JSON.stringify(document)).not.toMatch(/secret/i);
  });

  it("refuses a rule that ends before it begins, and hours that nobody can read", async () => {
    const rule = { name: "x", from: ["any"], to: ["any"], traffic: ["any"] };
    const of = (more: object) => apply({ version: 1, meshRules: [{ ...rule, ...more }] } as NetworkDocument);
    await expect(of({ notBefore: "2027-02-01", notAfter: "2027-02-01" })).rejects.toThrow("/notAfter");
    await expect(of({ weekly: "mon 9-17 Berlin" })).rejects.toThrow("this is no time zone");
  });

  it("8.6: another spelling of the same is no change", async () => {
    await apply(richDocument(nodes));
    expect((await plan(richDocument(nodes), true)).steps).toEqual([]);
  });

  it("8.6: what it does not name stays, unless it is pruned; nodes stay in any case", async () => {
    await apply(richDocument(nodes), true);
    const less: NetworkDocument = {
      version: 1,
      serviceTokens: [],
      meshRules: [],
      nodes: [],
      notifications: [],
      signalTransmitters: [],
      signalReceivers: [],
      logDestinations: [],
    };
    expect((await plan(less)).steps).toEqual([]);
    const { steps } = await apply(less, true);
    expect(steps.map(({ action, kind, name }) => `${action} ${kind} ${name}`)).toEqual([
      "delete logDestination siem",
      "delete signalReceiver hr",
      "delete signalTransmitter corp",
      "delete notificationDestination ops",
      "delete notificationDestination hook",
      "delete notificationDestination chat",
      "delete meshRule r",
      "delete serviceToken cron",
      "delete serviceToken ci",
    ]);
    const { data } = await world.admin.call("nodes.list", { query: {} });
    expect(data.items).toHaveLength(nodes.length);
  });

  it("8.6: random networks come back byte by byte, and exporting one changes nothing", async () => {
    await fc.assert(
      fc.asyncProperty(anyNetwork(nodes), anyNetwork(nodes), async (one, other) => {
        await apply(one, true);
        const document = await exported();
        const text = exportedYaml(document);
        expect((await plan(parse(text), true)).steps).toEqual([]);
        await apply(other, true);
        await apply(parse(text), true);
        expect(exportedYaml(await exported())).toBe(text);
      }),
      { seed: SEED, numRuns: drawn(2, 60), endOnFailure: true },
    );
  });
});

describe("applying a document", () => {
  it("8.6: takes one of the largest network, and names no more than a few of the nodes that are not there", async () => {
    const large = Array.from({ length: 10_000 }, (_, at) => ({
      name: `machine-of-the-yard-${at}`,
      tags: ["web", "database", "north-of-the-river", `row-${at}`],
      approvedRoutes: ["10.0.0.0/16"],
    }));
    const { steps, warnings } = await plan({ version: 1, nodes: large });
    expect(steps).toEqual([]);
    expect(warnings).toHaveLength(21);
    expect(warnings?.at(-1)).toMatch(/^9980 more nodes/);
  });

  it("8.6: says of a node that has not enrolled that nothing is set for it, and which was meant", async () => {
    const { steps, warnings } = await plan({ version: 1, nodes: [{ name: `${nodes[0]}x`, tags: ["web"] }] });
    expect(steps).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(`has not enrolled.*Did you mean ${nodes[0]}`)]);
  });

  it("8.6: makes a service token that nobody knows the secret of, and says how to get one", async () => {
    const { warnings } = await apply({ version: 1, serviceTokens: [{ name: "robot" }] });
    expect(warnings).toEqual([expect.stringContaining("rustronaut service-tokens rotate robot")]);
    const { etag } = await world.admin.call("serviceTokens.get", { params: { serviceToken: "robot" } });
    const params = { serviceToken: "robot" };
    const rotated = await world.admin.call("serviceTokens.rotate", {
      params,
      body: { graceSeconds: 0 },
      ifMatch: etag ?? "",
    });
    expect(rotated.data.secret).toMatch(/^rnsvc_/);
    await apply({ version: 1, serviceTokens: [] }, true);
  });

  it("keeps the secrets of destinations, takes none, and says how a new one gets its own", async () => {
    const destination = (kind: "webhook" | "slack", target: string): NetworkDocument => ({
      version: 1,
      notifications: [{ name: `to-${kind}`, kind, target }],
    });
    const { warnings } = await apply(destination("webhook", "https://in.example/"));
    expect(warnings?.join()).toContain("`rustronaut notifications rotate`");
    await expect(plan(destination("slack", "https://chat.example/services/secret"))).rejects.toThrow(
      "origin alone",
    );
    const body = { name: "to-slack", kind: "slack" as const, target: "https://chat.example/services/secret" };
    await world.admin.call("notifications.create", { body });
    const sealed = () =>
      env.DB.prepare(
        "SELECT secret_sealed AS text FROM notification_destinations WHERE name = 'to-slack'",
      ).first();
    const before = await sealed();
    expect((await plan(destination("slack", "https://chat.example"))).steps).toEqual([]);
    await apply({
      version: 1,
      notifications: [{ name: "to-slack", kind: "slack", target: "https://chat.example", enabled: false }],
    });
    expect(await sealed()).toEqual(before);
    await apply({ version: 1, notifications: [] }, true);
  });

  describe("signals and logs", () => {
    const given = (more: object = {}): NetworkDocument => ({
      ...{ version: 1, signalTransmitters: richDocument([]).signalTransmitters },
      signalReceivers: [{ name: "hr", target: "https://hr.example", audience: "hr", ...more }],
      logDestinations: [{ name: "siem", format: "ndjson", url: "https://siem.example/in", ...more }],
    });
    const sealed = async () =>
      (
        await env.DB.batch<Record<string, unknown>>([
          env.DB.prepare("SELECT address_sealed, authorization_sealed, token_hash FROM signal_receivers"),
          env.DB.prepare("SELECT secret_sealed, authorization_sealed FROM log_destinations"),
          env.DB.prepare("SELECT token_hash, audience FROM signal_transmitters"),
        ])
      ).flatMap(({ results }) => results);
    const none = { version: 1 as const, signalTransmitters: [], signalReceivers: [], logDestinations: [] };
    const clear = () => apply(none, true);
    beforeAll(clear);
    afterAll(clear);

    it("are made with tokens and keys that nobody knows, and the plan says how each gets one", async () => {
      const warnings = ((await apply(given())).warnings ?? []).join();
      for (const command of ["transmitters", "receivers", "log-destinations"])
        expect(warnings).toContain(`\`rustronaut ${command} rotate `);
    });

    it("keep their secrets when they are applied again, and export none", async () => {
      await apply(given({ authorization: "Bearer very-secret-thing" }));
      const before = await sealed();
      expect(before.every((row) => Object.values(row).every((value) => value !== null))).toBe(true);
      const document = await exported();
      expect(JSON.stringify(document)).not.toMatch(/very-secret|Bearer /);
      expect((await plan(document, true)).steps).toEqual([]);
      await apply(given({ enabled: false }));
      expect(await sealed()).toEqual(before);
    });

    it("show no secret in a plan, and say that one is set", async () => {
      const { steps } = await plan(given({ authorization: "Bearer very-secret-thing" }));
      const changes = steps.flatMap((step) => step.changes);
      expect(changes.filter(({ after }) => after === "(secret)")).toHaveLength(2);
      expect(JSON.stringify(steps)).not.toContain("very-secret");
    });

    it("give a credential to no other origin", async () => {
      await apply(given({ authorization: "Bearer very-secret-thing" }));
      await apply({
        ...{ version: 1, signalReceivers: [{ name: "hr", target: "https://other.example", audience: "hr" }] },
        logDestinations: [{ name: "siem", format: "ndjson", url: "https://other.example/in" }],
      });
      const kept = (await sealed()).filter((row) => "authorization_sealed" in row);
      expect(kept.map((row) => row.authorization_sealed)).toEqual([null, null]);
    });

    it.each([
      [
        "a whole address",
        { signalReceivers: [{ name: "hr", target: "https://hr.example/in/x", audience: "hr" }] },
        "origin alone",
      ],
      [
        "another format",
        { logDestinations: [{ name: "siem", format: "otlp", url: "https://siem.example" }] },
        "stays so",
      ],
      [
        "another bearer",
        {
          signalTransmitters: [
            { name: "corp", issuer: "https://signals.example", provider: "idp", bearer: false },
          ],
        },
        "stay as they were",
      ],
      [
        "an unknown provider",
        { signalTransmitters: [{ name: "corp", issuer: "https://signals.example", provider: "ipd" }] },
        "Did you mean idp",
      ],
      [
        "an inner address",
        { logDestinations: [{ name: "in", format: "otlp", url: "https://127.0.0.1/" }] },
        "refused",
      ],
    ] as [string, Partial<NetworkDocument>, string][])("refuse %s", async (_, part, why) => {
      await expect(plan({ version: 1, ...part })).rejects.toThrow(why);
    });
  });

  it("U20: keeps an app's audience where the document names it, and says when it goes", async () => {
    await apply(richDocument(nodes), true);
    const document = await exported();
    const audience = document.apps?.[0]?.audience ?? "";
    const without = { ...document, apps: [] };
    const { warnings } = await apply(without, true);
    expect(warnings).toEqual([expect.stringMatching(`app wiki: its audience .*aud.*audience: ${audience}`)]);
    const { audience: _, ...anew } = document.apps?.[0] ?? { name: "", host: "", segment: "", upstreams: [] };
    const steps = (await plan({ version: 1, apps: [anew] })).steps;
    expect(steps[0]?.changes).toContainEqual({ field: "audience", before: null, after: "(new)" });
    await apply(document, true);
    const { data } = await world.admin.call("apps.get", { params: { app: "wiki" } });
    expect(data.id).toBe(audience);
    const other = { ...anew, audience: `app_${"0".repeat(26)}` };
    expect(await refusalOf({ version: 1, apps: [other] })).toMatch(
      `conflict: The audience of the app wiki is ${audience}`,
    );
    const twin = { ...anew, name: "twin", host: "twin.localhost", audience };
    expect(await refusalOf({ version: 1, apps: [twin] })).toMatch("is that of the app wiki");
  });

  it("8.6: refuses in its plan already what would lock the owners out", async () => {
    await env.DB.batch([
      env.DB.prepare(
        "INSERT INTO users (id, email, role, created_at, updated_at) VALUES ('usr_o', 'o@example.com', 'owner', 1, 1)",
      ),
      env.DB.prepare(
        "INSERT INTO identities (id, user_id, provider_id, subject, created_at, updated_at) VALUES ('idn_o', 'usr_o', 'idp_1', 'o', 1, 1)",
      ),
    ]);
    const idp = { name: "idp", issuer: "https://idp.example", clientId: "me" };
    const other = { ...idp, name: "other", issuer: "https://other.example" };
    const lockOuts: [NetworkDocument, string][] = [
      [{ version: 1, users: [] }, "This is the last owner"],
      [{ version: 1, users: [{ email: "o@example.com", role: "admin" }] }, "This is the last owner"],
      [{ version: 1, users: [{ email: "o@example.com", status: "disabled" }] }, "This is the last owner"],
      [{ version: 1, identityProviders: [] }, "No owner could sign in any more"],
      [{ version: 1, identityProviders: [other] }, "No owner could sign in any more"],
      [{ version: 1, identityProviders: [{ ...idp, enabled: false }] }, "No owner could sign in any more"],
    ];
    for (const [document, why] of lockOuts)
      expect(await refusalOf(document, true)).toContain(`conflict: ${why}`);
    expect(await refusalOf({ version: 1, identityProviders: [idp, other] }, true)).toBeNull();
    expect(await env.DB.prepare("SELECT count(*) AS n FROM identity_providers").first("n"), "a plan").toBe(1);
    await env.DB.prepare("DELETE FROM users WHERE id = 'usr_o'").run();
  });

  it("8.6: records each step as the API records the same change", async () => {
    await apply(richDocument(nodes), true);
    await apply(
      {
        version: 1,
        segments: [{ name: "new" }, { name: "main" }, { name: "lab" }],
        policies: [{ name: "p", source: "permit (principal, action, resource);" }],
        meshRules: [],
      },
      true,
    );
    const { rows } = await auditObject(bindings).query({ kinds: ["admin"], limit: 10 });
    const actions = rows.map(({ entry }) => (entry.kind === "admin" ? entry.action : ""));
    for (const action of ["segment.create", "policy.publish", "mesh_rule.delete", "network.apply"])
      expect(actions).toContain(action);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM pending_events").first("n")).toBe(0);
  });
});
