import { beforeAll, describe, expect, test } from "vitest";
import { applyRegistry } from "../registry.ts";
import { ConformanceProvider, newKey, startHosts } from "./conformance-provider.ts";

/**
 * The cases of the OpenID Foundation's conformance suite for relying parties, by the names of its modules. What the suite
 * looks at from outside, a relying party that stops, is here that the answer is refused: `relying-party.test.ts` shows
 * that the person then gets a page and no session.
 *
 * Elsewhere under these names: back-channel logout in `backchannel-logout.test.ts`, refreshed tokens in `recheck.test.ts`.
 */

beforeAll(async () => {
  await applyRegistry();
  startHosts();
});

interface Case {
  readonly module: string;
  /** What is wrong with the provider. */
  readonly make: (provider: ConformanceProvider) => unknown;
}

const hits = (provider: ConformanceProvider, path: string) => provider.asked.get(path)?.length ?? 0;

const REFUSED: readonly Case[] = [
  {
    module: "oidcc-client-test-invalid-iss",
    make: (op) => Object.assign(op.claims, { iss: "https://other.example" }),
  },
  { module: "oidcc-client-test-missing-sub", make: (op) => Object.assign(op.claims, { sub: undefined }) },
  { module: "oidcc-client-test-invalid-aud", make: (op) => Object.assign(op.claims, { aud: "other" }) },
  { module: "oidcc-client-test-missing-aud", make: (op) => Object.assign(op.claims, { aud: undefined }) },
  { module: "oidcc-client-test-missing-iat", make: (op) => Object.assign(op.claims, { iat: undefined }) },
  { module: "oidcc-client-test-nonce-invalid", make: (op) => Object.assign(op.claims, { nonce: "another" }) },
  {
    module: "oidcc-client-test (nonce missing)",
    make: (op) => Object.assign(op.claims, { nonce: undefined }),
  },
  {
    module: "oidcc-client-test-invalid-athash",
    make: (op) => Object.assign(op.claims, { at_hash: "AAAAAAAAAAAAAAAAAAAAAA" }),
  },
  { module: "oidcc-client-test-idtoken-sig-none", make: (op) => Object.assign(op, { alg: "none" }) },
  { module: "oidcc-client-test-invalid-sig-hs256", make: (op) => Object.assign(op, { alg: "HS256" }) },
  {
    module: "oidcc-client-test-invalid-sig-rs256",
    make: async (op) => Object.assign(op.key, { privateKey: (await newKey()).privateKey }),
  },
  {
    module: "oidcc-client-test-invalid-sig-es256",
    make: async (op) => {
      await op.takeKey(await newKey("ES256"));
      Object.assign(op, { alg: "ES256" });
      Object.assign(op.key, { privateKey: (await newKey("ES256")).privateKey });
    },
  },
  {
    // The suite lets a relying party choose between this and trying each key.
    module: "oidcc-client-test-kid-absent-multiple-jwks",
    make: async (op) => {
      const [{ kid: _, ...one }, { kid: __, ...two }] = [op.key.jwk, (await newKey()).jwk];
      Object.assign(op, { published: [one, two], header: { kid: undefined } });
    },
  },
  {
    module: "oidcc-client-test-discovery-issuer-mismatch",
    make: (op) => Object.assign(op.metadata, { issuer: "https://other.example" }),
  },
];

describe("OpenID Connect: what a relying party must refuse", () => {
  test.each(REFUSED)("$module", async ({ make }) => {
    const provider = await new ConformanceProvider().register();
    await make(provider);
    await expect(provider.signIn()).rejects.toThrow();
    // The suite fails a relying party that goes on to userinfo with an ID token that it must not believe.
    expect(hits(provider, "/userinfo")).toBe(0);
  });

  test("oidcc-client-test-userinfo-invalid-sub", async () => {
    const provider = await new ConformanceProvider().register();
    provider.userinfo = { sub: "mallory" };
    await expect(provider.signIn()).rejects.toThrow();
    expect(hits(provider, "/userinfo")).toBe(1);
  });

  test("a key that the provider took back, once the new one is known", async () => {
    const provider = await new ConformanceProvider().register();
    const old = provider.key;
    await provider.signIn();
    await provider.takeKey(await newKey());
    await provider.signIn();
    provider.key = old;
    await expect(provider.signIn()).rejects.toThrow();
  });
});

const ACCEPTED: readonly Case[] = [
  { module: "oidcc-client-test", make: () => undefined },
  { module: "oidcc-client-test-idtoken-sig-rs256", make: (op) => Object.assign(op, { alg: "RS256" }) },
  {
    module: "oidcc-client-test-kid-absent-single-jwks",
    make: (op) => {
      const { kid: _, ...jwk } = op.key.jwk;
      Object.assign(op, { published: [jwk], header: { kid: undefined } });
    },
  },
  {
    module: "oidcc-client-test-ignores-unparseable-key-in-jwks",
    make: (op) => {
      const strange = [
        { kty: "AKP", alg: "ML-DSA-99", kid: "a", pub: "AAAA", use: "sig" },
        { kty: "made-up", kid: "b" },
        { kty: "RSA", kid: "c", n: 7 },
        "no object",
        null,
      ];
      Object.assign(op, { published: [...strange, op.key.jwk] });
    },
  },
  {
    module: "oidcc-client-test-ignores-unparseable-key-in-jwks (no kid)",
    make: (op) => {
      const { kid: _, ...jwk } = op.key.jwk;
      Object.assign(op, {
        published: [{ kty: "AKP", alg: "ML-DSA-99" }, { kty: "made-up" }, jwk],
        header: { kid: undefined },
      });
    },
  },
];

describe("OpenID Connect: what a relying party must take", () => {
  test.each(ACCEPTED)("$module", async ({ make }) => {
    const provider = await new ConformanceProvider().register();
    await make(provider);
    expect(await provider.signIn()).toMatchObject({ sub: "sub", email: "a@corp.com" });
  });

  test("oidcc-client-test-scope-userinfo-claims, oidcc-client-test-userinfo-bearer-header", async () => {
    const provider = await new ConformanceProvider().register();
    expect(await provider.signIn()).toMatchObject({ email: "a@corp.com", name: "A" });
    const [asked] = provider.asked.get("/userinfo") ?? [];
    expect(new Headers(asked?.headers).get("authorization")).toBe("Bearer at");
  });

  test("oidcc-client-test-client-secret-basic", async () => {
    const provider = await new ConformanceProvider().register();
    await provider.signIn();
    const [asked] = provider.asked.get("/token") ?? [];
    expect(new Headers(asked?.headers).get("authorization")).toBe(`Basic ${btoa("me:the-secret")}`);
    expect(String(asked?.body)).not.toContain("the-secret");
  });

  test("oidcc-client-test-client-secret-basic (with every kind of character)", async () => {
    const provider = await new ConformanceProvider().register("a:b c+d/é~%");
    await provider.signIn();
    const [asked] = provider.asked.get("/token") ?? [];
    const header = new Headers(asked?.headers).get("authorization") ?? "";
    const [, secret = ""] = atob(header.slice("Basic ".length)).split(":");
    expect(decodeURIComponent(secret.replaceAll("+", " "))).toBe("a:b c+d/é~%");
  });

  test("oidcc-client-test-discovery-openid-config, oidcc-client-test-discovery-jwks-uri-keys", async () => {
    const provider = await new ConformanceProvider().register();
    provider.metadata = { jwks_uri: `${provider.issuer}/jwks?v=2`, unknown_metadata: [1] };
    await provider.signIn();
    expect([hits(provider, "/.well-known/openid-configuration"), hits(provider, "/jwks")]).toEqual([1, 1]);
  });

  test("oidcc-client-test-signing-key-rotation", async () => {
    const provider = await new ConformanceProvider().register();
    await provider.signIn();
    await provider.takeKey(await newKey());
    expect(await provider.signIn()).toMatchObject({ sub: "sub" });
    expect(hits(provider, "/jwks")).toBe(2);
  });

  test("oidcc-client-test-signing-key-rotation-just-before-signing", async () => {
    const provider = await new ConformanceProvider().register();
    await provider.signIn();
    provider.beforeSigning = async () => provider.takeKey(await newKey());
    expect(await provider.signIn()).toMatchObject({ sub: "sub" });
  });

  test.each([
    ["without a kid", undefined],
    ["under the same kid", "one"],
  ])("oidcc-client-test-signing-key-rotation (%s)", async (_, kid) => {
    const provider = await new ConformanceProvider().register();
    const named = async () => {
      const key = await newKey();
      await provider.takeKey({ ...key, jwk: { ...key.jwk, kid } as typeof key.jwk });
    };
    await named();
    await provider.signIn();
    await named();
    expect(await provider.signIn()).toMatchObject({ sub: "sub" });
    // Whoever sends wrong signatures can't make us ask for the keys again and again.
    provider.key = await newKey();
    provider.header = { kid };
    for (let i = 0; i < 3; i++) await expect(provider.signIn()).rejects.toThrow();
    expect(hits(provider, "/jwks")).toBe(2);
  });
});
