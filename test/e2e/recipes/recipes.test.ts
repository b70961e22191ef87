import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type RequestListener, request, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { applyNetwork } from "../../../scripts/local/admin.ts";
import { localRequest } from "../../../scripts/local/http.ts";
import type { NetworkDocument } from "../../../shared/api/document.ts";
import { certified } from "../../support/certificate.ts";
import { closeServer, freePort, type System, startSystem } from "../../support/harness.ts";
import { where } from "../../support/needs.ts";
import { otherThan } from "../../support/secrets.ts";
import { type RecordingUpstream, startUpstream } from "../../support/upstream.ts";
import { Visitor } from "../../support/visitor.ts";
import { listening, type Place, RECIPE_LIST, type Recipe } from "./servers.ts";

/**
 * U22: each recipe of `docs/recipes` runs with the server that it is for. It must accept what the real gateway sends,
 * and refuse what differs in one thing. For that the keys that a recipe fetches are those of the gateway and one of the
 * test: what is signed by it and right in all else is accepted, so each refusal has the reason that its test names.
 */

const TYP = "rustronaut-assertion+jwt";
let system: System;
let visitor: Visitor;
/** The application behind the proxies. */
let behind: RecordingUpstream;
const keyServers: Server[] = [];
let keys: string;
let keysByTls: string;
let signer: CryptoKey;
const ports = new Map<string, number>();
const stops: (() => void)[] = [];

beforeAll(async () => {
  for (const { name } of RECIPE_LIST) ports.set(name, await freePort());
  system = await startSystem({
    withoutDashboard: true,
    developmentHosts: [...ports.values()].map((port) => `127.0.0.1:${port}`),
    policies: [{ name: "all", source: 'permit (principal is User, action, resource in Segment::"main");' }],
  });
  behind = await startUpstream();
  visitor = new Visitor();
  await visitor.visit(`${system.appOrigin}/`, "alice");
  const pair = await generateKeyPair("ES256", { extractable: true });
  signer = pair.privateKey;
  const own = { ...(await exportJWK(pair.publicKey)), kid: "test", alg: "ES256", use: "sig" };
  // A machine can't resolve `*.localhost`: it asks for the keys by the address.
  const published = await fetch(`http://127.0.0.1:${system.port}/.well-known/rustronaut/jwks.json`);
  const set = (await published.json()) as { keys: object[] };
  const serve: RequestListener = (_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ keys: [...set.keys, own] }));
  };
  const { privatePem, certificate } = certified("ec");
  const cert = `-----BEGIN CERTIFICATE-----\n${certificate.replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
  keys = `http://${await opened(createServer(serve))}/jwks.json`;
  keysByTls = `https://${await opened(createTlsServer({ key: privatePem, cert }, serve) as Server)}/jwks.json`;
});
afterAll(async () => {
  for (const stop of stops) stop();
  keyServers.forEach(closeServer);
  behind.close();
  await system.stop();
});

it("U22: programs on this machine get the keys by its address, where no name below .localhost resolves", async () => {
  const response = await fetch(`http://127.0.0.1:${system.port}/.well-known/rustronaut/jwks.json`);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual(
    JSON.parse((await localRequest(`${system.appOrigin}/.well-known/rustronaut/jwks.json`)).text),
  );
});

for (const recipe of RECIPE_LIST) {
  where(...recipe.needs).describe(`U22: the recipe for ${recipe.name}`, () => {
    let place: Place;
    let origin: string;
    let processes: ChildProcess[] = [];
    beforeAll(async () => {
      const port = ports.get(recipe.name) ?? 0;
      origin = `http://${recipe.name}.localhost:${system.port}`;
      const app = await createApp(recipe, port);
      place = {
        issuer: system.authOrigin,
        audience: app,
        keys,
        keysByTls,
        origin,
        port,
        verifierPort: await freePort(),
        appPort: behind.port,
      };
      processes = recipe.start(place);
      stops.push(() => {
        for (const process of processes) process.kill();
      });
      await listening(place.port);
      if (recipe.isProxy && recipe.name !== "apache") await listening(place.verifierPort);
    });

    it("lets in whom the gateway lets in, and knows who it is", async () => {
      behind.reset();
      const { response } = await visitor.visit(`${origin}/page?x=1`, "alice");
      expect([response.status, response.text]).toEqual([200, expect.any(String)]);
      if (recipe.isProxy) expect(behind.seen[0]?.headers["x-webauth-user"]).toBe("alice@example.com");
      else expect(response.text).toBe("Hello alice@example.com\n");
    });

    it("takes what is right in all", async () => {
      expect(await ask({})).toBe(200);
      expect(await ask({ claims: { htm: "POST" }, method: "POST" })).toBe(200);
    });

    const wrong: [string, Partial<Asked>][] = [
      ["no assertion", { assertion: "" }],
      ["a text that is no assertion", { assertion: "a.b.c" }],
      ["the algorithm none", { alter: (jwt) => unsigned(jwt) }],
      ["a signature that was cut off", { alter: (jwt) => `${jwt.split(".").slice(0, 2).join(".")}.` }],
      [
        "another caller in a signed assertion",
        { alter: (jwt) => withClaims(jwt, { email: "eve@example.com" }) },
      ],
      ["a key that the gateway does not have", { kid: "unknown" }],
      ["another key under a known name", { foreign: true }],
      ["the audience of another app", { claims: { aud: "app_other" } }],
      ["another issuer", { claims: { iss: "https://auth.example.org" } }],
      ["an assertion that has ended", { claims: { iat: -120, nbf: -120, exp: -60 } }],
      ["an assertion for another path", { path: "/admin" }],
      ["an assertion for another method", { method: "DELETE" }],
      ["an assertion for another host", { claims: { htu: "https://other.example.com/page" } }],
      ["an assertion that names no URL", { claims: { htu: undefined } }],
    ];
    it.each(wrong)("refuses %s", async (_what, asked) => {
      behind.reset();
      expect([401, 403]).toContain(await ask(asked));
      expect(behind.hits()).toBe(0);
    });
    const looksAt = (what: Recipe["leavesOut"][number]) => !recipe.leavesOut.includes(what);
    if (looksAt("future"))
      it("refuses an assertion of the future", async () => {
        expect(await ask({ claims: { iat: 300, nbf: 300, exp: 360 } })).toBe(401);
      });
    if (looksAt("type"))
      it("refuses another kind of token", async () => {
        expect(await ask({ typ: "JWT" })).toBe(401);
      });
    if (looksAt("long URL"))
      it("knows a long URL by its hash, and no other", async () => {
        const path = `/${"x".repeat(1_100)}`;
        const htu_sha256 = createHash("sha256")
          .update(place.origin + path)
          .digest("base64url");
        const claims = { htu: undefined, htu_sha256 };
        expect(await ask({ claims, path })).toBe(200);
        expect(await ask({ claims, path: `${path}y` })).toBe(401);
      });
    if (looksAt("replay"))
      it("refuses an assertion that was used to change something", async () => {
        const assertion = await made({ claims: { htm: "POST" } });
        expect(await ask({ method: "POST", assertion })).toBe(200);
        expect(await ask({ method: "POST", assertion })).toBe(401);
      });
    if (recipe.isProxy)
      it("replaces what a client says about the caller", async () => {
        behind.reset();
        const claims = { email: undefined };
        expect(await ask({ claims, headers: { "x-webauth-user": "eve", "x-caller-email": "eve" } })).toBe(
          200,
        );
        expect(behind.seen[0]?.headers["x-webauth-user"] ?? "").toBe("");
      });
    if (recipe.isProxy && recipe.name !== "apache")
      it("lets nobody in while the verifier does not answer", async () => {
        const [verifier] = processes;
        verifier?.kill();
        await (verifier && once(verifier, "exit"));
        behind.reset();
        expect(await ask({})).toBeGreaterThanOrEqual(500);
        expect(behind.hits()).toBe(0);
      });

    interface Asked {
      readonly method: string;
      readonly path: string;
      readonly headers: Record<string, string>;
      readonly claims: Record<string, unknown>;
      readonly kid: string;
      readonly typ: string;
      readonly foreign: boolean;
      readonly assertion: string;
      readonly alter: (jwt: string) => string | Promise<string>;
    }

    /** Sends a request to the recipe itself, around the gateway, and says the status. */
    async function ask(asked: Partial<Asked>): Promise<number> {
      const assertion = asked.assertion ?? (await made(asked));
      const altered = asked.alter ? await asked.alter(assertion) : assertion;
      const outgoing = request({
        host: "127.0.0.1",
        port: place.port,
        method: asked.method ?? "GET",
        path: asked.path ?? "/page?x=1",
        agent: false,
        headers: { ...asked.headers, ...(altered ? { "x-rustronaut-jwt-assertion": altered } : {}) },
      });
      outgoing.end();
      const [response] = await once(outgoing, "response");
      response.resume();
      return response.statusCode;
    }

    /** An assertion for `GET /page` that is right, but for what is asked. Times are seconds from now. */
    async function made({
      claims = {},
      kid = "test",
      typ = TYP,
      foreign = false,
    }: Partial<Asked>): Promise<string> {
      const key = foreign ? (await generateKeyPair("ES256")).privateKey : signer;
      const { iat = 0, nbf = 0, exp = 60, ...others } = claims as Record<string, number>;
      const now = Math.floor(Date.now() / 1000);
      const payload: JWTPayload = {
        iss: place.issuer,
        aud: place.audience,
        sub: "usr_1",
        email: "alice@example.com",
        jti: crypto.randomUUID(),
        htm: "GET",
        htu: `${place.origin}/page`,
        ...others,
        iat: now + iat,
        nbf: now + nbf,
        exp: now + exp,
      };
      return new SignJWT(payload).setProtectedHeader({ alg: "ES256", typ, kid }).sign(key);
    }
  });
}

async function opened(server: Server): Promise<string> {
  keyServers.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function createApp({ name }: Recipe, port: number): Promise<string> {
  const { data } = await system.admin.call("apps.create", {
    body: {
      name,
      title: name,
      host: `${name}.localhost`,
      segment: "main",
      upstreams: [`http://127.0.0.1:${port}`],
    },
  });
  return data.id;
}

const claimsOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString());

const unsigned = (jwt: string) => new UnsecuredJWT(claimsOf(jwt)).encode();

function withClaims(jwt: string, claims: object): string {
  const [head, , signature] = jwt.split(".");
  const changed = Buffer.from(JSON.stringify({ ...claimsOf(jwt), ...claims })).toString("base64url");
  return [head, changed, signature].join(".");
}

/** The files of `docs/guides`, applied as they stand but for where the application is, and what the guides say of them. */
describe("the guides", () => {
  beforeAll(async () => {
    for (const name of ["grafana", "wiki", "ci", "on-call"]) await applyNetwork(system.admin, guide(name));
  });

  async function decided(app: string, groups: string[], method: string, path: string) {
    const { data } = await system.admin.call("policies.test", {
      body: { principal: { kind: "somebody", groups }, app, method, path },
    });
    return data.decision;
  }

  it("Grafana: engineering may use it, and administer it only with the other group", async () => {
    expect(await decided("grafana", ["engineering"], "GET", "/d/1")).toBe("allow");
    expect(await decided("grafana", ["sales"], "GET", "/d/1")).toBe("deny");
    expect(await decided("grafana", ["engineering"], "GET", "/admin/settings")).toBe("deny");
    expect(await decided("grafana", ["engineering", "grafana-admins"], "GET", "/admin/settings")).toBe(
      "allow",
    );
  });

  it("the wiki: staff reads, editors write", async () => {
    expect(await decided("wiki", ["staff"], "GET", "/start")).toBe("allow");
    expect(await decided("wiki", ["staff"], "POST", "/edit")).toBe("deny");
    expect(await decided("wiki", ["wiki-editors"], "POST", "/edit")).toBe("allow");
  });

  it("on call: nobody may by themselves, and the app says who may ask", async () => {
    expect(await decided("console", ["on-call"], "GET", "/")).toBe("deny");
    const { data } = await system.admin.call("apps.get", { params: { app: "console" } });
    expect(data.settings).toMatchObject({ grantAskers: ["group:on-call"], grantApprovers: ["group:leads"] });
  });

  it("CI: the pipeline's token does the one thing, and the API never sees it", async () => {
    const params = { serviceToken: "deploy-pipeline" };
    const { etag } = await system.admin.call("serviceTokens.get", { params });
    const { data } = await system.admin.call("serviceTokens.rotate", {
      params,
      ifMatch: etag ?? "",
      body: { graceSeconds: 0 },
    });
    const call = (method: string, path: string, token = data.secret) =>
      localRequest(`http://releases.apps.example.com:${system.port}${path}`, {
        method,
        headers: { "x-rustronaut-service-token": token },
      });
    system.upstream.reset();
    expect((await call("POST", "/v1/releases")).status).toBe(200);
    expect(JSON.stringify(system.upstream.seen)).not.toContain(data.secret);
    system.upstream.reset();
    expect((await call("DELETE", "/v1/releases/1")).status).toBe(403);
    expect((await call("GET", "/v1/releases")).status).toBe(403);
    expect((await call("POST", "/v1/releases", otherThan(data.secret))).status).toBe(401);
    expect(system.upstream.hits()).toBe(0);
  });
});

function guide(name: string): NetworkDocument {
  const text = readFileSync(`docs/guides/${name}.yaml`, "utf8");
  return parse(text.replace(/https:\/\/[a-z-]+-origin\.example\.net/, system.upstream.origin));
}
