import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { LocalResponse } from "../../../scripts/local/http.ts";
import { newAuthenticator } from "../../support/authenticator.ts";
import { CHROMIUM, openBrowser } from "../../support/browser.ts";
import type { System } from "../../support/harness.ts";
import { where } from "../../support/needs.ts";
import { Visitor } from "../../support/visitor.ts";

export const FORM = { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" };

interface Running {
  readonly system: System;
  /** Sends a form, as a browser does. */
  readonly post: (visitor: Visitor, path: string, body: string) => Promise<LocalResponse>;
  /** What forms arrived at the app. */
  readonly arrived: () => { readonly url: string; readonly body: string }[];
}

/** What a passkey is believed for. @param given What runs. */
export function passkeyTests(given: () => Running): void {
  let { system, post } = {} as Running;
  beforeAll(() => {
    ({ system, post } = given());
  });

  describe("a passkey", () => {
    const PASSKEYS = "/.rustronaut/passkeys";
    const usual = () => ({ origin: system.authOrigin, rpId: "auth.localhost", isVerified: true });
    const formOf = ({ text }: LocalResponse) => {
      const options = /data-options="([^"]+)"/.exec(text)?.[1] ?? "{}";
      return {
        csrf: /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? "",
        challenge: (JSON.parse(options.replaceAll("&quot;", '"')) as { challenge: string }).challenge,
      };
    };
    const open = (visitor: Visitor) => visitor.get(system.authOrigin + PASSKEYS);
    const send = async (visitor: Visitor, path: string, fields: Record<string, string>) => {
      const body = new URLSearchParams({ csrf: formOf(await open(visitor)).csrf, ...fields }).toString();
      const headers = { ...FORM, origin: system.authOrigin };
      const answer = await visitor.get(system.authOrigin + PASSKEYS + path, headers, "POST", body);
      return answer.headers["x-rustronaut-response"];
    };

    it("is believed only from our page, for its person, once, with its user verified", async () => {
      const [alice, bob] = [new Visitor(), new Visitor()];
      await alice.visit(system.authOrigin + PASSKEYS, "alice");
      await bob.visit(system.authOrigin + PASSKEYS, "bob");
      const key = newAuthenticator(usual());
      const register = async (answer: (challenge: string) => string, from = alice) =>
        send(alice, "/register", { name: "Key", response: answer(formOf(await open(from)).challenge) });
      const wrong = [{ origin: system.appOrigin }, { rpId: "app.localhost" }, { isVerified: false }];
      for (const over of wrong) expect(await register((c) => key.create(c, over))).toBe("passkey_refused");
      expect(await register((c) => key.create(c), bob)).toBe("passkey_refused");
      expect(await register((c) => key.create(c))).toBe("passkey_added");
      // A second one needs a proof with the first: a stolen sign-in is not enough.
      expect(await register((c) => newAuthenticator(usual()).create(c))).toBe("step_up_required");

      const prove = async (answer: (challenge: string) => string, from = alice) =>
        send(alice, "/prove", { response: answer(formOf(await open(from)).challenge) });
      for (const over of wrong) expect(await prove((c) => key.get(c, over))).toBe("passkey_refused");
      expect(await prove((c) => newAuthenticator(usual()).get(c))).toBe("passkey_refused");
      expect(await prove((c) => key.get(c), bob)).toBe("passkey_refused");
      const stolen = alice.cookieHeader(system.authOrigin);
      let shown = "";
      expect(
        await prove((c) => {
          shown = key.get(c);
          return shown;
        }),
      ).toBe("signed_in");
      expect(alice.cookieHeader(system.authOrigin)).not.toBe(stolen);
      expect(await send(alice, "/prove", { response: shown })).toBe("passkey_refused");
      const { data } = await system.admin.call("passkeys.get", { params: { user: "alice@example.com" } });
      expect(data.passkeys).toMatchObject([{ name: "Key", isDeviceBound: true, clonedAt: null }]);

      // It fulfils what a policy asks for, though the provider named no second factor.
      await alice.visit(`${system.appOrigin}/`, "alice");
      expect((await post(alice, "/pay", "amount=3")).status).toBe(200);

      // A copy of it that counts on its own.
      key.counter = 1;
      const copied = key.get(await challengeToProve(alice));
      expect(await send(alice, "/prove", { response: copied })).toBe("passkey_refused");
      const after = await system.admin.call("passkeys.get", { params: { user: "alice@example.com" } });
      expect(after.data.passkeys[0]?.clonedAt).toEqual(expect.any(Number));
      // Whoever of the two showed it before, holds a session no more.
      expect((await post(alice, "/pay", "amount=4")).status).not.toBe(200);
    });

    /** Of the step-up page: the page of the passkeys asks for a key only before a change. */
    async function challengeToProve(visitor: Visitor): Promise<string> {
      const { response } = await visitor.visit(
        `${system.appOrigin}/.rustronaut/sign-in?fresh=1&verify=second_factor&max_age=0`,
        "nobody",
      );
      return formOf(response).challenge;
    }
  });
}

/** The same by hand. @param given What runs. */
export function passkeysInBrowserTests(given: () => Running): void {
  let { system, arrived } = {} as Running;
  beforeAll(() => {
    ({ system, arrived } = given());
  });

  where("chromium").describe(`passkeys in ${CHROMIUM}`, () => {
    it("are added after a new sign-in, answer a step-up in the middle of a form, and are reset by an administrator", async () => {
      const { context, close } = await openBrowser();
      onTestFinished(close);
      const page = await context.newPage();
      const cdp = await context.newCDPSession(page);
      await cdp.send("WebAuthn.enable");
      const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
        options: {
          ...{ protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true },
          ...{ isUserVerified: true, automaticPresenceSimulation: true },
        },
      });
      await page.goto(`${system.authOrigin}/.rustronaut/passkeys`);
      await page.locator("#bob").click();
      await page.getByLabel("What you call it").fill("Work laptop");
      await page.getByRole("button", { name: "Add it" }).click();
      await page.getByRole("button", { name: "Show a passkey" }).waitFor();
      expect(await page.locator("dt").allTextContents()).toEqual(["Work laptop"]);
      const { credentials } = await cdp.send("WebAuthn.getCredentials", { authenticatorId });
      expect(credentials.map(({ rpId }) => rpId)).toEqual(["auth.localhost"]);

      await page.goto(`${system.appOrigin}/`);
      await page.evaluate(() => {
        const form = document.body.appendChild(document.createElement("form"));
        form.method = "post";
        form.action = "/pay?to=carol";
        const field = form.appendChild(document.createElement("input"));
        field.name = "amount";
        field.value = "5";
        form.submit();
      });
      await page.getByRole("link", { name: "Go on" }).click();
      await page.getByRole("button", { name: "Show a passkey" }).click();
      await page.waitForURL(/\/pay\?to=carol&rustronaut-continue=/);
      expect(arrived()).toEqual([{ url: "/pay?to=carol", body: "amount=5" }]);
      await page.reload().catch(() => undefined);
      await page.goBack();
      await page.goto(`${system.appOrigin}/done`);
      expect(arrived().length).toBe(1);
      const who = await page.goto(`${system.appOrigin}/.rustronaut/user`);
      expect(await who?.json()).toMatchObject({ amr: expect.arrayContaining(["pwd", "user", "mfa"]) });

      const user = "bob@example.com";
      const { data } = await system.admin.call("passkeys.get", { params: { user } });
      expect(data.passkeys).toMatchObject([{ name: "Work laptop", clonedAt: null }]);
      await system.admin.call("passkeys.reset", { params: { user } });
      // Their sessions have ended, and the new one knows no passkey.
      await page.goto(`${system.appOrigin}/`);
      const now = await page.goto(`${system.appOrigin}/.rustronaut/user`);
      expect(await now?.json()).toMatchObject({ amr: ["pwd"] });
    });
  });
}
