import { beforeAll, describe, expect, it } from "vitest";
import type { attack } from "../../support/attack.ts";
import type { System } from "../../support/harness.ts";

/** Sends a request to an app of that name. */
type Send = (
  app: string,
  target: string,
  lines?: readonly string[],
  method?: string,
) => ReturnType<typeof attack>;

// Nobody said who they are: a denial asks them to (G4).
const DENIED = { status: 401, hits: 0 };

/** Paths and methods that apps read in more than one way. @param given The system that runs. */
export function otherReadingsTests(given: () => System, send: Send): void {
  let system: System;
  beforeAll(() => {
    system = given();
  });
  const seen = () => system.upstream.seen[0];

  describe("S-02 an app that takes encoded slashes", () => {
    it.each(["/a%2Fb", "/a%2fb", "/a%5cb"])("gets %s byte for byte", async (target) => {
      expect(await send("slashes", target)).toMatchObject({ status: 200, hits: 1 });
      expect(seen()?.url).toBe(target);
      expect(await send("strict", target)).toMatchObject({ status: 400, hits: 0 });
    });
    it.each([
      "/public/..%2fadmin",
      "/public/..%2Fadmin",
      "/public%2f..%2fadmin",
      "/%2fadmin",
      "/x%5c..%5Cadmin",
      "/admin%2fx",
    ])("%s is denied by its other reading", async (target) =>
      expect(await send("slashes", target)).toMatchObject(DENIED),
    );
  });

  describe("S-05 an app that ignores case", () => {
    it.each(["/ADMIN", "/Admin/x", "/%41dmin", "/public/../aDMIN", "/ADMIN;x=1"])(
      "%s is judged as /admin",
      async (target) => expect(await send("folding", target)).toMatchObject(DENIED),
    );
    it("gets the path as it was sent", async () => {
      expect(await send("folding", "/Page")).toMatchObject({ status: 200, hits: 1 });
      expect(seen()?.url).toBe("/Page");
    });
    it("is another than one that does not", async () => {
      expect(await send("strict", "/ADMIN")).toMatchObject({ status: 200, hits: 1 });
    });
  });

  describe("S-05 blanks at the end", () => {
    it.each(["/admin%20", "/admin%20%20", "/admin%20/x"])("%s is judged as /admin too", async (target) => {
      expect(await send("strict", target)).toMatchObject(DENIED);
    });
  });

  describe("S-46 an app that lets the client choose another method", () => {
    const HEADERS = [
      "X-HTTP-Method-Override",
      "X-HTTP-Method",
      "X-Method-Override",
      "X_HTTP_Method_Override",
    ];
    it.each([
      ...HEADERS.map((name) => `${name}: DELETE`),
      "X-HTTP-Method-Override:  delete ",
      "X-HTTP-Method-Override: DELETE, GET",
      "X-HTTP-Method-Override: GET, DELETE",
      "X-HTTP-Method-Override: GET\r\nX-HTTP-Method-Override: DELETE",
      "X-HTTP-Method-Override: PUT\r\nX-HTTP-Method: DELETE",
      "X-HTTP-Method-Override: DELETE;q=1",
    ])("%j is judged as DELETE too, or does not arrive", async (lines) => {
      const { status, hits } = await send("overriding", "/", [lines, "Content-Length: 0"], "POST");
      if (status !== 401) expect(JSON.stringify(seen()?.rawHeaders)).not.toMatch(/delete/i);
      else expect(hits).toBe(0);
    });
    it("a plain DELETE is denied", async () => {
      const lines = ["X-HTTP-Method-Override: DELETE", "Content-Length: 0"];
      expect(await send("overriding", "/", lines, "POST")).toMatchObject(DENIED);
    });
    it("PUT is allowed, and arrives", async () => {
      const lines = ["X-HTTP-Method-Override: PUT", "Content-Length: 0"];
      expect(await send("overriding", "/", lines, "POST")).toMatchObject({ status: 200, hits: 1 });
      expect(seen()?.headers["x-http-method-override"]).toBe("PUT");
    });
    it("elsewhere the header does not arrive", async () => {
      for (const name of HEADERS) {
        system.upstream.reset();
        await send("strict", "/", [`${name}: DELETE`, "Content-Length: 0"], "POST");
        expect(JSON.stringify(seen()?.rawHeaders)).not.toContain("DELETE");
      }
    });
  });
}
