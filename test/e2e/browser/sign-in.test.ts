import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { type Mailbox, type ReceivedMail, startMailbox } from "../../../scripts/demo/mailbox.ts";
import { CHROMIUM, openBrowser } from "../../support/browser.ts";
import { closeServer, freePort, type System, startSystem } from "../../support/harness.ts";
import { where } from "../../support/needs.ts";
import { type SamlProviderFixture, startSamlProvider } from "../../support/saml-provider.ts";
import { isAccessible, overflow } from "./page-checks.ts";

/** What only a browser decides: which cookies come with a POST of another site, and where a form's answer may lead. */
where("chromium").describe(`sign-in in ${CHROMIUM}`, () => {
  let system: System;
  let idp: SamlProviderFixture;
  let mailbox: Mailbox;
  const mails: ReceivedMail[] = [];

  beforeAll(async () => {
    const [idpPort, mailPort] = [await freePort(), await freePort()];
    mailbox = await startMailbox(mailPort, (mail) => mails.push(mail));
    system = await startSystem({
      withoutDashboard: true,
      developmentHosts: [`127.0.0.1:${idpPort}`, `127.0.0.1:${mailPort}`],
      mailUrl: mailbox.url,
      policies: [{ name: "app", source: `permit (principal is User, action, resource == App::"app");` }],
    });
    idp = await startSamlProvider(idpPort, `${system.authOrigin}/.rustronaut/saml/metadata`);
    const saml = { kind: "saml" as const, issuer: idp.entityId, metadataUrl: `${idp.origin}/metadata` };
    for (const body of [
      { name: "SAML", ...saml, allowedDomains: ["corp.example"] },
      { name: "E-mail", kind: "email" as const, allowedDomains: ["partner.example"] },
    ]) {
      await system.admin.call("identityProviders.create", { body });
    }
  });
  afterAll(async () => {
    closeServer(mailbox.server);
    idp.close();
    await system.stop();
  });

  it("by a SAML provider of another site ends at the application", async () => {
    const { context, close } = await openBrowser();
    onTestFinished(close);
    const page = await context.newPage();
    await page.goto(`${system.appOrigin}/reports`);
    await page.getByRole("link", { name: "Continue with SAML" }).click();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.waitForURL(`${system.appOrigin}/reports`);
    expect(system.upstream.seen.map(({ url }) => url)).toContain("/reports");
  });

  it("by a code ends at the application, by keyboard alone", async () => {
    const { context, close } = await openBrowser({ width: 390, height: 844 });
    onTestFinished(close);
    const page = await context.newPage();
    await page.goto(`${system.appOrigin}/reports`);
    await page.getByRole("link", { name: "Continue with E-mail" }).click();
    await isAccessible(page, "the page of the address");
    await page.keyboard.type("gwen@partner.example\n");
    await page.getByRole("heading", { name: "Look into your mailbox" }).waitFor();
    await isAccessible(page, "the page of the code");
    expect(await overflow(page)).toBe(0);
    await expect.poll(() => mails.length).toBe(1);
    await page.keyboard.type(`${/\d{4} \d{4}/.exec(mails[0]?.text ?? "")?.[0]}\n`);
    await page.waitForURL(`${system.appOrigin}/reports`);
    expect(system.upstream.seen.map(({ url }) => url)).toContain("/reports");
  });
});
