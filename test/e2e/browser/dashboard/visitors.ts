import { expect, it } from "vitest";
import { isAccessible } from "../page-checks.ts";
import type { Dashboard } from "./dashboard.ts";

/** What people see who only use apps, and what everybody sees while the hub is away. */
export function visitorsTests(on: Dashboard): void {
  it("U26: a denial says of what, whom to ask, and copies a text; the launcher names only what opens", async () => {
    const { browser, page, system } = on;
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
    const { browser, page, system } = on;
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

  it("the pages that people see are accessible in light and dark", async () => {
    const { page, system } = on;
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
}
