import { beforeAll, describe, expect, test } from "vitest";
import { applyNetwork } from "../../../scripts/local/admin.ts";
import type { System } from "../../support/harness.ts";
import { openSocket } from "../../support/streams.ts";
import { Visitor } from "../../support/visitor.ts";

/** An app with several hosts, whose cookies and sessions are apart and still one sign-in. @param given The system that runs. */
export function severalHostsTests(given: () => System): void {
  let system: System;
  let spa: string;
  let api: string;
  let img: string;
  beforeAll(async () => {
    system = given();
    [spa = "", api = "", img = ""] = ["spa", "api", "img"].map(
      (name) => `http://${name}.localhost:${system.port}`,
    );
    await setHosts(["api.localhost", "img.localhost"]);
  });

  const setHosts = (otherHosts: string[]) =>
    applyNetwork(system.admin, {
      version: 1,
      apps: [
        {
          name: "spa",
          host: "spa.localhost",
          otherHosts,
          segment: "main",
          upstreams: [system.upstream.origin],
        },
      ],
      policies: [
        {
          name: "spa",
          source: `permit (principal, action, resource == App::"spa") when { principal in Group::"engineering" || principal in Group::"sales" };
forbid (principal in Group::"sales", action, resource == App::"spa") when { context.request.host == "api.localhost" };`,
        },
      ],
    });

  const sessionAt = (visitor: Visitor, origin: string) => visitor.cookies(origin).get("__Host-rn_s");
  const fetched = (visitor: Visitor, url: string) =>
    visitor.get(url, { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty", accept: "application/json" });
  async function signedIn(user = "alice"): Promise<Visitor> {
    const visitor = new Visitor();
    const { url, response } = await visitor.visit(`${spa}/start?x=1`, user);
    expect([url, response.status]).toEqual([`${spa}/start?x=1`, 200]);
    return visitor;
  }
  const sessionsOf = async () =>
    (await system.admin.call("sessions.list", { query: { app: "spa" } })).data.items.map(({ id }) => id);

  describe("several hosts in one app", () => {
    test("a sign-in at one gives each its own cookie, and ends where the person wanted to go", async () => {
      const visitor = await signedIn();
      const cookies = [spa, api, img].map((origin) => sessionAt(visitor, origin));
      expect(new Set(cookies).size).toBe(3);
      expect(cookies).not.toContain(undefined);
      for (const origin of [spa, api, img]) {
        expect([...visitor.cookies(origin).keys()]).toEqual(["__Host-rn_s"]);
        expect((await fetched(visitor, `${origin}/data`)).status).toBe(200);
      }
    });

    test("the sign-in may begin at any of them", async () => {
      const visitor = new Visitor();
      const { url, response } = await visitor.visit(`${img}/a.png`, "alice");
      expect([url, response.status]).toEqual([`${img}/a.png`, 200]);
      expect((await fetched(visitor, `${spa}/`)).status).toBe(200);
    });

    test("a host that lets a person not in is passed over", async () => {
      const visitor = await signedIn("bob");
      expect(sessionAt(visitor, api)).toBeUndefined();
      expect((await fetched(visitor, `${img}/`)).status).toBe(200);
      const { response } = await visitor.visit(`${api}/`, "bob");
      expect(response.status).toBe(403);
    });

    test("an upstream sees which host was asked, and one audience", async () => {
      const visitor = await signedIn();
      const claims = [];
      for (const origin of [spa, api]) {
        system.upstream.reset();
        await visitor.get(`${origin}/who`);
        const headers = system.upstream.seen[0]?.headers ?? {};
        expect(headers["x-forwarded-host"]).toBe(new URL(origin).host);
        const payload = String(headers["x-rustronaut-jwt-assertion"]).split(".")[1] ?? "";
        claims.push(JSON.parse(Buffer.from(payload, "base64url").toString()));
      }
      expect(claims[0].aud).toBe(claims[1].aud);
      expect(claims[0].sid).not.toBe(claims[1].sid);
    });

    test("the cookie of one is worth nothing at another", async () => {
      const visitor = await signedIn();
      const cookie = `__Host-rn_s=${sessionAt(visitor, spa)}`;
      const carried = await new Visitor().get(`${api}/`, { cookie });
      expect(carried.status).toBe(302);
      expect((await new Visitor().get(`${spa}/`, { cookie })).status).toBe(200);
    });

    test("a code for one can't be redeemed at another", async () => {
      const visitor = await signedIn();
      visitor.cookies(api).clear();
      const begin = await visitor.get(`${api}/`);
      const code = String((await visitor.get(String(begin.headers.location))).headers.location);
      expect(code).toContain(api);
      const cookie = visitor.cookieHeader(api);
      const wrong = await new Visitor().get(code.replace(api, img), { cookie });
      expect(wrong.status).toBe(400);
      expect((await visitor.get(code)).status).toBe(400);
      expect(sessionAt(visitor, api)).toBeUndefined();
    });

    test("a page of one can't sign out at another, nor open its sockets", async () => {
      const visitor = await signedIn();
      const page = await visitor.get(`${spa}/.rustronaut/sign-out`);
      const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
      const form = { "content-type": "application/x-www-form-urlencoded" };
      const body = `csrf=${csrf}&scope=app`;
      const foreign = await visitor.get(
        `${api}/.rustronaut/sign-out`,
        { ...form, origin: spa, "sec-fetch-site": "same-site" },
        "POST",
        body,
      );
      const carried = await visitor.get(
        `${api}/.rustronaut/sign-out`,
        { ...form, origin: api },
        "POST",
        body,
      );
      expect([foreign.status, carried.status]).toEqual([403, 403]);
      const socket = openSocket(system.port, new URL(api).host, visitor.cookieHeader(api), "/socket", spa);
      await expect(socket).rejects.toThrow("403");
    });

    test("a link of the chain is good once, in its browser; afterwards it only leads to the app", async () => {
      const visitor = await signedIn();
      for (const origin of [spa, api]) visitor.cookies(origin).clear();
      const begin = await visitor.get(`${spa}/`);
      const code = String((await visitor.get(String(begin.headers.location))).headers.location);
      const next = /url=(.+)$/.exec(String((await visitor.get(code)).headers.refresh))?.[1] ?? "";
      expect(next).toContain(`${api}/.rustronaut/sign-in?chain=`);
      const elsewhere = await new Visitor().get(next, { "user-agent": "another browser" });
      expect([elsewhere.headers.location, elsewhere.headers["set-cookie"]]).toEqual(["/", undefined]);
      expect((await visitor.get(next)).headers.location).toContain(
        `${system.authOrigin}/.rustronaut/start?a=`,
      );
      expect((await visitor.get(next)).headers.location).toBe("/");
    });

    const signOut = async (visitor: Visitor, scope: "app" | "device") => {
      const page = await visitor.get(`${spa}/.rustronaut/sign-out`);
      const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
      const form = { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" };
      await visitor.get(`${spa}/.rustronaut/sign-out`, form, "POST", `csrf=${csrf}&scope=${scope}`);
    };
    const liveOnes = async () =>
      (await system.admin.call("sessions.list", { query: { app: "spa" } })).data.items;
    const parentsOf = async () => [...new Set((await liveOnes()).map(({ parentId }) => parentId))];
    /** Ends the one that was moved below the new sign-in. */
    const killMoved = async () => {
      const all = await liveOnes();
      const moved = all.find((one) => all.filter(({ parentId }) => parentId === one.parentId).length === 1);
      await system.admin.call("sessions.kill", { params: { session: moved?.id ?? "" } });
    };

    test.each<[string, (visitor: Visitor) => Promise<void>]>([
      ["an administrator's kill", killMoved],
      ["a sign-out of the app", (visitor) => signOut(visitor, "app")],
      ["a sign-out of the device", (visitor) => signOut(visitor, "device")],
    ])("after a step-up by a new sign-in at one, %s reaches those below the old sign-in", async (_, act) => {
      await system.admin.call("sessions.killMany", { body: { by: "app", app: "spa" } });
      const visitor = await signedIn();
      await visitor.visit(`${spa}/.rustronaut/sign-in?fresh=1&verify=second_factor`, "alice/otp");
      expect(await parentsOf()).toHaveLength(2);
      await act(visitor);
      for (const origin of [spa, api, img]) expect((await fetched(visitor, `${origin}/`)).status).toBe(401);
    });

    test("signing out of the app at one ends it at all", async () => {
      const visitor = await signedIn();
      await signOut(visitor, "app");
      expect((await fetched(visitor, `${api}/`)).status).toBe(401);
      const { hops } = await visitor.visit(`${api}/`, "alice");
      expect(hops.some((hop) => hop.startsWith(system.issuer))).toBe(false);
    });

    test("an administrator who ends one of a browser's sessions ends those at the other hosts", async () => {
      await system.admin.call("sessions.killMany", { body: { by: "app", app: "spa" } });
      const visitor = await signedIn();
      const [id = ""] = await sessionsOf();
      await system.admin.call("sessions.kill", { params: { session: id } });
      for (const origin of [spa, api, img]) expect((await fetched(visitor, `${origin}/`)).status).toBe(401);
      expect(await sessionsOf()).toEqual([]);
    });

    test("a host that is taken away is nobody's at once, and its streams end", async () => {
      const visitor = await signedIn();
      const socket = await openSocket(system.port, new URL(img).host, visitor.cookieHeader(img));
      await setHosts(["api.localhost"]);
      expect([4401, 4403]).toContain((await socket.cut).code);
      expect((await visitor.get(`${img}/`)).status).toBe(421);
      await setHosts(["api.localhost", "img.localhost"]);
    });
  });
}
