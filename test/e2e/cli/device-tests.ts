import { beforeAll, describe, expect, it } from "vitest";
import type { System } from "../../support/harness.ts";
import { Visitor } from "../../support/visitor.ts";
import { Shell } from "./process.ts";
import { FORM, reasonOf, stepsOf, verifier } from "./sign-in-steps.ts";

/** How a machine without a browser signs in. @param system The hub, once it runs. */
export function deviceTests(system: () => System): void {
  const { post, answer } = stepsOf(system);

  describe("U21: `rustronaut login --device`", () => {
    const device = async (headers = {}) =>
      (await post("/oauth/device_authorization", { machine: "build-7" }, headers)).json;
    const poll = (code: string | undefined) =>
      post("/oauth/token", {
        grant_type: "urn:ietf:params:oauth:grant-type:device_code",
        device_code: code ?? "",
      });
    const type = (visitor: Visitor, code: string) =>
      visitor.get(
        `${system().authOrigin}/device`,
        { ...FORM, "sec-fetch-site": "same-origin" },
        "POST",
        new URLSearchParams({ code }).toString(),
      );
    /** The page that asks the person who typed the code. */
    async function typed(visitor: Visitor, code: string, user = "alice") {
      const found = await type(visitor, code);
      expect([found.status, reasonOf(found)]).toEqual([200, "user_code_known"]);
      return visitor.visit(new URL(backToPath(found), system().authOrigin).href, user);
    }
    const backToPath = (page: { headers: Readonly<Record<string, string | string[] | undefined>> }) =>
      String(page.headers.refresh ?? "").replace("0; url=", "");

    /** It asks for the first time after five seconds, in which the other tests run. */
    let waiting: ReturnType<Shell["run"]>;
    beforeAll(async () => {
      const shell = await Shell.open();
      const visitor = new Visitor();
      let said = "";
      waiting = shell.run(["login", system().hubOrigin], "", (text) => {
        said += text;
        const code = /\n {2}([A-Z]{4}-[A-Z]{4})\n/.exec(said)?.[1];
        if (!code) return;
        said = "";
        void typed(visitor, code.toLowerCase().replace("-", " ")).then(({ response }) =>
          answer(visitor, response.text, "yes"),
        );
      });
    });

    it("warns of codes that others send, and of another network", async () => {
      const { user_code = "" } = await device({ "cf-connecting-ip": "203.0.113.7" });
      const { response } = await typed(new Visitor(), user_code);
      for (const words of ["Did somebody send you the code", "203.0.113.7", "another network than yours"])
        expect(response.text).toContain(words);
    });

    it("waits, and is told to slow down", async () => {
      const { device_code } = await device();
      expect((await poll(device_code)).json.error).toBe("authorization_pending");
      expect((await poll(device_code)).json.error).toBe("slow_down");
      // Nothing is stored for a code that somebody made up, so nobody is told to slow down.
      const madeUp = `${device_code?.split(".")[0]}.${verifier()}`;
      for (const _ of [1, 2]) expect((await poll(madeUp)).json.error).toBe("invalid_grant");
    });

    it("lets no page use up how often its visitors' network may ask", async () => {
      for (const header of [{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }])
        expect(await device(header)).toMatchObject({ error: "invalid_request" });
    });

    it("opens nothing after a no", async () => {
      const { device_code, user_code = "" } = await device();
      const visitor = new Visitor();
      const { response } = await typed(visitor, user_code);
      expect((await answer(visitor, response.text, "no")).text).toContain("not signed in");
      expect((await answer(visitor, response.text, "yes")).status).toBe(400);
      expect((await poll(device_code)).json.error).toBe("access_denied");
    });

    it("opens nothing with the code that the person typed, or another's secret", async () => {
      const [mine, other] = [await device(), await device()];
      const [id] = (mine.device_code ?? "").split(".");
      const [, secret] = (other.device_code ?? "").split(".");
      expect((await poll(`${id}.${secret}`)).json.error).toBe("invalid_grant");
      expect((await poll(mine.user_code)).json.error).toBe("invalid_request");
    });

    it("asks nobody who was sent a link to the question: the code must be typed in that browser", async () => {
      const { device_code, user_code = "" } = await device();
      // Who asked for the code knows the attempt.
      const link = `${system().authOrigin}/.rustronaut/start?a=${device_code?.split(".")[0]}`;
      const victim = new Visitor();
      expect(reasonOf((await victim.visit(link, "alice")).response)).toBe("ask_user_code");
      await victim.visit(`${system().authOrigin}/`, "alice");
      expect(reasonOf((await victim.visit(link, "alice")).response)).toBe("ask_user_code");
      expect(reasonOf((await typed(victim, user_code)).response)).toBe("confirm_command_line");
      expect(reasonOf((await new Visitor().visit(link, "bob")).response)).toBe("ask_user_code");
    });

    it("bounds the codes that a network tries", async () => {
      const headers = { ...FORM, "sec-fetch-site": "same-origin", "cf-connecting-ip": "198.51.100.99" };
      const tries = [];
      for (let i = 0; i < 31; i++) {
        const page = await new Visitor().get(
          `${system().authOrigin}/device`,
          headers,
          "POST",
          "code=BCDFGHJK",
        );
        tries.push(page.status);
      }
      expect([...new Set(tries)]).toEqual([404, 429]);
      expect(tries.at(-1)).toBe(429);
    });

    it("signs in a machine without a browser", async () => {
      const ended = await waiting;
      expect(ended).toMatchObject({ code: 0, out: expect.stringContaining("as alice@example.com (owner)") });
      expect(ended.err).toContain(`${system().hubOrigin}/device`);
    });
  });
}
