import { mkdirSync } from "node:fs";
import type { Server } from "node:http";
import type { BrowserContext, Dialog, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { startEchoApp } from "../../../scripts/demo/echo-app.ts";
import { signIn } from "../../support/attack.ts";
import { openBrowser } from "../../support/browser.ts";
import { closeServer, freePort, type System, startSystem } from "../../support/harness.ts";
import { where } from "../../support/needs.ts";
import { joinNodes } from "./joined-nodes.ts";
import { isAccessible, overflow } from "./page-checks.ts";

/** The dashboard and the pages that people see, in Chromium, wide and narrow. With SCREENSHOTS=1 it renews the README's pictures. */

const PAGE_IDS = [
  "overview",
  "apps",
  "policies",
  "decisions",
  "sessions",
  "people",
  "people/users/alice@example.com",
  "people/groups",
  "people/groups/engineering",
  "apps/echo",
  "apps/new",
  "policies/echo",
  "policies/new",
  "policies/test",
  "nodes/web-1",
  "providers",
  "providers/new",
  "providers/main",
  "nodes",
  "map",
  "mesh-rules",
  "enrolment-keys",
  "tokens",
  "tokens/api",
  "segments",
  "segments/main",
  "network",
  "trust",
  "audit",
  "history",
  "reach/app/echo",
  "reach/user/alice@example.com",
];

where("chromium").describe("in Chromium", () => {
  let system: System;
  let echo: Server;
  let browser: { context: BrowserContext; close(): Promise<void> };
  let page: Page;
  beforeAll(async () => {
    const port = await freePort();
    echo = await startEchoApp(port);
    system = await startSystem({ developmentHosts: [`127.0.0.1:${port}`] });
    await system.admin.call("apps.create", {
      body: {
        name: "echo",
        title: "Echo",
        host: "echo.localhost",
        segment: "main",
        upstreams: [`http://127.0.0.1:${port}`],
      },
    });
    await system.admin.call("policies.create", {
      body: {
        name: "echo",
        source: `permit (principal in Group::"engineering", action, resource == App::"echo");
forbid (principal, action, resource == App::"echo") when { context.request.path like "/admin*" };`,
      },
    });
    await joinNodes(system);
    browser = await openBrowser();
    page = await browser.context.newPage();
    await page.goto(`http://echo.localhost:${system.port}/`);
    await page.click("#alice");
    await page.waitForSelector("#request");
    await screenshot(page, "echo");
    await page.evaluate(async () => {
      for (let n = 0; n < 24; n++) await fetch(n % 4 === 0 ? "/admin/users" : `/reports/${n}`);
    });
  });
  afterAll(async () => {
    await browser?.close();
    closeServer(echo);
    await system.stop();
  });

  // What a test wrote and did not save would keep the next one from its page.
  afterEach(async () => {
    const leave = (asked: Dialog) => asked.accept();
    page.on("dialog", leave);
    await page.goto(`${system.hubOrigin}/#/nothing`);
    page.off("dialog", leave);
  });

  it("shows what the application was told", async () => {
    expect(await page.textContent("#request")).toContain("x-rustronaut-jwt-assertion");
  });

  it.each([
    [1440, "light"],
    [390, "dark"],
  ] as const)(
    "every page is accessible, without layout shift or errors, at %i px in %s",
    { timeout: 240_000 },
    async (width, colorScheme) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(error.message));
      // A page that nobody wrote on lets everybody go.
      const asks = (asked: Dialog) => {
        errors.push(`asked: ${asked.message()}`);
        return asked.accept();
      };
      page.on("dialog", asks);
      for (const id of PAGE_IDS) {
        await page.goto(`${system.hubOrigin}/#/${id}`);
        await page.waitForSelector("main h1");
        // A page that polls or streams is never idle.
        await page.waitForLoadState("networkidle", { timeout: 2_000 }).catch(() => undefined);
        await isAccessible(page, `${id} at ${width} in ${colorScheme}`);
        expect(await overflow(page), `${id} at ${width} overflows`).toBeLessThanOrEqual(0);
        if (width === 1440 && id !== "map") await screenshot(page, id);
      }
      page.off("dialog", asks);
      expect(errors).toEqual([]);
    },
  );

  it("writes a policy by its form, and keeps a test that holds it", async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(`${system.hubOrigin}/#/policies/new`);
    await page.getByLabel("Name", { exact: true }).fill("admin-only");
    await page.getByLabel("Start from a template").selectOption("admin-paths");
    await page.getByRole("button", { name: "Replace the text with it" }).click();
    await page.getByText("Statement 1", { exact: true }).waitFor();
    await page.getByLabel("App", { exact: true }).first().selectOption("echo");
    await page.getByLabel("Paths").fill("/settings, /users");
    await page.getByLabel("Except members of").fill("owners");
    await page.getByLabel("Networks").focus();
    const text = page.getByLabel("Policy text");
    await expect.poll(() => text.inputValue()).toContain('principal in [Group::"owners"]');
    expect(await text.inputValue()).toContain('context.request.path like "/users/*"');

    await page.getByLabel("Caller").selectOption("somebody");
    await page.getByLabel("Groups, separated by commas").fill("engineering");
    await page.getByLabel("App", { exact: true }).last().selectOption("echo");
    await page.getByLabel("Path", { exact: true }).fill("/users/7");
    await page.getByRole("button", { name: "Test", exact: true }).click();
    await page.getByRole("button", { name: "Keep this answer as a test" }).click();
    await page.evaluate(() => scrollTo(0, 0));
    await screenshot(page, "policy-form");
    await isAccessible(page, "the form of a policy");
    await page.getByRole("button", { name: "Review", exact: true }).click();
    const review = page.getByRole("region", { name: "Review" });
    await review.getByText("Its test holds.").waitFor();
    await review.getByText(/judged again|No request is recorded/).waitFor();
    expect(await review.textContent()).toContain("added: + forbid (");
    await isAccessible(page, "the review of a policy");
    await page.getByRole("button", { name: "Publish", exact: true }).click();
    await expect.poll(() => page.url()).toMatch(/policies\/pol_/);

    const written = await system.admin.call("policies.get", { params: { policy: "admin-only" } });
    expect(written.data.tests).toMatchObject([
      {
        principal: { kind: "somebody", groups: ["engineering"] },
        app: "echo",
        path: "/users/7",
        expect: "deny",
      },
    ]);

    // What the text says more than a form is only text; a test that fails keeps a version out.
    await text.fill('permit (principal, action, resource == App::"echo") when { 1 == 1 };');
    await page.getByText("Statement 1 says something that the form has no field for.").waitFor();
    await expect.poll(() => page.getByRole("button", { name: "Review" }).isEnabled()).toBe(true);
    await page.getByRole("button", { name: "Review" }).click();
    await review.getByText("Tests fail", { exact: true }).waitFor();
    await review.getByRole("button", { name: "Publish all the same" }).waitFor();
    await review.getByText(/judged again|No request is recorded/).waitFor();
    await screenshot(page, "policy-review");
    await page.setViewportSize({ width: 390, height: 900 });
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await screenshot(page, "policy-review-390");
    await page.setViewportSize({ width: 1440, height: 900 });
    await review.getByRole("button", { name: "Back to the text" }).click();
    await review.waitFor({ state: "detached" });

    // A version stays readable on a page of its own, with what differs today.
    const leave = (asked: Dialog) => asked.accept();
    page.on("dialog", leave);
    await page.goto(`${system.hubOrigin}/#/policies/${written.data.id}/versions/1`);
    await expect.poll(() => page.textContent("main h1")).toBe("Version 1 of admin-only");
    await page.getByText("This is the version of today.").waitFor();
    page.off("dialog", leave);
    await screenshot(page, "policy-version");
    await system.admin.call("policies.delete", {
      params: { policy: "admin-only" },
      ifMatch: `"${written.data.version}"`,
    });
  });

  it("U4: finds a denial by person and path, keeps the search in the address, and goes on live", async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(`${system.hubOrigin}/#/decisions`);
    await page.getByLabel("Person").fill("alice@ex");
    await page.getByLabel("Path begins with").fill("/admin/");
    await page.getByLabel("When").selectOption("24h");
    await page.getByLabel("Reason").fill("by a policy");
    await page.keyboard.press("Enter");
    const rows = page.locator("main tbody tr");
    await expect.poll(() => rows.count()).toBe(6);
    expect(page.url()).toContain("#/decisions?since=24h&user=alice%40ex&path=%2Fadmin%2F&reason=by+a+policy");
    // What is decided now comes on top where it belongs here, and not where it does not.
    const app = await browser.context.newPage();
    await app.goto(`http://echo.localhost:${system.port}/reports/new`);
    await app.goto(`http://echo.localhost:${system.port}/admin/live`);
    const number = /dec_\w+/.exec((await app.locator("main, body").first().textContent()) ?? "")?.[0] ?? "";
    await app.close();
    await expect.poll(() => rows.first().textContent()).toContain("/admin/live");
    expect(await rows.count()).toBe(7);
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByLabel("Number").fill(number);
    await page.keyboard.press("Enter");
    await expect.poll(() => rows.count()).toBe(1);
    expect(await rows.first().textContent()).toContain("/admin/live");
    // Two ends of one's own, to the minute.
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByLabel("When").selectOption("custom");
    await page.getByLabel("From").fill("2026-01-02T03:04");
    await page.getByLabel("To", { exact: true }).fill("2026-01-02T05:00");
    await isAccessible(page, "a search");
    await page.getByRole("button", { name: "Search", exact: true }).click();
    await page.getByText("No decision matches.").waitFor();
    expect(page.url()).toMatch(/since=2026-01-0\dT\d\d%3A04Z&until=2026-01-0\dT\d\d%3A00Z/);
    expect(await page.getByLabel("From").inputValue()).toBe("2026-01-02T03:04");
    await page.getByRole("button", { name: "Clear" }).click();
    await expect.poll(() => page.getByLabel("From").count()).toBe(0);
  });

  it("U4: each page's filters stand in the address, and the hub answers to them", async () => {
    const rows = page.locator("main tbody tr");
    await page.goto(`${system.hubOrigin}/#/nodes?tag=db&status=approved`);
    await expect.poll(() => rows.count()).toBe(3);
    await page.getByLabel("Segment").selectOption("office");
    await page.getByText("No node fits.").waitFor();
    expect(page.url()).toContain("#/nodes?tag=db&status=approved&segment=office");
    await page.goto(`${system.hubOrigin}/#/sessions?user=ali&app=ech`);
    await expect.poll(() => rows.count()).toBe(1);
    await page.getByLabel("Kind").selectOption("sign_in");
    await page.getByText("No session fits.").waitFor();
    await page.goto(`${system.hubOrigin}/#/apps?segment=office`);
    await page.getByText("No app fits.").waitFor();
    await page.goto(`${system.hubOrigin}/#/people?role=owner`);
    await expect.poll(() => rows.count()).toBe(1);
    await page.goto(`${system.hubOrigin}/#/policies?search=ENGINEERING+echo`);
    await expect.poll(() => rows.allTextContents()).toEqual([expect.stringContaining("echo")]);
  });

  it("who could reach an app then is one choice, and stands in the address", async () => {
    await page.goto(`${system.hubOrigin}/#/policies/echo`);
    await page.getByRole("link", { name: "Who can reach echo" }).click();
    await expect.poll(() => page.textContent("main h1")).toBe("Who can reach echo");
    await page.getByRole("region", { name: "Who is within reach" }).waitFor();
    await page.getByLabel("As of").selectOption("7d");
    await page.getByRole("alert").waitFor();
    expect(page.url()).toContain("#/reach/app/echo?at=7d");
    await page.getByLabel("As of").selectOption("other");
    await page.getByLabel("Moment").fill("2026-01-02T03:04");
    await expect.poll(() => page.url()).toMatch(/at=2026-01-0\dT\d\d%3A04Z/);
    await page.getByLabel("As of").selectOption("");
    await page.getByRole("region", { name: "Who is within reach" }).waitFor();
  });

  it("finds people, apps and numbers from anywhere, by keyboard alone", async () => {
    await page.goto(`${system.hubOrigin}/#/overview`);
    await page.waitForSelector("main h1");
    await page.keyboard.press("/");
    await page.keyboard.type("alice");
    const options = page.locator(".found [role=option]");
    await expect.poll(() => page.getByRole("group", { name: "People" }).count()).toBe(1);
    expect(await page.getByRole("group", { name: "Decisions" }).count()).toBe(1);
    await isAccessible(page, "the search with results");
    // The arrows lead through all groups, in their order.
    const chosen = page.getByRole("group", { name: "People" }).getByRole("option", { selected: true });
    const active = page.locator(".found [aria-selected=true]");
    for (let n = 0; n < 20 && (await chosen.count()) === 0; n++) {
      const before = await active.getAttribute("id");
      await page.keyboard.press("ArrowDown");
      await expect.poll(() => active.getAttribute("id")).not.toBe(before);
    }
    expect(await chosen.textContent()).toContain("alice@example.com");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator("main h1").textContent()).toBe("alice@example.com");
    const { data } = await system.admin.call("decisions.list", { query: { path: "/admin/users", limit: 1 } });
    await page.keyboard.press("/");
    await page.keyboard.type(data.items[0]?.id ?? "none");
    await expect.poll(() => options.count()).toBe(1);
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator("main").textContent()).toContain("/admin/users");
  });

  it("U3: shows who changed an app, with what it was before", async () => {
    const { data: app, etag } = await system.admin.call("apps.get", { params: { app: "echo" } });
    await system.admin.call("apps.update", {
      params: { app: app.id },
      body: { settings: { encodedSlashes: true } },
      ifMatch: etag ?? "",
      note: "the new upstream needs it",
    });
    await page.goto(`${system.hubOrigin}/#/history?kind=app&name=echo`);
    const first = page.locator(".history > li").first();
    await expect.poll(() => first.textContent()).toContain("the new upstream needs it");
    expect(await first.textContent()).toContain("settings.encoded slashesno yes");
    // The page of the thing itself shows the same, and a policy's text line by line.
    await page.goto(`${system.hubOrigin}/#/apps/echo`);
    await expect.poll(() => first.textContent()).toContain("the new upstream needs it");
    await page.getByRole("link", { name: "Search its history" }).click();
    await expect.poll(() => page.textContent("main h1")).toBe("History");
    await expect.poll(() => first.textContent()).toContain("settings.encoded slashesno yes");
    await page.goto(`${system.hubOrigin}/#/policies/echo`);
    await expect.poll(() => first.textContent()).toContain("added: + permit (principal in");
  });

  it("the audit log names who acted and on what, and says why", async () => {
    await page.goto(`${system.hubOrigin}/#/audit?kinds=admin`);
    const row = page.locator("main tbody tr").filter({ hasText: "changed an app" }).first();
    await expect.poll(() => row.textContent()).toMatch(/bootstrap.*echo.*the new upstream needs it/);
    const named = page.locator('main td[data-label="Who"], main td[data-label="On"]');
    expect((await named.allTextContents()).join(" ")).not.toMatch(/(tok|app|nod)_[0-9a-z]{26}/);
  });

  it("shows the nodes that joined, and who is connected to whom", async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(`${system.hubOrigin}/#/map`);
    const nodes = page.getByText(/^\d+ of \d+ nodes online/);
    await expect.poll(() => nodes.textContent()).toContain("10 of 10 nodes online in 3 segments; 27 of 27");
    await page.getByRole("button", { name: "web-1 in main, online" }).press("Enter");
    const peers = page.getByText(/^Permitted peers:/);
    await expect.poll(() => peers.textContent()).toContain("Permitted peers: 6");
    // U33: rules are named.
    const rule = page.getByRole("link", { name: "web to databases" });
    expect(await rule.first().getAttribute("href")).toMatch(/#\/mesh-rules\/rul_/);
    expect(await page.locator("main").textContent()).not.toContain("rul_");
    await screenshot(page, "map");
  });

  it("an administrator ends a session with the keyboard alone", async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(`${system.hubOrigin}/#/sessions`);
    const button = page.locator("main tbody button").first();
    await button.waitFor();
    await button.focus();
    await page.keyboard.press("Enter");
    const confirm = page.locator("button:focus");
    await confirm.waitFor();
    await page.keyboard.press("Enter");
    await expect
      .poll(
        async () =>
          (await system.admin.call("sessions.list", { query: { state: "ended" } })).data.items.length,
      )
      .toBeGreaterThan(0);
  });

  it("a person's risk is set on their page, and their session says what it may do now, why, and until when", async () => {
    const { id } = (await system.admin.call("users.get", { params: { user: "alice@example.com" } })).data;
    const found = await system.admin.call("sessions.list", { query: { user: id, search: "echo" } });
    const session = found.data.items[0]?.id ?? "";
    await page.goto(`${system.hubOrigin}/#/people/users/${id}`);
    // The session that was ended above may be the dashboard's own: a reload signs in again.
    await page.reload();
    await page.getByLabel("Set the risk to").fill("60");
    await page.getByRole("button", { name: "Set", exact: true }).click();
    await page.getByText("set by administrator: 60").waitFor();
    await screenshot(page, "person-risk");
    await page.goto(`${system.hubOrigin}/#/sessions`);
    await page.getByRole("link", { name: "60, only reading" }).first().waitFor();
    await screenshot(page, "sessions-risk");
    await page.goto(`${system.hubOrigin}/#/sessions/${session}`);
    await page.getByText("The session may only read").waitFor();
    await page.getByText("the risk alone restores full access").waitFor();
    await screenshot(page, "session-risk");
    await system.admin.call("risk.clear", { params: { user: id } });
    await page.goto(`${system.hubOrigin}/#/sessions/cuts`);
    await expect.poll(() => page.textContent("main h1")).toBe("Who was cut off");
  });

  it("U26: a denial says of what, whom to ask, and copies a text; the launcher names only what opens", async () => {
    const { data } = await system.admin.call("network.get", {});
    const change = (body: { contact?: string; listsClosedApps?: boolean }, version: number) =>
      system.admin.call("network.update", { body, ifMatch: `"${version}"` });
    await change({ contact: "help@example.com" }, data.version);
    await browser.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.goto(`http://echo.localhost:${system.port}/admin/users?token=secret`);
    const text = await page.textContent("main");
    expect(text).toContain("this page of Echo");
    expect(text).toContain("/admin/users");
    expect(text).not.toContain("secret");
    expect(await page.getAttribute("main dl a", "href")).toContain("mailto:help%40example.com");
    await page.getByRole("button", { name: "Copy this" }).press("Enter");
    await page.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("/admin/users of Echo");
    await isAccessible(page, "a denial of a path");
    await system.admin.call("apps.create", {
      body: {
        name: "payroll",
        title: "Payroll",
        host: "payroll.localhost",
        segment: "main",
        upstreams: [system.upstream.origin],
      },
    });
    await page.goto(system.authOrigin);
    expect(await page.textContent("main")).toContain("Echo");
    expect(await page.textContent("main")).not.toContain("Payroll");
    await change({ listsClosedApps: true }, data.version + 1);
    await page.goto(system.authOrigin);
    expect(await page.textContent("main")).toContain("Payroll");
  });

  it("U25: a page that can't be loaded says that the hub is away, and the page that is open does, too", async () => {
    await page.goto(`${system.hubOrigin}/#/sessions`);
    await page.waitForSelector("main table");
    await browser.context.setOffline(true);
    await page.evaluate(() => {
      location.hash = "#/apps";
    });
    const failure = page.getByRole("alert");
    await expect.poll(() => failure.textContent()).toContain("The hub does not answer");
    await browser.context.setOffline(false);
  });

  it("finds people, apps, nodes and sessions by every word of a search, at the hub", async () => {
    const { admin } = system;
    await admin.call("users.create", { body: { email: "zoe@example.com", name: "Zoë 100%" } });
    const people = async (search: string) =>
      (await admin.call("users.list", { query: { search } })).data.items.map(({ email }) => email);
    expect(await people("ZOE")).toEqual(["zoe@example.com"]);
    expect(await people("example zoe")).toEqual(["zoe@example.com"]);
    expect(await people("100%")).toEqual(["zoe@example.com"]);
    expect(await people("zoe alice")).toEqual([]);
    const nodes = async (search: string) =>
      (await admin.call("nodes.list", { query: { search } })).data.items.map(({ name }) => name);
    expect(await nodes("MAIN web-2")).toEqual(["web-2"]);
    const address = (await admin.call("nodes.get", { params: { node: "db-1" } })).data.ipv4;
    expect(await nodes(address)).toContain("db-1");
    const apps = (await admin.call("apps.list", { query: { search: "echo.local" } })).data.items;
    expect(apps.map(({ name }) => name)).toEqual(["echo"]);
    const sessions = (await admin.call("sessions.list", { query: { search: "alice echo" } })).data.items;
    expect(sessions.map(({ appName }) => appName)).toEqual(["echo"]);
  });

  it("a table is sorted by its headers, by keyboard, and says so", async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(`${system.hubOrigin}/#/people`);
    const header = page.getByRole("columnheader", { name: "User" });
    const first = page.locator("main tbody tr").first();
    await header.getByRole("button").press("Enter");
    expect(await header.getAttribute("aria-sort")).toBe("ascending");
    expect(await first.textContent()).toContain("alice@example.com");
    await page.keyboard.press("Enter");
    expect(await header.getAttribute("aria-sort")).toBe("descending");
    expect(await first.textContent()).toContain("zoe@example.com");
  });

  const roleOf = async (user: string) =>
    (await system.admin.call("users.get", { params: { user } })).data.role;
  it("U16: a role is changed after a question that says what it may, and one's own with a warning", async () => {
    await page.goto(`${system.hubOrigin}/#/people`);
    const dialog = page.getByRole("dialog");
    await page.getByLabel("Role of zoe@example.com").selectOption("admin");
    expect(await dialog.textContent()).toContain("may change everything but owners");
    await dialog.getByRole("button", { name: "Cancel" }).press("Enter");
    expect(await roleOf("zoe@example.com")).toBe(null);
    await page.getByLabel("Role of zoe@example.com").selectOption("auditor");
    await dialog.getByLabel("Why (optional)").fill("does the audit");
    await page.keyboard.press("Enter");
    await expect.poll(() => roleOf("zoe@example.com")).toBe("auditor");
    await page.goto(`${system.hubOrigin}/#/people/users/zoe@example.com`);
    await expect.poll(() => page.locator(".history > li").first().textContent()).toContain("does the audit");
    await page.goto(`${system.hubOrigin}/#/people`);
    await page.getByLabel("Role of alice@example.com").selectOption("");
    expect(await dialog.textContent()).toContain("This is your own account");
    await isAccessible(page, "a question");
    await page.keyboard.press("Escape");
    expect(await roleOf("alice@example.com")).toBe("owner");
  });

  it("several are disabled with one question", async () => {
    for (const email of ["one@example.com", "two@example.com"]) {
      await system.admin.call("users.create", { body: { email } });
    }
    await page.goto(`${system.hubOrigin}/#/people`);
    await page.reload();
    await page.getByLabel("Take one@example.com").press("Space");
    await page.getByLabel("Take two@example.com").press("Space");
    await page.getByRole("button", { name: "Disable them" }).press("Enter");
    const dialog = page.getByRole("dialog");
    expect(await dialog.textContent()).toContain("Disable 2 people?");
    await dialog.getByRole("button", { name: "Disable them" }).press("Enter");
    const disabled = async () =>
      (await system.admin.call("users.list", { query: { status: "disabled" } })).data.items.length;
    await expect.poll(disabled).toBe(2);
    const offer = page.getByText("2 people are disabled.");
    await offer.waitFor();
    await isAccessible(page, "an offer to undo");
    await page.getByRole("button", { name: "Undo" }).press("Enter");
    await expect.poll(disabled).toBe(0);
    await expect.poll(() => offer.count()).toBe(0);
  });

  it("what somebody else changed since is not undone", async () => {
    await page.goto(`${system.hubOrigin}/#/people?search=one`);
    await page.getByRole("button", { name: "Disable one@example.com" }).press("Enter");
    await page.getByRole("dialog").getByRole("button", { name: "Disable" }).press("Enter");
    await page.getByText("one@example.com is disabled, and signed out.").waitFor();
    const params = { user: "one@example.com" };
    const { data, etag } = await system.admin.call("users.get", { params });
    expect(data.status).toBe("disabled");
    await system.admin.call("users.update", { params, ifMatch: etag ?? "", body: { name: "Of another" } });
    await page.getByRole("button", { name: "Undo" }).press("Enter");
    await page.getByText("It was not undone: it has been changed again since.").waitFor();
    expect((await system.admin.call("users.get", { params })).data.status).toBe("disabled");
  });

  it("a member who was taken out, and a token that was switched off, come back by Undo", async () => {
    await system.admin.call("groups.create", { body: { name: "night" } });
    const zoe = { group: "night", kind: "user" as const, member: "zoe@example.com" };
    await system.admin.call("groups.addMember", { params: zoe });
    const members = async () =>
      (await system.admin.call("groups.members", { params: { group: "night" } })).data.items.length;
    const dialog = page.getByRole("dialog");
    await page.goto(`${system.hubOrigin}/#/people/groups/night`);
    await page.getByRole("button", { name: "Remove zoe@example.com" }).press("Enter");
    await dialog.getByRole("button", { name: "Remove" }).press("Enter");
    await page.getByText("zoe@example.com is no member of night any more.").waitFor();
    expect(await members()).toBe(0);
    await page.getByRole("button", { name: "Undo" }).press("Enter");
    await expect.poll(members).toBe(1);
    await system.admin.call("serviceTokens.create", { body: { name: "nightly", groups: [] } });
    await page.goto(`${system.hubOrigin}/#/tokens`);
    await page.getByRole("button", { name: "Switch off nightly" }).press("Enter");
    await dialog.getByRole("button", { name: "Switch off" }).press("Enter");
    await page.getByText("The token nightly is switched off.").waitFor();
    await page.getByRole("button", { name: "Undo" }).press("Enter");
    const isOn = async () =>
      (await system.admin.call("serviceTokens.list", {})).data.items.find(({ name }) => name === "nightly")
        ?.enabled;
    await expect.poll(isOn).toBe(true);
  });

  it("U15: ending a session says that its owner comes back, and offers to end everything and stop signing in", async () => {
    await signIn(system, "bob", `http://app.localhost:${system.port}`);
    await page.goto(`${system.hubOrigin}/#/sessions?search=bob+app`);
    await page.getByRole("button", { name: "End the session of bob@example.com" }).first().press("Enter");
    const dialog = page.getByRole("dialog");
    expect(await dialog.textContent()).toContain("They come back by opening the app again");
    await dialog.getByLabel("Everything, and stop signing in").check();
    await dialog.getByRole("button", { name: "End" }).press("Enter");
    const bob = async () =>
      (await system.admin.call("users.get", { params: { user: "bob@example.com" } })).data.status;
    await expect.poll(bob).toBe("disabled");
    const live = await system.admin.call("sessions.count", { query: { user: "bob@example.com" } });
    expect(live.data.sessions).toBe(0);
  });

  it("U13: switching the only provider off asks, with the number of people and who could come back", async () => {
    await page.goto(`${system.hubOrigin}/#/providers/main`);
    await page.getByLabel("Switched on").press("Space");
    await page.getByRole("button", { name: "Save" }).press("Enter");
    const dialog = page.getByRole("dialog");
    await expect.poll(() => dialog.textContent()).toMatch(/1 person is signed out \(\d+ sessions end\)/);
    await expect.poll(() => dialog.textContent()).toContain("nobody could sign in any more");
    await page.keyboard.press("Escape");
    const { data } = await system.admin.call("identityProviders.get", { params: { provider: "main" } });
    expect(data.enabled).toBe(true);
  });

  it.each([
    ["A SAML provider", "saml", { Issuer: "urn:idp", "Its metadata": "<x/>" }],
    ["GitHub", "github", { "Client id": "Ov23", "Client secret": "secret", Organisations: "acme" }],
    ["A code by e-mail, for guests", "email", { "Days until the access of a new user ends": "30" }],
  ])("%s is added with the fields that its kind has", async (title, kind, fields) => {
    await page.goto(`${system.hubOrigin}/#/providers/new`);
    await page.getByLabel("Who signs people in").selectOption({ label: title });
    await page.getByLabel("Name", { exact: true }).fill(`new ${kind}`);
    for (const [label, value] of Object.entries(fields))
      await page.getByLabel(label, { exact: true }).fill(value);
    await isAccessible(page, `the form of ${kind}`);
    await page.getByRole("button", { name: "Add and test it" }).click();
    await page.getByRole("heading", { name: `new ${kind}` }).waitFor();
    const params = { provider: `new ${kind}` };
    const { data, etag } = await system.admin.call("identityProviders.get", { params });
    expect(data).toMatchObject({ kind, guestDays: kind === "email" ? 30 : null });
    await system.admin.call("identityProviders.delete", { params, ifMatch: etag ?? "" });
  });

  it("U19: an earlier version is read beside what is written, with what differs; what is written is guarded", async () => {
    const { data } = await system.admin.call("policies.get", { params: { policy: "echo" } });
    const source = `${data.source}\n// nobody but engineering\n`;
    await system.admin.call("policies.publish", {
      params: { policy: "echo" },
      body: { source, note: "explained" },
      ifMatch: `"${data.version}"`,
    });
    await page.goto(`${system.hubOrigin}/#/overview`);
    await page.goto(`${system.hubOrigin}/#/policies/echo`);
    const editor = page.getByLabel("Policy text");
    await expect.poll(() => editor.inputValue()).toBe(source);
    await editor.press("End");
    await editor.pressSequentially("// mine");
    const written = await editor.inputValue();
    await page.getByRole("button", { name: "Show version 1" }).press("Enter");
    const version = page.getByRole("region", { name: "Version 1" });
    await expect.poll(() => version.textContent()).toContain("added: + // nobody but engineering");
    expect(await editor.inputValue()).toBe(written);
    expect(await version.getByRole("button", { name: "Take its text" }).isDisabled()).toBe(true);
    await isAccessible(page, "an earlier version");
    page.once("dialog", (asked) => asked.dismiss());
    await page.getByRole("link", { name: "Sessions" }).first().press("Enter");
    expect(await editor.inputValue()).toBe(written);
    // The browser's own buttons ask, too, and a no leaves the history as it was.
    page.once("dialog", (asked) => asked.dismiss());
    await page.evaluate(() => history.back());
    await expect.poll(() => page.url()).toContain("#/policies/echo");
    expect(await editor.inputValue()).toBe(written);
    page.once("dialog", (asked) => asked.accept());
    await page.getByRole("link", { name: "Sessions" }).first().press("Enter");
    await expect.poll(() => page.textContent("main h1")).toBe("Sessions");
  });

  it("a form that was written in asks before it is left by the browser's back button, and one that was not does not", async () => {
    await page.goto(`${system.hubOrigin}/#/apps`);
    await page.getByRole("link", { name: "Add an app" }).press("Enter");
    const title = page.getByLabel("Title");
    await title.waitFor();
    const asked: string[] = [];
    const dismiss = (dialog: Dialog) => {
      asked.push(dialog.message());
      return dialog.dismiss();
    };
    page.on("dialog", dismiss);
    await page.evaluate(() => history.back());
    await expect.poll(() => page.textContent("main h1")).toBe("Apps");
    expect(asked).toEqual([]);
    await page.evaluate(() => history.forward());
    await title.fill("Payroll");
    await page.evaluate(() => history.back());
    await expect.poll(() => asked.length).toBe(1);
    await expect.poll(() => page.url()).toContain("#/apps/new");
    expect(await title.inputValue()).toBe("Payroll");
    page.off("dialog", dismiss);
    page.once("dialog", (dialog) => dialog.accept());
    await page.evaluate(() => history.back());
    await expect.poll(() => page.textContent("main h1")).toBe("Apps");
  });

  it("a person's page says what they can reach and why, and an app's who can reach it", async () => {
    await page.goto(`${system.hubOrigin}/#/people/users/alice@example.com`);
    const reach = page.getByRole("region", { name: "Apps within reach" });
    await expect.poll(() => reach.textContent()).toContain("echo");
    expect(await reach.textContent()).toContain("echo#1 (version");
    await page.goto(`${system.hubOrigin}/#/apps/echo`);
    const who = page.getByRole("region", { name: "Who is within reach" });
    await expect.poll(() => who.textContent()).toContain("alice@example.com");
    // Who changed that is one step from who could reach it.
    await who
      .getByRole("link", { name: /^echo#1 \(version/ })
      .first()
      .click();
    await expect.poll(() => page.textContent("main h1")).toBe("History");
    await expect.poll(() => page.textContent("main")).toContain("policy echo");
  });

  it("U33: the overview's figures lead to what they count, and a network that is set up has no first steps", async () => {
    await page.goto(`${system.hubOrigin}/#/overview`);
    await page.getByRole("link", { name: /^Denied: / }).press("Enter");
    await expect.poll(() => page.textContent("main h1")).toBe("Decisions");
    expect(page.url()).toContain("decision=deny");
    expect(await page.getByRole("region", { name: "First steps" }).count()).toBe(0);
  });

  it("U17: a new enrolment key is what the command line makes: not approved in advance", async () => {
    await page.goto(`${system.hubOrigin}/#/enrolment-keys`);
    await page.getByRole("button", { name: "Make a key" }).click();
    await expect.poll(() => page.getByLabel("Its nodes need no approval").isChecked()).toBe(false);
    await page.keyboard.press("Escape");
  });

  it("a node is added where nodes are listed, with the line to run on it", async () => {
    await page.goto(`${system.hubOrigin}/#/nodes`);
    await page.getByRole("button", { name: "Add a node" }).press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Segment").selectOption("office");
    await dialog.getByRole("button", { name: "Make the key" }).press("Enter");
    await dialog.getByText(/rustronaut-agent up --hub/).waitFor();
    await isAccessible(page, "the line to run");
    await page.getByRole("button", { name: "Done" }).press("Enter");
    expect(page.url()).toContain("#/nodes");
    const { data } = await system.admin.call("enrolmentKeys.list", {});
    expect(data.items.filter(({ name }) => name.startsWith("node of "))).toMatchObject([
      { segment: "office", maxUses: 1, preApproved: false },
    ]);
  });

  it("U11: a service token's secret is shown once, with the header to send", async () => {
    await page.goto(`${system.hubOrigin}/#/tokens`);
    await page.getByRole("button", { name: "Make a token" }).press("Enter");
    await page.keyboard.type("ci");
    await page.keyboard.press("Enter");
    const header = page.getByText(/^x-rustronaut-service-token: rnsvc_/i);
    await header.waitFor();
    await isAccessible(page, "a made token");
    await page.keyboard.press("Escape");
    expect(await header.isVisible()).toBe(true);
    await page.getByRole("button", { name: "Done" }).click();
    await expect.poll(() => page.content()).not.toContain("rnsvc_");
  });

  it("the colours can be chosen, and stay so", async () => {
    await page.emulateMedia({ colorScheme: "light" });
    await page.goto(`${system.hubOrigin}/#/network`);
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await background();
    await page.getByLabel("Colours").selectOption("dark");
    expect(await background()).not.toBe(light);
    await page.reload();
    await page.waitForSelector("main h1");
    expect(await background()).not.toBe(light);
    await page.getByLabel("Colours").selectOption("system");
    expect(await background()).toBe(light);
  });

  it("the pages that people see are accessible in light and dark", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      for (const address of [
        system.authOrigin,
        `${system.appOrigin}/admin`,
        `${system.appOrigin}/.rustronaut/sign-out`,
        `${system.authOrigin}/.rustronaut/callback`,
      ]) {
        await page.goto(address);
        await isAccessible(page, `${address} in ${colorScheme}`);
      }
    }
  });
});

async function screenshot(page: Page, name: string): Promise<void> {
  if (!process.env.SCREENSHOTS) return;
  mkdirSync("docs/images", { recursive: true });
  await page.screenshot({ path: `docs/images/${name}.png` });
}
