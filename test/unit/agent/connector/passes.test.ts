import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { dialOf } from "../../../../agent/connector/dial.ts";
import { Passes } from "../../../../agent/connector/passes.ts";
import { PASS_TYPE } from "../../../../shared/connector/pass.ts";
import type { TunnelsAnswer } from "../../../../shared/connector/tunnels-answer.ts";

/** What the agent makes of statements that are signed, or not, by real keys. */

const NOW_MS = 1_800_000_000_000;
const NOW = NOW_MS / 1_000;
const PASSAGE = {
  app: "app_1",
  kind: "http",
  method: "GET",
  target: "/a",
  upstream: "http://10.0.0.1",
} as const;
const claims = (change: Record<string, unknown> = {}) => ({
  ...{ iss: "https://auth.example.com", aud: "app_1", iat: NOW, exp: NOW + 30, jti: crypto.randomUUID() },
  ...{ rid: "dec_1", htm: "GET", htu: "https://wiki.example.com/a", upstream: "http://10.0.0.1" },
  ...{ kind: "http", sub: "anyone", typ_sub: "anonymous", ...change },
});

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
let own: Pair;
let foreign: Pair;
let keys: TunnelsAnswer["keys"];
beforeAll(async () => {
  own = await generateKeyPair("ES256", { extractable: true });
  foreign = await generateKeyPair("ES256");
  keys = [{ ...(await exportJWK(own.publicKey)), kid: "k1", alg: "ES256" }];
});

const signed = (body: object, header: object = {}, key: Parameters<SignJWT["sign"]>[0] = own.privateKey) =>
  new SignJWT(body as Record<string, unknown>)
    .setProtectedHeader({ alg: "ES256", typ: PASS_TYPE, kid: "k1", ...header })
    .sign(key);

function agent(learnt: TunnelsAnswer["keys"] = keys) {
  let asked = 0;
  const passes: Passes = new Passes(
    () => NOW_MS,
    async () => {
      asked++;
      passes.learn({ issuer: "https://auth.example.com", keys });
    },
  );
  passes.learn({ issuer: "https://auth.example.com", keys: learnt });
  return { passes, asked: () => asked };
}

describe("the agent's check of a pass", () => {
  it("takes one that the gateway signed, once", async () => {
    const { passes } = agent();
    const pass = await signed(claims());
    expect(await passes.demand(pass, PASSAGE)).toMatchObject({ typ_sub: "anonymous" });
    await expect(passes.demand(pass, PASSAGE)).rejects.toThrow("was used before");
  });

  it("asks for new keys once when a key is new to it, and not for every invented one", async () => {
    const { passes, asked } = agent([]);
    expect(await passes.demand(await signed(claims()), PASSAGE)).toBeDefined();
    await expect(passes.demand(await signed(claims(), { kid: "k2" }), PASSAGE)).rejects.toThrow(
      "unknown key",
    );
    await expect(passes.demand(await signed(claims(), { kid: "k3" }), PASSAGE)).rejects.toThrow(
      "unknown key",
    );
    expect(asked()).toBe(1);
  });

  it.each<[string, () => Promise<string>]>([
    ["another key under the same name", () => signed(claims(), {}, foreign.privateKey)],
    ["an assertion for the application", () => signed(claims(), { typ: "rustronaut-assertion+jwt" })],
    ["another app's", () => signed(claims({ aud: "app_2" }))],
    ["another URL's", () => signed(claims({ htu: "https://wiki.example.com/b" }))],
    ["an expired one", () => signed(claims({ iat: NOW - 100, exp: NOW - 70 }))],
    [
      "one signed with the public key as if it were a secret",
      async () => {
        const secret = new TextEncoder().encode(JSON.stringify(keys[0]));
        return signed(claims(), { alg: "HS256" }, secret);
      },
    ],
    [
      "one without a signature",
      async () => {
        const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
        return `${part({ alg: "none", typ: PASS_TYPE, kid: "k1" })}.${part(claims())}.`;
      },
    ],
    ["no JWT at all", async () => "pass"],
  ])("refuses %s", async (_, pass) => {
    await expect(agent().passes.demand(await pass(), PASSAGE)).rejects.toThrow(/^the pass/);
  });
});

describe("the agent's dialling", () => {
  const resolved = (host: string) =>
    new Promise<string>((resolve) => {
      const { lookup } = dialOf(`http://${host}:80`, [{ host, port: 80 }]);
      lookup(host, { all: false }, (error, address) => resolve(error ? error.message : String(address)));
    });

  it("refuses what its list does not name", () => {
    expect(() => dialOf("http://10.0.0.2", [{ host: "10.0.0.1", port: 80 }])).toThrow(
      "may not dial 10.0.0.2:80",
    );
  });

  it("S-42: refuses a name that leads to where no private app may be, at the connection itself", async () => {
    // The system resolves this name to a link-local or loopback address only where it is listed as such.
    expect(await resolved("127.0.0.1")).toBe("127.0.0.1");
    expect(await resolved("localhost")).toMatch(/^(127\.0\.0\.1|::1)$/);
    expect(await resolved("ip6-localhost")).toMatch(/where no private app may be|ENOTFOUND|EAI_AGAIN/);
  });
});
