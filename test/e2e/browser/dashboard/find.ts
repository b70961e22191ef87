import { expect, it } from "vitest";
import { isAccessible } from "../page-checks.ts";
import type { Dashboard } from "./dashboard.ts";

/** Finding what was decided, what was changed, and what there is. */
export function findTests(on: Dashboard): void {
  it("U4: finds a denial by person and path, keeps the search in the address, and goes on live", async () => {
    const { browser, page, system } = on;
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
    const { page, system } = on;
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
    const { page, system } = on;
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
    const { page, system } = on;
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
    const { page, system } = on;
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
    const { page, system } = on;
    await page.goto(`${system.hubOrigin}/#/audit?kinds=admin`);
    const row = page.locator("main tbody tr").filter({ hasText: "changed an app" }).first();
    await expect.poll(() => row.textContent()).toMatch(/bootstrap.*echo.*the new upstream needs it/);
    const named = page.locator('main td[data-label="Who"], main td[data-label="On"]');
    expect((await named.allTextContents()).join(" ")).not.toMatch(/(tok|app|nod)_[0-9a-z]{26}/);
  });

  it("finds people, apps, nodes and sessions by every word of a search, at the hub", async () => {
    const { system } = on;
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
    const { page, system } = on;
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(`${system.hubOrigin}/#/people`);
    const header = page.getByRole("columnheader", { name: "User" });
    const first = page.locator("main tbody tr").first();
    await header.getByRole("button").press("Enter");
    expect(await header.getAttribute("aria-sort")).toBe("ascending");
    expect(await first.textContent()).toContain("alice@example.com");
    await page.keyboard.press("Enter");
    expect(await header.getAttribute("aria-sort")).toBe("descending");
    await expect.poll(() => first.textContent()).toContain("zoe@example.com");
  });
}
