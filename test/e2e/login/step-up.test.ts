import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { LocalResponse } from "../../../scripts/local/http.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { Visitor } from "../../support/visitor.ts";

/** A step-up at a real provider: what is asked of it, what of its answer counts, and the work that waits meanwhile. */

const POLICIES = `permit (principal is User, action, resource == App::"app");
@verify("second_factor within 10m")
permit (principal is User, action == Action::"write", resource == App::"app") when { context.request.path like "/pay*" };
@acr("urn:demo:second-factor")
permit (principal is User, action, resource == App::"app") when { context.request.path like "/gold*" };
@acr("urn:demo:platinum")
permit (principal is User, action, resource == App::"app") when { context.request.path == "/platinum" };
permit (principal is User, action, resource == App::"other");`;

let system: System;
beforeAll(async () => {
  system = await startSystem({ withoutDashboard: true, policies: [{ name: "all", source: POLICIES }] });
});
afterAll(() => system.stop());
beforeEach(() => system.upstream.reset());

const FORM = { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" };

async function signedIn(user = "alice"): Promise<Visitor> {
  const visitor = new Visitor();
  await visitor.visit(`${system.appOrigin}/`, user);
  system.upstream.reset();
  return visitor;
}

/** Sends a form, as a browser does. */
const post = (visitor: Visitor, path: string, body: string, headers: Record<string, string> = {}) =>
  visitor.get(
    system.appOrigin + path,
    { ...FORM, origin: system.appOrigin, "content-length": String(Buffer.byteLength(body)), ...headers },
    "POST",
    body,
  );

const linkOf = ({ text }: LocalResponse): string =>
  (/<a class="button" href="([^"]+)"/.exec(text)?.[1] ?? "").replaceAll("&amp;", "&");
const actionOf = ({ text }: LocalResponse): string =>
  (/<form method="post" action="([^"]+)"/.exec(text)?.[1] ?? "").replaceAll("&amp;", "&");

const arrived = () =>
  system.upstream.seen.filter(({ method }) => method === "POST").map(({ url, body }) => ({ url, body }));

describe("a form that a policy asks a second factor for", () => {
  it("waits for the step-up, and arrives exactly once", async () => {
    const alice = await signedIn();
    const cookie = alice.cookieHeader(system.appOrigin);
    const waiting = await post(alice, "/pay?to=bob", "amount=7");
    expect(waiting.status).toBe(401);
    expect(waiting.headers["x-rustronaut-response"]).toBe("second_factor_required");
    expect(waiting.text).toContain("a second factor");
    expect(arrived()).toEqual([]);

    const { response: page, hops } = await alice.visit(linkOf(waiting), "alice/otp");
    expect(hops.find((hop) => hop.startsWith(system.issuer))).toMatch(/[?&]prompt=login&/);
    expect(hops.find((hop) => hop.startsWith(system.issuer))).toContain("max_age=0");
    expect(page.text).toContain("/pay");
    // The cookie of before, which somebody may have stolen, gains nothing.
    expect(alice.cookieHeader(system.appOrigin)).not.toBe(cookie);
    const action = actionOf(page);
    const thief = new Visitor();
    for (const one of cookie.split("; ")) {
      const [name = "", value = ""] = one.split("=");
      thief.cookies(system.appOrigin).set(name, value);
    }
    expect((await post(thief, action, "")).status).toBe(410);
    expect(arrived()).toEqual([]);

    const answers = await Promise.all([post(alice, action, ""), post(alice, action, "")]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 410]);
    expect((await post(alice, action, "")).headers["x-rustronaut-response"]).toBe("parked_request_gone");
    expect(arrived()).toEqual([{ url: "/pay?to=bob", body: "amount=7" }]);
    // The address of the answer, opened again, sends nothing.
    const again = await alice.get(system.appOrigin + action);
    expect([again.status, again.headers.location]).toEqual([303, "/pay?to=bob"]);
    expect(arrived().length).toBe(1);
  });
});
