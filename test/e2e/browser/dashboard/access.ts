import { expect, it } from "vitest";
import { isAccessible } from "../page-checks.ts";
import type { Dashboard } from "./dashboard.ts";

/** Providers, tokens and the overview. */
export function accessTests(on: Dashboard): void {
  it("U13: switching the only provider off asks, with the number of people and who could come back", async () => {
    const { page, system } = on;
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
    const { page, system } = on;
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

  it("U33: the overview's figures lead to what they count, and a network that is set up has no first steps", async () => {
    const { page, system } = on;
    await page.goto(`${system.hubOrigin}/#/overview`);
    await page.getByRole("link", { name: /^Denied: / }).press("Enter");
    await expect.poll(() => page.textContent("main h1")).toBe("Decisions");
    expect(page.url()).toContain("decision=deny");
    expect(await page.getByRole("region", { name: "First steps" }).count()).toBe(0);
  });

  it("U11: a service token's secret is shown once, with the header to send", async () => {
    const { page, system } = on;
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
    const { page, system } = on;
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
}
