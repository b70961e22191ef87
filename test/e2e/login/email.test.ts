import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Mailbox, type ReceivedMail, startMailbox } from "../../../scripts/demo/mailbox.ts";
import { closeServer, freePort, type System, startSystem } from "../../support/harness.ts";
import { Visitor } from "../../support/visitor.ts";

let system: System;
let mailbox: Mailbox;
const mails: ReceivedMail[] = [];

beforeAll(async () => {
  const port = await freePort();
  mailbox = await startMailbox(port, (mail) => mails.push(mail));
  system = await startSystem({
    withoutDashboard: true,
    developmentHosts: [`127.0.0.1:${port}`],
    mailUrl: mailbox.url,
    policies: [
      { name: "app", source: `permit (principal in Group::"sales", action, resource == App::"app");` },
    ],
    providers: [{ name: "Mail", kind: "email", allowedDomains: ["partner.example"], guestDays: 30 }],
  });
});
afterAll(async () => {
  closeServer(mailbox.server);
  await system.stop();
});

let count = 0;
let network = "";
/** Nobody asks from the network, or for the address, of another test. */
beforeEach(() => {
  count++;
  network = `198.51.100.${count}`;
});
const guest = (name = "guest") => `${name}${count}@partner.example`;

/** A browser on the first page of a sign-in by e-mail. */
async function atAddress(url = `${system.authOrigin}/`) {
  const visitor = new Visitor();
  const choice = await visitor.visit(url, "nobody");
  const href = /href="([^"]+)">Continue with <bdi>Mail/.exec(choice.response.text)?.[1] ?? "";
  const page = await visitor.get(system.authOrigin + href.replaceAll("&amp;", "&"));
  expect(page.headers["x-rustronaut-response"]).toBe("ask_address");
  return { visitor, state: /name="state" value="([^"]+)"/.exec(page.text)?.[1] ?? "" };
}

const SAME_ORIGIN = { "sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded" };
const post = (visitor: Visitor, path: string, fields: Record<string, string>, headers = {}) =>
  visitor.get(
    `${system.authOrigin}/.rustronaut/email/${path}`,
    { ...SAME_ORIGIN, "cf-connecting-ip": network, ...headers },
    "POST",
    new URLSearchParams(fields).toString(),
  );
const reasonOf = ({ headers }: { headers: Readonly<Record<string, string | string[] | undefined>> }) =>
  headers["x-rustronaut-response"];

/** The code of the newest mail to an address, once as many have come. */
async function codeFor(email: string, nth = 1): Promise<string> {
  const ours = () => mails.filter(({ to }) => to[0] === email);
  await expect.poll(() => ours().length).toBe(nth);
  const code = /\n +(\d{4} \d{4})\n/.exec(ours().at(-1)?.text ?? "")?.[1];
  if (!code) throw new Error(ours().at(-1)?.text);
  return code;
}

/** The same digits, one of them another. */
const wrong = (code: string) => code.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10));

async function asked(email: string, url?: string) {
  const at = await atAddress(url);
  const page = await post(at.visitor, "send", { state: at.state, email });
  expect([page.status, reasonOf(page)]).toEqual([200, "ask_code"]);
  return { ...at, page };
}

const isSignedIn = (visitor: Visitor) => visitor.cookies(system.authOrigin).has("__Host-rn_g");

/** Everything that ends what others are not to see of each other. */
const lastEvents = async () =>
  (await system.admin.call("audit.list", { query: { kinds: "login", limit: "5" } })).data.items.map(
    ({ entry }) => entry as unknown as { action: string; detail: Record<string, unknown> },
  );

describe("a code by e-mail", () => {
  test("signs a guest in, who is a user from then on, until the days are over", async () => {
    const { visitor, state } = await asked(` ${guest().toUpperCase()} `);
    const page = await post(visitor, "check", { state, code: await codeFor(guest()) });
    expect([page.status, reasonOf(page), page.headers.refresh]).toEqual([200, "signed_in", "0; url=/"]);
    expect(isSignedIn(visitor)).toBe(true);
    const { data } = await system.admin.call("users.get", { params: { user: guest() } });
    const days = ((data.expiresAt ?? 0) - data.createdAt) / 86_400_000;
    expect([data.status, Math.round(days)]).toEqual(["active", 30]);
    expect((await lastEvents()).map(({ action }) => action)).toEqual(
      expect.arrayContaining(["login.code_sent", "login.success"]),
    );
  });

  test("goes on to the application that wanted the sign-in", async () => {
    const email = `invited${count}@elsewhere.example`;
    await system.admin.call("users.create", { body: { email } });
    await system.admin.call("groups.addMember", { params: { group: "sales", kind: "user", member: email } });
    const { visitor, state } = await asked(email, `${system.appOrigin}/reports`);
    const page = await post(visitor, "check", { state, code: await codeFor(email) });
    const next = /url=(.+)$/.exec(String(page.headers.refresh))?.[1] ?? "";
    const { response, url } = await visitor.visit(system.authOrigin + next, "nobody");
    expect([response.status, url]).toEqual([200, `${system.appOrigin}/reports`]);
  });

  test("is shown to no server: the mail holds no link, and reading a page spends nothing", async () => {
    const { visitor, state } = await asked(guest());
    const code = await codeFor(guest());
    expect(mails.at(-1)?.text).not.toMatch(/https?:|www\./);
    for (const path of ["send", "check"]) {
      const read = await visitor.get(
        `${system.authOrigin}/.rustronaut/email/${path}?state=${state}&code=${code}`,
      );
      expect(read.status).toBe(404);
    }
    expect(reasonOf(await post(visitor, "check", { state, code }))).toBe("signed_in");
  });

  test("makes one session, of many showings at once", async () => {
    const { visitor, state } = await asked(guest());
    const code = await codeFor(guest());
    const pages = await Promise.all(
      Array.from({ length: 8 }, () => post(visitor, "check", { state, code: code.replace(" ", "") })),
    );
    const { data } = await system.admin.call("sessions.list", { query: { user: guest() } });
    expect(data.items).toHaveLength(1);
    expect(pages.filter(({ headers }) => String(headers["set-cookie"]).includes("rn_g="))).toHaveLength(1);
  });

  test("is worth nothing in another browser, and that one spends nothing", async () => {
    const [mine, other] = [await asked(guest("mine")), await asked(guest("other"))];
    const code = await codeFor(guest("mine"));
    const stolen = await post(other.visitor, "check", { state: mine.state, code });
    expect([stolen.status, isSignedIn(other.visitor)]).toEqual([303, false]);
    expect(reasonOf(await post(other.visitor, "check", { state: other.state, code }))).toBe("wrong_code");
    expect(reasonOf(await post(mine.visitor, "check", { state: mine.state, code }))).toBe("signed_in");
  });

  test("is worth nothing after five wrong ones", async () => {
    const { visitor, state } = await asked(guest());
    const code = await codeFor(guest());
    const reasons: unknown[] = [];
    for (let i = 0; i < 5; i++)
      reasons.push(reasonOf(await post(visitor, "check", { state, code: wrong(code) })));
    expect(reasons).toEqual(["wrong_code", "wrong_code", "wrong_code", "wrong_code", "login_failed"]);
    expect(reasonOf(await post(visitor, "check", { state, code }))).toBe("login_failed");
    expect(isSignedIn(visitor)).toBe(false);
  });

  test("makes the one before it worthless; the fourth of one sign-in is refused", async () => {
    const { visitor, state } = await asked(guest());
    const first = await codeFor(guest());
    await post(visitor, "send", { state, email: guest() });
    const second = await codeFor(guest(), 2);
    expect(reasonOf(await post(visitor, "check", { state, code: first }))).toBe("wrong_code");
    await post(visitor, "send", { state, email: guest() });
    await codeFor(guest(), 3);
    expect(reasonOf(await post(visitor, "send", { state, email: guest() }))).toBe("rate_limited");
    expect(reasonOf(await post(visitor, "check", { state, code: second }))).toBe("wrong_code");
  });

  test("is not asked for by another site", async () => {
    const { visitor, state } = await atAddress();
    const page = await post(visitor, "send", { state, email: guest() }, { "sec-fetch-site": "cross-site" });
    expect(reasonOf(page)).toBe("csrf_rejected");
  });

  test.each(["not an address", "a@b@partner.example", `x${"a".repeat(260)}@partner.example`, ""])(
    "is not sent to what is no address: %s",
    async (email) => {
      const { visitor, state } = await atAddress();
      const page = await post(visitor, "send", { state, email });
      expect([page.status, reasonOf(page)]).toEqual([400, "not_an_address"]);
    },
  );
});

describe("whether somebody is known here", () => {
  test("can't be told from any answer: who may not sign in gets no mail, and the same page", async () => {
    const addresses = [guest(), `stranger${count}@nowhere.example`, `locked${count}@partner.example`];
    await system.admin.call("users.create", {
      body: { email: addresses[2] ?? "", status: "disabled" },
    });
    const pages: string[] = [];
    for (const email of addresses) {
      const { page, visitor, state } = await asked(email);
      const same = (text: string) => text.replaceAll(email, "ADDRESS").replaceAll(state, "STATE");
      const tried = await post(visitor, "check", { state, code: "0000 0000" });
      pages.push(
        [same(page.text), tried.status, same(tried.text)].join("\n").replace(/idp_\w+\S*/g, "PROVIDER"),
      );
    }
    expect(new Set(pages).size).toBe(1);
    await codeFor(guest());
    const to = mails.map((mail) => mail.to[0]);
    expect(addresses.map((address) => to.includes(address))).toEqual([true, false, false]);
  });

  test("is told by the mail to whom signs in otherwise: it holds no code", async () => {
    const visitor = new Visitor();
    const choice = await visitor.visit(`${system.authOrigin}/`, "nobody");
    const href = /href="([^"]+)">Continue with <bdi>main/.exec(choice.response.text)?.[1] ?? "";
    await visitor.visit(system.authOrigin + href.replaceAll("&amp;", "&"), "bob");
    await asked("bob@example.com");
    await expect.poll(() => mails.some(({ to }) => to[0] === "bob@example.com")).toBe(true);
    const mail = mails.find(({ to }) => to[0] === "bob@example.com");
    expect(mail?.text).toContain("another way");
    expect(mail?.text).not.toMatch(/\d{4} \d{4}/);
  });

  test("is not told by a mail service that is down either", async () => {
    await new Promise((resolve) => mailbox.server.close(resolve));
    mailbox.server.closeAllConnections();
    await asked(guest());
    await expect.poll(async () => (await lastEvents())[0]?.action).toBe("login.code_not_sent");
    mailbox = await startMailbox(Number(new URL(mailbox.url).port), (mail) => mails.push(mail));
  });
});

describe("how often codes are sent", () => {
  /** How many codes each of these networks can ask for, until it has to wait. */
  async function use(email: string, networks: readonly string[], most = 20) {
    const codes: number[] = [];
    for (network of networks) {
      const { visitor, state } = await atAddress();
      let sent = 0;
      // A sign-in has three codes: each is asked for in a new one.
      for (let at = { visitor, state }; sent < most; at = await atAddress(), sent++) {
        const page = await post(at.visitor, "send", { state: at.state, email });
        if (page.status === 429) break;
        expect(reasonOf(page)).toBe("ask_code");
      }
      codes.push(sent);
    }
    return codes;
  }
  const networks = (count: number) => Array.from({ length: count }, (_, i) => `203.0.113.${i + 1}`);

  test("is limited for each network and address: nobody uses up what others may ask for", async () => {
    expect(await use(guest(), ["203.0.113.10"])).toEqual([5]);
    // Another address of the same IPv6 site is no other network.
    expect(await use(guest("six"), ["2001:db8:1:1::1", "2001:db8:1:2::1", "2001:db8:2:1::1"])).toEqual([
      5, 0, 5,
    ]);
    network = "203.0.113.11";
    const { visitor, state } = await asked(guest());
    const page = await post(visitor, "check", { state, code: await codeFor(guest(), 6) });
    expect(reasonOf(page)).toBe("signed_in");
  });

  test("is limited for each address, from however many networks, but not where its person was before", async () => {
    network = "192.0.2.1";
    const { visitor, state } = await asked(guest());
    await post(visitor, "check", { state, code: await codeFor(guest()) });
    expect(await use(guest(), networks(6))).toEqual([5, 5, 5, 4, 0, 0]);
    const late = await atAddress();
    const refused = await post(late.visitor, "send", { state: late.state, email: guest() });
    expect([refused.status, reasonOf(refused)]).toEqual([429, "rate_limited"]);
    expect(refused.text).toMatch(/Try again in \d+ minutes/);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(3_000);

    network = "192.0.2.1";
    const again = await asked(guest());
    const page = await post(again.visitor, "check", { state: again.state, code: await codeFor(guest(), 21) });
    expect(reasonOf(page)).toBe("signed_in");
    expect(await use(guest(), ["192.0.2.1"]), "five an hour there, too").toEqual([3]);
    expect((await asked(guest("somebody"))).page.status).toBe(200);
  });

  test("is limited for each network, for whatever addresses", async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 31; i++) {
      const { visitor, state } = await atAddress();
      statuses.push((await post(visitor, "send", { state, email: `n${i}.${count}@nowhere.example` })).status);
    }
    expect(statuses).toEqual([...Array(30).fill(200), 429]);
  });
});

describe("a guest whose time is over", () => {
  test("is signed out with the next round, and gets no further code", async () => {
    const { visitor, state } = await asked(guest());
    await post(visitor, "check", { state, code: await codeFor(guest()) });
    const db = await system.platform.miniflare.getD1Database("DB");
    await db.prepare("UPDATE users SET expires_at = 1 WHERE email = ?").bind(guest()).run();
    await asked(guest());
    const worker = await system.platform.miniflare.getWorker("rustronaut");
    const isLauncher = async () => reasonOf(await visitor.get(`${system.authOrigin}/`)) === "launcher";
    await expect
      .poll(async () => {
        await worker.scheduled({ cron: "* * * * *" });
        return isLauncher();
      })
      .toBe(false);
    const { data } = await system.admin.call("users.get", { params: { user: guest() } });
    expect(data.status).toBe("disabled");
    expect(mails.filter(({ to }) => to[0] === guest())).toHaveLength(1);
    const { data: log } = await system.admin.call("audit.list", { query: { kinds: "admin", limit: "5" } });
    expect(JSON.stringify(log)).toContain("user.expire");
  });

  test("can't be an owner, nor begin with an end that has passed", async () => {
    const create = (body: object) =>
      system.admin.call("users.create", { body: { email: guest(), ...body } as never });
    await expect(create({ expiresAt: 1 })).rejects.toThrow("has passed");
    await expect(create({ role: "owner", expiresAt: 8_000_000_000_000 })).rejects.toThrow("no end");
  });
});

describe("the settings of sign-in by e-mail", () => {
  test("are few, and come out of an export as they go in", async () => {
    const create = (body: object) =>
      system.admin.call("identityProviders.create", {
        body: { name: "new", kind: "email", ...body } as never,
      });
    await expect(create({ issuer: "https://mail.example" })).rejects.toThrow(
      "Sign-in by e-mail has no issuer",
    );
    const { data } = await system.admin.call("network.export", {});
    expect(data.document.identityProviders?.find(({ kind }) => kind === "email")).toEqual({
      name: "Mail",
      kind: "email",
      allowedDomains: ["partner.example"],
      guestDays: 30,
      enabled: true,
    });
    const { data: plan } = await system.admin.call("network.plan", { body: { document: data.document } });
    expect(plan.steps).toEqual([]);
  });

  test("are tried without a mail", async () => {
    const { data } = await system.admin.call("identityProviders.test", { params: { provider: "Mail" } });
    expect(data.checks).toEqual([
      { step: "mail", result: "unknown", findings: [expect.stringContaining("takes the token")] },
    ]);
  });
});
