import { readFile, writeFile } from "node:fs/promises";
import { parse } from "smol-toml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startIdentityProvider } from "../../../scripts/demo/identity-provider.ts";
import { CLIENT, closeServer, freePort } from "../../support/harness.ts";
import { Cloudflare } from "./cloudflare.ts";

let cloudflare: Cloudflare;
let provider: Awaited<ReturnType<typeof startIdentityProvider>>;
let answers: string[];
beforeAll(async () => {
  const port = await freePort();
  cloudflare = await Cloudflare.open([`127.0.0.1:${port}`]);
  const { authOrigin, shell } = cloudflare;
  provider = await startIdentityProvider({
    port,
    authOrigin,
    clientId: CLIENT.id,
    clientSecret: CLIENT.secret,
  });
  await writeFile(shell.path("client-secret"), `${CLIENT.secret}\n`);
  answers = [
    ...["--owner", "alice@example.com", "--name", "example", "--yes"],
    ...["--issuer", provider.issuer, "--client-id", CLIENT.id],
    ...["--client-secret-file", shell.path("client-secret"), "--secret-key-file", shell.path("secret-key")],
  ];
});
afterAll(async () => {
  closeServer(provider.server);
  await cloudflare.close();
});

const file = () => readFile(cloudflare.config, "utf8");
const count = async (table: string) =>
  (await cloudflare.platform.miniflare.getD1Database("DB"))
    .prepare(`SELECT count(*) AS n FROM ${table}`)
    .first("n");

describe("U24: rustronaut init", () => {
  it("does nothing without a sign-in to Cloudflare, and says how to get one", async () => {
    cloudflare.isSignedIn = false;
    const { code, err } = await cloudflare.init(...answers);
    cloudflare.isSignedIn = true;
    expect(code).toBe(4);
    expect(err).toContain("wrangler login");
    expect(cloudflare.calls.map(({ words }) => words)).toEqual(["whoami --json"]);
  });

  it("shows with --dry-run what it would do, and does nothing", async () => {
    const before = await file();
    const { code, out } = await cloudflare.init(...answers, "--dry-run");
    expect(code).toBe(0);
    expect(out).toContain("Create the database");
    expect(await file()).toBe(before);
    expect(cloudflare.calls.map(({ words }) => words)).not.toContain("d1 create rustronaut");
  });

  it("goes on after it was cut off behind each change, and does none twice", async () => {
    const comments = (await file()).split("\n").filter((line) => line.startsWith("#"));
    const changes: string[] = [];
    let last: { code: number | null; out: string; err: string } | undefined;
    cloudflare.onChange = (what) => {
      changes.push(what);
      return changes.indexOf(what) < changes.length - 1;
    };
    while (!last || last.code === null) last = await cloudflare.init(...answers);
    expect(last.err).not.toContain("Error");
    expect(last.code, last.err + last.out).toBe(0);
    expect([...new Set(changes)]).toEqual([
      "d1 create rustronaut",
      "d1 migrations apply rustronaut --remote",
      "secret put SECRET_KEY",
      "deploy",
      "secret put BOOTSTRAP_TOKEN",
      "POST /api/v1/bootstrap",
      "secret delete BOOTSTRAP_TOKEN",
      "POST /api/v1/identity-providers",
    ]);
    const times = (what: string) => changes.filter((change) => change === what).length;
    expect(times("d1 create rustronaut")).toBe(1);
    expect(times("secret put SECRET_KEY")).toBe(1);
    for (const table of ["networks", "users", "api_tokens", "identity_providers"])
      expect(await count(table), table).toBe(1);
    expect([...cloudflare.secrets.keys()]).toEqual(["SECRET_KEY"]);
    const text = await file();
    expect(text.split("\n").filter((line) => line.startsWith("#"))).toEqual(comments);
    expect(parse(text)).toMatchObject({
      routes: [
        { pattern: "auth.localhost", custom_domain: true },
        { pattern: "hub.localhost", custom_domain: true },
        { pattern: "*.apps.localhost/*", zone_name: "localhost" },
      ],
      vars: { AUTH_ORIGIN: cloudflare.authOrigin, HUB_ORIGIN: cloudflare.hubOrigin },
      d1_databases: [{ database_id: cloudflare.databases.get("rustronaut") }],
    });
    expect(last.out).toContain(`${cloudflare.authOrigin}/.rustronaut/callback`);
  });

  it("gives secrets to wrangler by stdin only, and keeps SECRET_KEY where it was told to", async () => {
    const { calls, secrets, shell } = cloudflare;
    const key = (await readFile(shell.path("secret-key"), "utf8")).trim();
    expect(secrets.get("SECRET_KEY")).toBe(key);
    const given = calls.filter(({ words }) => words.startsWith("secret put")).map(({ input }) => input);
    expect(given.length).toBeGreaterThan(1);
    for (const secret of given) {
      expect(secret).toMatch(/^[\w-]{43}$/);
      for (const { words } of calls) expect(words).not.toContain(secret);
    }
  });

  it("run again has nothing to ask, and leaves the network as it is", async () => {
    const before = [...cloudflare.secrets];
    cloudflare.onChange = () => true;
    const { code, err, out } = await cloudflare.init("--yes");
    expect(code, err).toBe(0);
    expect(err).toContain("done already");
    expect(out).toContain("you are owner");
    expect([...cloudflare.secrets]).toEqual(before);
    expect(await count("api_tokens")).toBe(1);
  });

  it("checks what runs, and says what does not work", async () => {
    const good = await cloudflare.init("--check");
    expect(good.code, good.err + good.out).toBe(0);
    expect(good.out).toContain("Names below it lead to the gateway");
    expect(good.out).toContain("Nothing speaks against signing in with it");
    closeServer(provider.server);
    const bad = await cloudflare.init("--check");
    expect(bad.code).toBe(1);
    expect(bad.out).toMatch(/^✗ 127\.0\.0\.1: /m);
  });
});
