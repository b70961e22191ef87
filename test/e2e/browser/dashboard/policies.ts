import type { Dialog } from "playwright-core";
import { expect, it } from "vitest";
import { isAccessible, overflow } from "../page-checks.ts";
import { type Dashboard, screenshot } from "./dashboard.ts";

/** Writing policies, and what is written not being lost. */
export function policiesTests(on: Dashboard): void {
  it("writes a policy by its form, and keeps a test that holds it", async () => {
    const { page, system } = on;
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

  it("U19: an earlier version is read beside what is written, with what differs; what is written is guarded", async () => {
    const { page, system } = on;
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
    let asked = 0;
    const stay = (dialog: Dialog) => {
      asked++;
      return dialog.dismiss();
    };
    page.on("dialog", stay);
    await page.getByRole("link", { name: "Sessions" }).first().press("Enter");
    await expect.poll(() => asked).toBe(1);
    await expect.poll(() => page.url()).toContain("#/policies/echo");
    expect(await editor.inputValue()).toBe(written);
    // The browser's own buttons ask, too, and a no leaves the history as it was.
    await page.evaluate(() => history.back());
    await expect.poll(() => asked).toBe(2);
    await expect.poll(() => page.url()).toContain("#/policies/echo");
    expect(await editor.inputValue()).toBe(written);
    page.off("dialog", stay);
    page.once("dialog", (dialog) => dialog.accept());
    await page.getByRole("link", { name: "Sessions" }).first().press("Enter");
    await expect.poll(() => page.textContent("main h1")).toBe("Sessions");
  });

  it("a form that was written in asks before it is left by the browser's back button, and one that was not does not", async () => {
    const { page, system } = on;
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
}
