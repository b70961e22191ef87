import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { LocalResponse } from "../../../scripts/local/http.ts";
import { certified } from "../../support/certificate.ts";
import { freePort, type System, startSystem } from "../../support/harness.ts";
import { type SamlProviderFixture, startSamlProvider } from "../../support/saml-provider.ts";
import { idpMetadata } from "../../support/saml-response.ts";
import { Visitor } from "../../support/visitor.ts";

let system: System;
let idp: SamlProviderFixture;
let idpPort: number;

beforeAll(async () => {
  idpPort = await freePort();
  system = await startSystem({ withoutDashboard: true, developmentHosts: [`127.0.0.1:${idpPort}`] });
  idp = await startSamlProvider(idpPort, `${system.authOrigin}/.rustronaut/saml/metadata`);
  await system.admin.call("identityProviders.create", {
    body: {
      name: "SAML",
      kind: "saml",
      issuer: idp.entityId,
      metadataUrl: `${idp.origin}/metadata`,
      allowedDomains: ["corp.example"],
    },
  });
});
afterAll(async () => {
  idp.close();
  await system.stop();
});
beforeEach(() => {
  idp.change = {};
});

/** The page of the provider that posts its answer, for a sign-in that this browser began. */
async function atProvider(visitor = new Visitor(), url = `${system.authOrigin}/`) {
  const choice = await visitor.visit(url, "nobody");
  const href = /href="([^"]+)">Continue with <bdi>SAML/.exec(choice.response.text)?.[1] ?? "";
  const page = await visitor.visit(system.authOrigin + href.replaceAll("&amp;", "&"), "nobody");
  const field = (name: string) =>
    new RegExp(`name="${name}" value="([^"]*)"`).exec(page.response.text)?.[1] ?? "";
  const action = /action="([^"]+)"/.exec(page.response.text)?.[1] ?? "";
  return {
    visitor,
    action,
    fields: { SAMLResponse: field("SAMLResponse"), RelayState: field("RelayState") },
  };
}

/** As a browser posts a form of another site: without cookies that are `SameSite=Lax`. */
const post = (action: string, fields: Record<string, string>): Promise<LocalResponse> =>
  new Visitor().get(
    action,
    {
      origin: idp.origin,
      "sec-fetch-site": "cross-site",
      "content-type": "application/x-www-form-urlencoded",
    },
    "POST",
    new URLSearchParams(fields).toString(),
  );

async function signIn(url?: string) {
  const { visitor, action, fields } = await atProvider(new Visitor(), url);
  const answer = await post(action, fields);
  const location = answer.headers.location;
  if (typeof location !== "string") return { visitor, response: answer };
  return { visitor, response: (await visitor.visit(new URL(location, action).href, "nobody")).response };
}

const reasonOf = ({ headers }: LocalResponse) => headers["x-rustronaut-response"];
const isSignedIn = (visitor: Visitor) => visitor.cookies(system.authOrigin).has("__Host-rn_g");

async function failure(): Promise<unknown> {
  const { data } = await system.admin.call("audit.list", { query: { kinds: "login", limit: "1" } });
  const newest = data.items[0] as unknown as { entry: { detail: { reason: unknown } } };
  return newest.entry.detail.reason;
}

describe("sign-in with SAML", () => {
  test("goes on to the application, with the provider's groups", async () => {
    const { visitor, response } = await signIn(`${system.appOrigin}/reports`);
    expect([response.status, isSignedIn(visitor)]).toEqual([200, true]);
    const { data } = await system.admin.call("users.get", { params: { user: "erin@corp.example" } });
    expect(data.name).toBe("Erin");
    expect(idp.asked).toMatchObject({
      issuer: `${system.authOrigin}/.rustronaut/saml/metadata`,
      request: {
        id: expect.stringMatching(/^_[\w-]{43}$/),
        assertionConsumerServiceUrl: `${system.authOrigin}/.rustronaut/saml/acs`,
      },
    });
  });

  test("shows its metadata to whoever sets the provider up", async () => {
    const { text, headers } = await new Visitor().get(`${system.authOrigin}/.rustronaut/saml/metadata`);
    expect(headers["content-type"]).toBe("application/samlmetadata+xml");
    expect(text).toContain(`Location="${system.authOrigin}/.rustronaut/saml/acs"`);
    expect(text).toContain('WantAssertionsSigned="true"');
  });

  test("knows a new key of the provider at once", async () => {
    idp.key = certified();
    expect(isSignedIn((await signIn()).visitor)).toBe(true);
  });

  test("is not finished by another browser than the one that began", async () => {
    const { action, fields } = await atProvider();
    const answer = await post(action, fields);
    const victim = new Visitor();
    const { response } = await victim.visit(new URL(String(answer.headers.location), action).href, "nobody");
    expect([response.status, isSignedIn(victim)]).toEqual([400, false]);
  });

  test("believes an assertion once, of many showings at once, and never again", async () => {
    const { visitor, action, fields } = await atProvider();
    const answers = await Promise.all(Array.from({ length: 6 }, () => post(action, fields)));
    const parked = answers.filter(({ status }) => status === 303);
    expect(parked).toHaveLength(1);
    await visitor.visit(new URL(String(parked[0]?.headers.location), action).href, "nobody");
    expect(isSignedIn(visitor)).toBe(true);
    expect(reasonOf(await post(action, fields))).toBe("login_attempt_invalid");
  });

  test("does not take the answer of one sign-in for another, nor one that nobody asked for", async () => {
    const [one, two] = [await atProvider(), await atProvider()];
    const crossed = await post(one.action, { ...one.fields, RelayState: two.fields.RelayState });
    expect(crossed.status).toBe(403);
    expect(await failure()).toBe("it answers no request of this sign-in");
    for (const RelayState of ["", "/reports", "att_00000000000000000000000000"]) {
      expect(reasonOf(await post(one.action, { ...one.fields, RelayState }))).toBe("login_attempt_invalid");
    }
  });

  test.each<[string, string, () => SamlProviderFixture["change"]]>([
    ["of another key", "no key of the provider", () => ({ key: certified() })],
    ["for another audience", "another audience", () => ({ audience: "https://other.example" })],
    ["with SHA-1", "does not count", () => ({ algorithm: "sha1" })],
    ["that is old", "too old", () => ({ now: Date.now() - 3_600_000 })],
  ])("refuses an answer %s, and says why in the audit log", async (_, reason, change) => {
    idp.change = change();
    const { visitor, response } = await signIn();
    expect([response.status, reasonOf(response), isSignedIn(visitor)]).toEqual([403, "login_failed", false]);
    expect(await failure()).toContain(reason);
  });

  test.each(["", "no base64!", Buffer.from([0xff, 0xfe]).toString("base64"), "A".repeat(600_000)])(
    "refuses what is no answer",
    async (SAMLResponse) => {
      const { action, fields } = await atProvider();
      expect((await post(action, { ...fields, SAMLResponse })).status).toBeGreaterThanOrEqual(400);
    },
  );

  test("makes users for allowed domains only, and links by address to whom nobody else is linked", async () => {
    idp.change = { nameId: "eve@elsewhere.example" };
    const { visitor } = await signIn();
    expect([isSignedIn(visitor), await failure()]).toEqual([false, "unknown_user"]);
  });
});

describe("the settings of a SAML provider", () => {
  const create = (body: object) =>
    system.admin.call("identityProviders.create", { body: { name: "new", kind: "saml", ...body } as never });

  test("need its entity id and its metadata, and have no client", async () => {
    await expect(create({ metadataUrl: `${idp.origin}/metadata` })).rejects.toThrow("needs its issuer");
    await expect(create({ issuer: idp.entityId })).rejects.toThrow("needs its metadataUrl or its metadata");
    await expect(create({ issuer: idp.entityId, metadata: "<x/>", clientId: "x" })).rejects.toThrow(
      "has no clientId",
    );
    await expect(create({ issuer: "urn:idp", metadataUrl: "http://10.0.0.1/x" })).rejects.toThrow();
  });

  test.each<[string, string, () => string]>([
    ["that are another's", "not of urn:idp", () => idp.metadata()],
    ["that are not XML", "not well-formed", () => "hello"],
    ["with a document type", "more than elements", () => "<!DOCTYPE x><x/>"],
    ["without a usable key", "no key of", () => ""],
  ])("say what is wrong with metadata %s", async (_, words, metadata) => {
    const weak = idpMetadata("urn:idp", certified("rsa", 1_024), `${idp.origin}/sso`);
    const text = metadata() || weak;
    const { data, etag } = await create({ issuer: "urn:idp", metadata: text });
    expect(data.problems?.join(" ")).toContain(words === "no key of" ? "none of its certificates" : words);
    const params = { provider: data.id };
    await system.admin.call("identityProviders.delete", { params, ifMatch: etag ?? "" });
  });

  test("are tried, and come out of an export as they go in", async () => {
    const { data: trial } = await system.admin.call("identityProviders.test", {
      params: { provider: "SAML" },
    });
    expect(trial.checks[0]).toMatchObject({ step: "discovery", result: "good" });
    const { data } = await system.admin.call("network.export", {});
    const section = data.document.identityProviders?.find(({ kind }) => kind === "saml");
    expect(section).toMatchObject({ issuer: idp.entityId, emailVerified: "absentIsTrusted" });
    expect(section).not.toHaveProperty("clientId");
    const { data: plan } = await system.admin.call("network.plan", { body: { document: data.document } });
    expect(plan.steps).toEqual([]);
  });
});
