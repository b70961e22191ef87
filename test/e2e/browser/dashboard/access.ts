import { expect, it } from "vitest";
import { isAccessible } from "../page-checks.ts";
import { type Dashboard, screenshot } from "./dashboard.ts";

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

  it("a provider's SCIM token is shown once, lets it send people, and says how that went", async () => {
    const { page, system } = on;
    await page.goto(`${system.hubOrigin}/#/providers/main`);
    await page.getByRole("button", { name: "Let it send people" }).press("Enter");
    await page.getByLabel("Namespace").fill("main-idp");
    await page.getByRole("button", { name: "Make the token" }).press("Enter");
    const token = (await page.getByText(/^rnscim_/).textContent()) ?? "";
    await isAccessible(page, "a made SCIM token");
    await page.getByRole("button", { name: "Done" }).click();
    const send = (method: string, path: string, body?: object) =>
      page.evaluate(
        async ([method, path, token, body]) => {
          const headers = { authorization: `Bearer ${token}`, "content-type": "application/scim+json" };
          const response = await fetch(`/scim/v2${path}`, { method, headers, body: body ?? null });
          const text = await response.text();
          return { status: response.status, json: text === "" ? {} : JSON.parse(text) };
        },
        [method, path, token, body && JSON.stringify(body)] as const,
      );
    const made = await send("POST", "/Users", { userName: "scim@example.com", active: true });
    expect(made.status).toBe(201);
    expect((await send("POST", "/Users", { userName: "nobody" })).status).toBe(400);
    await page.reload();
    const card = page.locator("section", { has: page.getByRole("heading", { name: "People by SCIM" }) });
    await expect.poll(() => card.textContent()).toContain("1, of whom 1 active");
    expect(await card.textContent()).toContain("POST /Users: The person needs an e-mail address");
    expect(await card.textContent()).not.toContain(token);
    await isAccessible(page, "a provider that sends people");
    await card.scrollIntoViewIfNeeded();
    await screenshot(page, "provider-scim");
    expect((await send("DELETE", `/Users/${made.json.id}`)).status).toBe(204);
    await card.getByRole("button", { name: "Revoke the token" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke the token" }).click();
    await expect.poll(() => card.textContent()).toContain("The token was revoked");
    expect((await send("GET", "/Users")).status).toBe(401);
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
