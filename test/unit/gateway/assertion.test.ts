import { createLocalJWKSet, exportJWK, generateKeyPair, type JWK, jwtVerify } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import type { AssertionKey } from "../../../shared/access/sessions/coordinator.ts";
import { base64url } from "../../../shared/base/base64url.ts";
import { DEFAULT_APP_SETTINGS } from "../../../shared/registry/app-settings.ts";
import type { SnapshotApp } from "../../../shared/registry/snapshot.ts";
import { assertionHeaders } from "../../../workers/gateway/assertion.ts";
import type { Caller } from "../../../workers/gateway/caller.ts";
import { serveJwks } from "../../../workers/gateway/jwks.ts";
import type { Bindings } from "../../../workers/platform/env.ts";
import { answeredBy } from "../../support/objects.ts";

const ISSUER = "https://auth.example.com";
const TYP = "rustronaut-assertion+jwt";
const NOW = 1_800_000_000_000;

let bindings: Bindings;
beforeAll(async () => {
  const keys = [await newKey("ES256"), await newKey("EdDSA")];
  const NETWORK_COORDINATOR = answeredBy({ assertionKeys: async () => ({ keys }) });
  bindings = { authOrigin: ISSUER, NETWORK_COORDINATOR } as unknown as Bindings;
});

async function newKey(alg: AssertionKey["alg"]): Promise<AssertionKey> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = (await exportJWK(privateKey)) as Record<string, string>;
  return { kid: `kid-${alg}`, alg, jwk, notBefore: 0, expiresAt: Number.MAX_SAFE_INTEGER };
}

const app = (settings: Partial<SnapshotApp["settings"]> = {}): SnapshotApp => ({
  id: "app_1",
  name: "wiki",
  title: "Wiki",
  host: "wiki.example.com",
  hosts: ["wiki.example.com"],
  segmentId: "seg_1",
  segmentName: "main",
  tags: [],
  upstreams: [],
  through: [],
  settings: { ...DEFAULT_APP_SETTINGS, ...settings },
});

const user = (email: string, groups: readonly string[] = []): Caller => ({
  kind: "user",
  owner: "seg_1/weur/0",
  epoch: 1,
  session: {
    id: "ses_1",
    kind: "app",
    appId: "app_1",
    parentId: null,
    parentOwner: null,
    principal: {
      userId: "usr_1",
      email,
      emailVerified: true,
      name: "A",
      groups,
      role: null,
      status: "active",
      version: 1,
    },
    authentication: {
      providerId: "idp_1",
      subject: "a",
      providerSid: null,
      acr: null,
      amr: [],
      authTime: 0,
    },
    createdAt: 0,
    lastSeenAt: 0,
    expiresAt: Number.MAX_SAFE_INTEGER,
    ip: "192.0.2.1",
    userAgent: "",
  },
});

async function headersOf(
  settings: Partial<SnapshotApp["settings"]>,
  caller: Caller = user("a@example.com"),
  request: { readonly url?: string; readonly namedGroups?: ReadonlySet<string> } = {},
) {
  const asked = {
    method: "GET",
    url: "https://wiki.example.com/",
    decisionId: "dec_1",
    epoch: 1,
    namedGroups: new Set<string>(),
    risk: 42,
    ...request,
  };
  return new Map(await assertionHeaders(bindings, app(settings), caller, asked, NOW));
}

const tokenOf = async (settings: Partial<SnapshotApp["settings"]>) =>
  (await headersOf(settings)).get("x-rustronaut-jwt-assertion") ?? "";

async function publishedKeys(): Promise<{ keys: JWK[] }> {
  const response = await serveJwks(new Request("https://wiki.example.com/jwks"), bindings);
  return (await response.json()) as { keys: JWK[] };
}

/** Verifies as `docs/verify-assertion.md` tells an application to. */
const verify = async (token: string, algorithms: string[]) =>
  jwtVerify(token, createLocalJWKSet(await publishedKeys()), {
    issuer: ISSUER,
    audience: "app_1",
    algorithms,
    typ: TYP,
    currentDate: new Date(NOW),
  });

describe("S-30 the algorithm is the app's, and never the token's choice", () => {
  test.each(["ES256", "EdDSA"] as const)("%s signs and says so", async (algorithm) => {
    const { protectedHeader } = await verify(await tokenOf({ assertionAlgorithm: algorithm }), [algorithm]);
    expect(protectedHeader).toEqual({ alg: algorithm, typ: TYP, kid: `kid-${algorithm}` });
  });
  test.each(["ES256", "EdDSA"] as const)("the published %s key is bound to its algorithm", async (alg) => {
    const key = (await publishedKeys()).keys.find(({ kid }) => kid === `kid-${alg}`);
    expect(key).toMatchObject({ alg, use: "sig" });
    expect(key).not.toHaveProperty("d");
  });
  test("a token of the other algorithm is refused", async () => {
    await expect(verify(await tokenOf({ assertionAlgorithm: "EdDSA" }), ["ES256"])).rejects.toThrow();
  });
  test.each(["none", "HS256", "EdDSA", "ES384"])("a header that says %s instead is refused", async (alg) => {
    const [, claims = "", signature = ""] = (await tokenOf({})).split(".");
    const head = base64url(new TextEncoder().encode(JSON.stringify({ alg, typ: TYP, kid: "kid-ES256" })));
    for (const forged of [`${head}.${claims}.${signature}`, `${head}.${claims}.`])
      await expect(verify(forged, ["ES256"])).rejects.toThrow();
  });
});

describe("S-18 the plain header for the e-mail, where an app wants it", () => {
  const emailHeader = async (email: string) =>
    (await headersOf({ compatibility: "cloudflare" }, user(email))).get("cf-access-authenticated-user-email");
  test("holds an address as it is", async () => expect(await emailHeader("a@b.example")).toBe("a@b.example"));
  test.each(["zoë@example.com", "ζωή@example.com", "a\r\nb@example.com", "a b@example.com", ""])(
    "is left out for %j, which it could not hold unaltered",
    async (email) => expect(await emailHeader(email)).toBeUndefined(),
  );
  test("the assertion still holds the address, and groups as a list whatever their names hold", async () => {
    const groups = ["a, b", "c\r\nd", "ομάδα"];
    const headers = await headersOf({ compatibility: "cloudflare" }, user("zoë@example.com", groups));
    const { payload } = await verify(headers.get("cf-access-jwt-assertion") ?? "", ["ES256"]);
    expect(payload).toMatchObject({ email: "zoë@example.com", groups });
  });
});

test("S-50 an assertion lives for a minute of the clock it was made by", async () => {
  const token = await tokenOf({});
  const at = (offset: number) =>
    publishedKeys().then((keys) =>
      jwtVerify(token, createLocalJWKSet(keys), { currentDate: new Date(NOW + offset) }),
    );
  await expect(at(59_999)).resolves.toBeTruthy();
  await expect(at(60_000)).rejects.toThrow();
  await expect(at(-1_000)).rejects.toThrow();
});

describe("G6 identity headers are bounded", () => {
  const guids = Array.from(
    { length: 1_000 },
    (_, i) => `8c2f4e1a-0000-4000-8000-${String(i).padStart(12, "0")}`,
  );
  const LIMIT = 6_144;
  const claimsOf = async (caller: Caller, request: Parameters<typeof headersOf>[2]) => {
    const headers = await headersOf({ compatibility: "cloudflare" }, caller, request);
    for (const value of headers.values()) expect(value.length).toBeLessThanOrEqual(LIMIT);
    return (await verify(headers.get("x-rustronaut-jwt-assertion") ?? "", ["ES256"])).payload;
  };

  test.each([250, 300, 1_000])("G6: of %i groups, those that the network names arrive", async (count) => {
    const groups = guids.slice(0, count);
    const namedGroups = new Set(["never seen", guids[0] ?? "", guids[count - 1] ?? ""]);
    const payload = await claimsOf(user("a@example.com", groups), { namedGroups });
    expect(payload.groups).toEqual([groups[0], groups[count - 1]]);
    expect(payload.groups_omitted).toBe(count - 2);
  });
  test("G6: those that the network names are bounded too, and the count says so", async () => {
    const payload = await claimsOf(user("a@example.com", guids), { namedGroups: new Set(guids) });
    const sent = (payload.groups as string[]).length;
    expect(sent).toBeGreaterThan(30);
    expect(payload.groups_omitted).toBe(1_000 - sent);
  });
  test("G6: few groups all arrive, and nothing is said to be left out", async () => {
    const payload = await claimsOf(user("a@example.com", guids.slice(0, 40)), {});
    expect(payload.groups).toEqual(guids.slice(0, 40));
    expect(payload).not.toHaveProperty("groups_omitted");
  });
  test("G6: the longest of everything else stays within the limit", async () => {
    const longest = user(`${"a".repeat(64)}@${"b".repeat(63)}.${"c".repeat(63)}.example`, guids);
    if (longest.kind !== "user") throw new Error();
    const session = {
      ...longest.session,
      principal: { ...longest.session.principal, name: "\u4e2d".repeat(255) },
      authentication: {
        ...longest.session.authentication,
        acr: "a".repeat(255),
        amr: Array.from({ length: 10 }, () => "m".repeat(64)),
      },
    };
    const url = `https://wiki.example.com/${"p".repeat(16_000)}`;
    const payload = await claimsOf({ ...longest, session }, { url, namedGroups: new Set(guids) });
    expect(payload).not.toHaveProperty("htu");
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(url));
    expect(payload.htu_sha256).toBe(base64url(new Uint8Array(digest)));
    const service: Caller = {
      kind: "service",
      proof: { kind: "secret", hash: "h" },
      epoch: 1,
      token: {
        id: "svc_1",
        name: "n".repeat(100),
        secretHash: "h",
        previousHash: null,
        previousUntil: null,
        groups: guids,
        federation: null,
        enabled: true,
        expiresAt: null,
        lastUsedAt: null,
      },
    };
    expect((await claimsOf(service, {})).groups_omitted).toBe(1_000);
  });
  test("G6: what another snapshot names counts from the next request on", async () => {
    const caller = user("a@example.com", guids);
    expect((await claimsOf(caller, { namedGroups: new Set() })).groups).toEqual([]);
    expect((await claimsOf(caller, { namedGroups: new Set([guids[7] ?? ""]) })).groups).toEqual([guids[7]]);
  });
});
