import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type GithubFixture, startGithub } from "../../support/github.ts";
import { CLIENT, freePort, type System, startSystem } from "../../support/harness.ts";
import { Visitor } from "../../support/visitor.ts";
import { TAMPERED } from "./github-tampered.ts";

let system: System;
let github: GithubFixture;

beforeAll(async () => {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  system = await startSystem({
    withoutDashboard: true,
    developmentHosts: [`127.0.0.1:${port}`],
    policies: [
      {
        name: "app",
        source: `permit (principal, action, resource == App::"app")
when { principal in Group::"acme/platform" && principal in Group::"acme" };`,
      },
    ],
    providers: [
      {
        name: "GitHub",
        kind: "github",
        issuer: origin,
        clientId: CLIENT.id,
        clientSecret: CLIENT.secret,
        organizations: ["Acme", "beta"],
        recheckMinutes: 10,
      },
    ],
  });
  const callbackUrl = `${system.authOrigin}/.rustronaut/callback`;
  github = await startGithub({ port, clientId: CLIENT.id, clientSecret: CLIENT.secret, callbackUrl });
});
afterAll(async () => {
  github.close();
  await system.stop();
});

let count = 0;
/** Somebody whom nobody has seen before, in acme's team platform/edge. */
function newAccount() {
  const id = 1_000 + ++count;
  const login = `person${id}`;
  const account = {
    id,
    login,
    name: `Person ${id}`,
    emails: [
      { email: `${login}@users.noreply.github.com`, primary: false, verified: true, visibility: null },
      { email: `${login}@home.example`, primary: true, verified: true, visibility: "private" },
    ],
    memberships: { acme: { state: "active" as "active" | "pending", teams: ["platform/edge"] } },
  };
  github.accounts.set(login, account);
  github.signedIn = login;
  return account;
}
let account: ReturnType<typeof newAccount>;

beforeEach(async () => {
  github.remaining = 5_000;
  github.pageSize = 100;
  github.back = {};
  github.tamper.clear();
  github.organizations.clear();
  github.organizations.set("acme", { id: 1, protection: "none" });
  github.organizations.set("beta", { id: 2, protection: "none" });
  account = newAccount();
  await (await database()).prepare("DELETE FROM provider_grants").run();
});

const database = () => system.platform.miniflare.getD1Database("DB");

async function loginUrl(visitor: Visitor, url = `${system.authOrigin}/`): Promise<string> {
  const { response } = await visitor.visit(url, "nobody");
  const href = /href="([^"]+)">Continue with <bdi>GitHub/.exec(response.text)?.[1];
  if (!href) throw new Error(response.text);
  return system.authOrigin + href.replaceAll("&amp;", "&");
}

async function signIn(visitor = new Visitor(), url?: string) {
  const { response } = await visitor.visit(await loginUrl(visitor, url), "nobody");
  const isSignedIn = visitor.cookies(system.authOrigin).has("__Host-rn_g");
  return { visitor, response, isSignedIn, reason: response.headers["x-rustronaut-response"] };
}

/** What the audit log says of the newest sign-in that failed. */
async function failure(): Promise<unknown> {
  const { data } = await system.admin.call("audit.list", { query: { kinds: "login", limit: "1" } });
  const newest = data.items[0] as { entry: { detail: Record<string, unknown> } } | undefined;
  return newest?.entry.detail.reason;
}

describe("sign-in with GitHub", () => {
  test("makes a member a user, with organisation and teams as groups", async () => {
    const { response, isSignedIn } = await signIn(new Visitor(), `${system.appOrigin}/`);
    expect([response.status, isSignedIn]).toEqual([200, true]);
    const row = await (await database())
      .prepare("SELECT subject, groups FROM identities WHERE subject = ?")
      .bind(String(account.id))
      .first();
    expect(row).toEqual({
      subject: String(account.id),
      groups: '["acme","acme/edge","acme/platform"]',
    });
  });

  test("asks with state and PKCE for what it needs, and comes back to an address of its own", async () => {
    await signIn();
    expect(Object.fromEntries(github.asked)).toMatchObject({
      scope: "read:user user:email read:org",
      code_challenge_method: "S256",
      allow_signup: "false",
      state: expect.stringMatching(/^att_/),
      redirect_uri: expect.stringMatching(/\/\.rustronaut\/callback\/idp_/),
    });
  });

  test("reads every page of the teams", async () => {
    github.pageSize = 1;
    account.memberships.acme.teams = ["one", "two", "platform"];
    const { isSignedIn } = await signIn();
    expect(isSignedIn).toBe(true);
    const row = await (await database())
      .prepare("SELECT groups FROM identities WHERE subject = ?")
      .bind(String(account.id))
      .first("groups");
    expect(row).toBe('["acme","acme/one","acme/platform","acme/two"]');
  });
});

/** How GitHub's answer sends the browser back, before it goes there. */
async function answerOf(visitor: Visitor): Promise<URL> {
  const toGithub = await visitor.get(await loginUrl(visitor));
  const back = await visitor.get(String(toGithub.headers.location));
  return new URL(String(back.headers.location));
}

describe("who may not sign in with GitHub is told so", () => {
  test.each<[string, string, string, () => unknown]>([
    [
      "whose primary address is not verified",
      "email_unverified",
      "not verified",
      () => setPrimary({ verified: false }),
    ],
    ["who has no primary address", "email_missing", "no usable e-mail", () => setPrimary({ primary: false })],
    ["who belongs to no listed organisation", "not_a_member", "belongs to no organization", () => leave()],
    [
      "who is only invited",
      "not_a_member",
      "Accept the invitation",
      () => {
        account.memberships.acme.state = "pending";
      },
    ],
    [
      "whose organisation asks for its single sign-on",
      "organization_sso",
      "single sign-on",
      () => github.organizations.set("acme", { id: 1, protection: "sso" }),
    ],
    [
      "whose other organisation withholds whether they are in it",
      "organization_sso",
      "single sign-on",
      () => github.organizations.set("beta", { id: 2, protection: "sso" }),
    ],
    [
      "whose organisation has not approved the application",
      "organization_restricted",
      "must approve",
      () => github.organizations.set("acme", { id: 1, protection: "restricted" }),
    ],
  ])("%s", async (_, reason, words, arrange) => {
    arrange();
    const { response, isSignedIn } = await signIn();
    expect([response.status, isSignedIn]).toEqual([403, false]);
    expect(response.text).toContain(words);
    expect(await failure()).toBe(reason);
  });

  const setPrimary = (change: object) => {
    account.emails = account.emails.map((email) => (email.primary ? { ...email, ...change } : email));
  };
  const leave = () => {
    account.memberships = {} as typeof account.memberships;
  };

  test("whose address is that of an administrator who signs in otherwise", async () => {
    const visitor = new Visitor();
    const { response: choice } = await visitor.visit(`${system.authOrigin}/`, "alice");
    const main = /href="([^"]+)">Continue with <bdi>main/.exec(choice.text)?.[1] ?? "";
    await visitor.visit(system.authOrigin + main.replaceAll("&amp;", "&"), "alice");
    account.emails = [{ email: "alice@example.com", primary: true, verified: true, visibility: null }];
    expect((await signIn()).isSignedIn).toBe(false);
    expect(await failure()).toBe("other_account_linked");
  });
});

describe("an answer of GitHub is not believed", () => {
  test.each(TAMPERED)("%s", async (_, path, change) => {
    github.tamper.set(path, change);
    const { response, isSignedIn, reason } = await signIn();
    expect([response.status, reason, isSignedIn]).toEqual([403, "login_failed", false]);
    expect(response.text).toContain("was not accepted");
  });

  test("a list without an end", async () => {
    github.pageSize = 1;
    account.emails = Array.from({ length: 40 }, (_, i) => ({
      email: `a${i}@home.example`,
      primary: i === 39,
      verified: true,
      visibility: null,
    }));
    expect((await signIn()).isSignedIn).toBe(false);
    expect(await failure()).toContain("pages");
  });

  test("one that came to another provider's address", async () => {
    const visitor = new Visitor();
    const answer = await answerOf(visitor);
    answer.pathname = "/.rustronaut/callback";
    const response = await visitor.get(answer.href);
    expect(response.status).toBe(403);
    expect(await failure()).toContain("another provider");
    expect(github.hits.at(-1)).toContain("/login/oauth/authorize");
  });

  test("one that says it is of another server, or that holds a parameter twice", async () => {
    for (const change of [
      (answer: URL) => answer.searchParams.set("iss", "https://evil.example"),
      (answer: URL) => answer.searchParams.append("code", "another"),
    ]) {
      const visitor = new Visitor();
      const answer = await answerOf(visitor);
      change(answer);
      expect((await visitor.get(answer.href)).status).toBe(403);
      expect(github.hits.at(-1)).toContain("/login/oauth/authorize");
    }
  });

  test("one with the code of another's sign-in: PKCE binds it to the browser that began", async () => {
    const [mallory, victim] = [new Visitor(), new Visitor()];
    const stolen = (await answerOf(mallory)).searchParams.get("code") ?? "";
    const answer = await answerOf(victim);
    answer.searchParams.set("code", stolen);
    expect((await victim.get(answer.href)).status).toBe(403);
    expect(await failure()).toContain("bad_verification_code");
  });

  test("when its rate limit is reached: 503, and the person may try again", async () => {
    github.remaining = 0;
    const { response, isSignedIn } = await signIn();
    expect([response.status, isSignedIn]).toEqual([503, false]);
  });
});

describe("a person whom GitHub signed in", () => {
  const HOUR = 3_600_000;
  const appStatus = async (visitor: Visitor) =>
    (await visitor.get(`${system.appOrigin}/`, { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" }))
      .status;

  /** Lets every grant be older than it is, and asks about those that are due. */
  async function recheckAfter(ms: number): Promise<void> {
    await (await database())
      .prepare("UPDATE provider_grants SET due_at = due_at - ?1, confirmed_at = confirmed_at - ?1")
      .bind(ms)
      .run();
    const worker = await system.platform.miniflare.getWorker("rustronaut");
    expect((await worker.scheduled({ cron: "* * * * *" })).outcome).toBe("ok");
  }

  test.each<[string, () => unknown]>([
    ["the token is revoked", () => github.revoke(account.login)],
    [
      "the account is suspended",
      () => {
        github.accounts.set(account.login, { ...account, suspended: true });
      },
    ],
    [
      "the person leaves the organisation",
      () => {
        github.accounts.set(account.login, { ...account, memberships: {} });
      },
    ],
  ])("is signed out when %s", async (_, act) => {
    const { visitor } = await signIn(new Visitor(), `${system.appOrigin}/`);
    expect(await appStatus(visitor)).toBe(200);
    act();
    await recheckAfter(HOUR);
    expect(await appStatus(visitor)).toBe(401);
  });

  test("loses what a team gave, and keeps the session", async () => {
    const { visitor } = await signIn(new Visitor(), `${system.appOrigin}/`);
    account.memberships.acme.teams = ["sales"];
    await recheckAfter(HOUR);
    expect(await appStatus(visitor)).toBe(403);
  });

  test("stays while GitHub's rate limit is reached", async () => {
    const { visitor } = await signIn(new Visitor(), `${system.appOrigin}/`);
    github.remaining = 0;
    await recheckAfter(HOUR);
    expect(await appStatus(visitor)).toBe(200);
  });

  test("is known by the number, whatever the login is now", async () => {
    await signIn();
    account.login = `renamed${account.id}`;
    github.accounts.set(account.login, account);
    github.signedIn = account.login;
    expect((await signIn()).isSignedIn).toBe(true);
    const { results } = await (await database())
      .prepare("SELECT user_id FROM identities WHERE subject = ?")
      .bind(String(account.id))
      .all();
    expect(results).toHaveLength(1);
  });
});

describe("GitHub's settings", () => {
  const create = (body: object) =>
    system.admin.call("identityProviders.create", {
      body: { name: "new", kind: "github", ...body } as never,
    });
  const WHOLE = { clientId: CLIENT.id, clientSecret: CLIENT.secret };

  test("need a client with a secret, and have none of an OpenID provider's", async () => {
    await expect(create({})).rejects.toMatchObject({
      problem: { code: "invalid_input", issues: [{ path: "/clientId" }, { path: "/clientSecret" }] },
    });
    await expect(create({ ...WHOLE, scopes: "openid" })).rejects.toThrow("GitHub has no scopes");
    await expect(create({ ...WHOLE, issuer: "https://github.com/acme" })).rejects.toThrow("only the origin");
    await expect(create({ ...WHOLE, kind: undefined, organizations: ["acme"] })).rejects.toThrow(
      "An OpenID provider has no organizations",
    );
  });

  test("are checked by asking GitHub", async () => {
    const settings = { ...WHOLE, issuer: github.origin, organizations: ["acme", "gone"] };
    const { data, etag } = await create(settings);
    expect(data).toMatchObject({ kind: "github", organizations: ["acme", "gone"] });
    expect(data.problems).toEqual([expect.stringContaining("no organization gone")]);
    const params = { provider: data.id };
    const update = (body: object) =>
      system.admin.call("identityProviders.update", { params, body, ifMatch: etag ?? "" } as never);
    await expect(update({ kind: "oidc" })).rejects.toThrow("stays");
    await system.admin.call("identityProviders.delete", { params, ifMatch: etag ?? "" } as never);
    const wrong = await create({ ...settings, name: "wrong", clientSecret: "guess" });
    expect(wrong.data.problems).toEqual([expect.stringContaining("does not know this clientId")]);
    await system.admin.call("identityProviders.delete", {
      params: { provider: wrong.data.id },
      ifMatch: wrong.etag ?? "",
    } as never);
  });

  test("U11: are tried, and the client and its address are told apart", async () => {
    const params = { provider: "GitHub" };
    const trial = async () => {
      const { data } = await system.admin.call("identityProviders.test", { params });
      return [data.passed, ...data.checks.map(({ step, result }) => `${step} ${result}`)];
    };
    const set = async (body: { clientId: string }) => {
      const { etag } = await system.admin.call("identityProviders.get", { params });
      await system.admin.call("identityProviders.update", { params, body, ifMatch: etag ?? "" });
    };
    expect(await trial()).toEqual([true, "client good", "redirect good", "claims unknown"]);
    await set({ clientId: "nobody" });
    expect(await trial()).toEqual([false, "client bad", "redirect bad", "claims unknown"]);
    await set({ clientId: CLIENT.id });
  });
  test("come out of an export as they go in", async () => {
    const { data } = await system.admin.call("network.export", {});
    const section = data.document.identityProviders?.find(({ kind }) => kind === "github");
    expect(section).toMatchObject({ kind: "github", organizations: ["acme", "beta"], recheckMinutes: 10 });
    expect(section).not.toHaveProperty("scopes");
    const { data: plan } = await system.admin.call("network.plan", { body: { document: data.document } });
    expect(plan.steps).toEqual([]);
  });
});
