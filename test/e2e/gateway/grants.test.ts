import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DEMO_USERS } from "../../../scripts/demo/identity-provider.ts";
import { applyNetwork } from "../../../scripts/local/admin.ts";
import { GRANTS } from "../../../shared/access/grants/paths.ts";
import { attack } from "../../support/attack.ts";
import { answerTo, askFor, FROM_OUR_PAGE, hiddenIn, personAt, postForm } from "../../support/grants.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { rawRequest } from "../../support/raw.ts";
import { openDownload, openSocket } from "../../support/streams.ts";

/** Access that is requested, approved, and ends: Bob (sales) asks, Alice (engineering) decides. */

let system: System;
beforeAll(async () => {
  system = await startSystem({
    withoutDashboard: true,
    users: [
      ...DEMO_USERS,
      { id: "carol", name: "Carol", email: "carol@example.com", groups: ["sales"] },
      { id: "dave", name: "Dave", email: "dave@example.com", groups: ["engineering"] },
    ],
    policies: [
      {
        name: "wiki",
        source: `permit (principal in Group::"engineering", action, resource == App::"wiki");
forbid (principal, action, resource == App::"wiki") when { context.request.path like "/secret*" };
@verify("approval") permit (principal, action, resource == App::"vault");`,
      },
    ],
  });
  const settings = { grantAskers: ["group:sales"], grantApprovers: ["group:engineering"] };
  const common = { segment: "main", upstreams: [system.upstream.origin] };
  await applyNetwork(system.admin, {
    version: 1,
    apps: [
      { name: "wiki", host: "wiki.localhost", settings, ...common },
      { name: "vault", host: "vault.localhost", settings, ...common },
      {
        ...{ name: "pager", host: "pager.localhost", ...common },
        settings: { emergencyAskers: ["user:bob@example.com"], grantApprovers: ["group:engineering"] },
      },
      { name: "closed", host: "closed.localhost", ...common },
      {
        ...{ name: "board", host: "board.localhost", ...common },
        settings: { grantAskers: ["group:sales"], grantApprovers: ["user:alice@example.com"] },
      },
    ],
  });
});
afterAll(() => system.stop());
beforeEach(() => system.upstream.reset());

const hostOf = (app: string) => `${app}.localhost:${system.port}`;
const originOf = (app: string) => `http://${hostOf(app)}`;
const at = (path: string) => `${system.authOrigin}${GRANTS}/${path}`;
const grantOf = async (grant: string) => (await system.admin.call("grants.get", { params: { grant } })).data;
const revoke = (grant: string) => system.admin.call("grants.revoke", { params: { grant } });
const open = (cookie: string, app: string, path = "/") =>
  attack(system, rawRequest(path, hostOf(app), [`Cookie: ${cookie}`]));

describe("a request for access", () => {
  it("is offered by the denial, reaches the waiting tab, and opens the app until it is revoked", async () => {
    const bob = await personAt(originOf("wiki"), "bob");
    expect([bob.last.status, bob.last.text.includes("Request access")]).toEqual([403, true]);
    const id = await askFor(system, bob, "wiki");
    expect((await bob.visitor.get(at(`${id}?to=%2Freports`))).text).toContain("0 of 1 approved");
    const own = bob.visitor.cookieHeader(system.authOrigin);
    const tab = await openDownload(system.port, `auth.localhost:${system.port}`, own, `${GRANTS}/${id}/news`);

    const alice = await personAt(originOf("wiki"), "alice");
    expect((await alice.visitor.get(at(id))).text).toContain("on call");
    expect((await answerTo(system, alice, id, "approve")).status).toBe(303);
    await tab.cut;
    // The page goes on by itself, so no click speaks for what follows, and Bob is asked nothing all the same.
    const opened = await bob.visitor.visit(at(`${id}?to=%2Freports&go=1`), "bob", {
      "sec-fetch-site": "cross-site",
    });
    expect([opened.url, opened.response.status]).toEqual([`${originOf("wiki")}/reports`, 200]);

    const cookie = bob.visitor.cookieHeader(originOf("wiki"));
    const socket = await openSocket(system.port, hostOf("wiki"), cookie);
    const query = { user: "bob@example.com", decision: "allow" as const, limit: 1 };
    const decisions = async () => (await system.admin.call("decisions.list", { query })).data.items;
    await expect.poll(async () => (await decisions())[0]?.determining).toEqual([`grant:${id}`]);
    expect(await open(cookie, "wiki", "/secret/1")).toMatchObject({ status: 403, hits: 0 });

    await revoke(id);
    expect((await socket.cut).code).toBe(4403);
    expect(await open(cookie, "wiki")).toMatchObject({ status: 403, hits: 0 });
    await expect(revoke(id)).rejects.toThrow("not in force");
  });

  it('opens what @verify("approval") keeps closed, for this person alone', async () => {
    const bob = await personAt(originOf("vault"), "bob");
    const id = await askFor(system, bob, "vault");
    const alice = await personAt(originOf("vault"), "alice");
    expect(alice.last.status).toBe(403);
    await answerTo(system, alice, id, "approve");
    expect((await bob.visitor.visit(`${originOf("vault")}/`, "bob")).response.status).toBe(200);
    expect((await alice.visitor.visit(`${originOf("vault")}/`, "alice")).response.status).toBe(403);
    await revoke(id);
  });

  it("that is denied leaves all closed, and is over for good", async () => {
    const bob = await personAt(originOf("wiki"), "bob");
    const id = await askFor(system, bob, "wiki");
    const alice = await personAt(originOf("wiki"), "alice");
    const page = await alice.visitor.get(at(id));
    const fields = { csrf: hiddenIn(page, "csrf"), digest: hiddenIn(page, "digest") };
    const say = (verdict: string) =>
      postForm(system, alice.visitor, `${GRANTS}/${id}/answer`, { ...fields, verdict });
    expect((await say("deny")).status).toBe(303);
    expect((await grantOf(id)).status).toBe("denied");
    expect((await say("approve")).status).toBe(409);
    expect((await bob.visitor.visit(`${originOf("wiki")}/`, "bob")).response.status).toBe(403);
  });

  it("in an emergency opens the app at once, is told apart in the log, and is reviewed by another", async () => {
    const bob = await personAt(originOf("pager"), "bob");
    expect(bob.last.text).toContain("Request access");
    const id = await askFor(system, bob, "pager", { emergency: "1", reason: "the pager is down" });
    expect((await bob.visitor.visit(`${originOf("pager")}/`, "bob")).response.status).toBe(200);
    const { data } = await system.admin.call("audit.list", { query: { reason: "grant.emergency" } });
    expect(data.items[0]?.entry).toMatchObject({ target: id, detail: { reason: "the pager is down" } });
    const csrf = hiddenIn(await bob.visitor.get(at(id)), "csrf");
    expect((await postForm(system, bob.visitor, `${GRANTS}/${id}/review`, { csrf })).status).toBe(403);
    const alice = await personAt(originOf("wiki"), "alice");
    const hers = hiddenIn(await alice.visitor.get(at(id)), "csrf");
    expect((await postForm(system, alice.visitor, `${GRANTS}/${id}/review`, { csrf: hers })).status).toBe(
      303,
    );
    expect((await grantOf(id)).reviewedBy?.email).toBe("alice@example.com");
    await revoke(id);
  });
});

describe("a person who is disabled, or gets another address", () => {
  const changed = async (body: { status?: "active" | "disabled"; email?: string }) => {
    const { data } = await system.admin.call("users.list", { query: { search: "carol" } });
    const user = data.items[0]?.id ?? "";
    const { etag } = await system.admin.call("users.get", { params: { user } });
    await system.admin.call("users.update", { params: { user }, body, ifMatch: etag ?? "" });
  };

  it("has no request and no grant left, also after coming back", async () => {
    const carol = await personAt(originOf("wiki"), "carol");
    const alice = await personAt(originOf("wiki"), "alice");
    const [granted, waiting] = [await askFor(system, carol, "wiki"), await askFor(system, carol, "vault")];
    await answerTo(system, alice, granted, "approve");
    expect((await carol.visitor.visit(`${originOf("wiki")}/`, "carol")).response.status).toBe(200);
    await changed({ status: "disabled" });
    await changed({ status: "active" });
    expect([(await grantOf(granted)).status, (await grantOf(waiting)).status]).toEqual([
      "revoked",
      "revoked",
    ]);
    expect((await personAt(originOf("wiki"), "carol")).last.status).toBe(403);
  });

  it("holds nothing that was approved for the one who was shown", async () => {
    const carol = await personAt(originOf("wiki"), "carol");
    const alice = await personAt(originOf("wiki"), "alice");
    const id = await askFor(system, carol, "wiki");
    await answerTo(system, alice, id, "approve");
    await changed({ email: "eve@example.com" });
    expect((await grantOf(id)).status).toBe("revoked");
    await changed({ email: "carol@example.com" });
    expect((await personAt(originOf("wiki"), "carol")).last.status).toBe(403);
  });
});

describe("an approver", () => {
  it("learns of other apps nothing that they don't decide about, and of a person no more when all is decided", async () => {
    const bob = await personAt(originOf("wiki"), "bob");
    const [board, wiki] = [await askFor(system, bob, "board"), await askFor(system, bob, "wiki")];
    const dave = await personAt(originOf("wiki"), "dave");
    expect((await dave.visitor.get(at(board))).status).toBe(404);
    const page = await dave.visitor.get(at(wiki));
    expect([page.text.includes("About the person"), page.text.includes("board")]).toEqual([true, false]);
    const alice = await personAt(originOf("wiki"), "alice");
    expect((await alice.visitor.get(at(wiki))).text).toContain("asked for <bdi>board</bdi>");
    await answerTo(system, alice, board, "deny");
    await answerTo(system, dave, wiki, "deny");
    expect((await dave.visitor.get(at(wiki))).text).not.toContain("About the person");
  });
});

describe("an attacker", () => {
  it("can't answer their own request: not by the page, not by a token, not for themselves by the API", async () => {
    const bob = await personAt(originOf("wiki"), "bob");
    const id = await askFor(system, bob, "wiki");
    const { digest } = await grantOf(id);
    const csrf = hiddenIn(await bob.visitor.get(at(id)), "csrf");
    const own = await postForm(system, bob.visitor, `${GRANTS}/${id}/answer`, {
      csrf,
      digest,
      verdict: "approve",
    });
    expect(own.status).toBe(403);
    // The administrator's token is nobody's approval, whoever holds it.
    const byToken = system.admin.call("grants.approve", { params: { grant: id }, body: { digest } });
    await expect(byToken).rejects.toThrow("API token");
    expect((await grantOf(id)).answers).toEqual([]);
    await postForm(system, bob.visitor, `${GRANTS}/${id}/withdraw`, { csrf });
    expect((await grantOf(id)).status).toBe("withdrawn");
  });

  it("can't have an approver's browser approve, nor approve what was not shown", async () => {
    const bob = await personAt(originOf("wiki"), "bob");
    const id = await askFor(system, bob, "wiki");
    const alice = await personAt(originOf("wiki"), "alice");
    const page = await alice.visitor.get(at(id));
    const fields = { csrf: hiddenIn(page, "csrf"), digest: hiddenIn(page, "digest"), verdict: "approve" };
    const send = (body: Record<string, string>, headers: Record<string, string> = FROM_OUR_PAGE) =>
      postForm(system, alice.visitor, `${GRANTS}/${id}/answer`, body, headers);
    expect((await send(fields, { "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await send(fields, { "sec-fetch-site": "same-site" })).status).toBe(403);
    expect((await send({ ...fields, csrf: hiddenIn(await bob.visitor.get(at(id)), "csrf") })).status).toBe(
      403,
    );
    expect((await send({ ...fields, digest: "A".repeat(43) })).status).toBe(412);
    // The app moves to another host after it was shown.
    const { etag } = await system.admin.call("apps.get", { params: { app: "wiki" } });
    const moved = await system.admin.call("apps.update", {
      ...{ params: { app: "wiki" }, body: { host: "wiki2.localhost" }, ifMatch: etag ?? "" },
    });
    expect((await send(fields)).status).toBe(412);
    await system.admin.call("apps.update", {
      ...{ params: { app: "wiki" }, body: { host: "wiki.localhost" }, ifMatch: moved.etag ?? "" },
    });
    expect((await grantOf(id)).status).toBe("pending");
    await answerTo(system, alice, id, "deny");
  });

  it("learns nothing of apps by asking, gets no longer time, and hears nothing of the requests of others", async () => {
    const bob = await personAt(originOf("wiki"), "bob");
    const closed = (await system.admin.call("apps.get", { params: { app: "closed" } })).data.id;
    const wiki = (await system.admin.call("apps.get", { params: { app: "wiki" } })).data.id;
    const answers = await Promise.all(
      [closed, "app_00000000000000000000000000", "closed", "nothing"].map((app) =>
        bob.visitor.get(at(`ask?app=${app}`)),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);

    const csrf = hiddenIn(await bob.visitor.get(at(`ask?app=${wiki}`)), "csrf");
    const asked = { csrf, app: wiki, to: "/", reason: "x" };
    for (const wrong of [
      { seconds: "3601" },
      { seconds: "0" },
      { seconds: "x" },
      { seconds: "60", reason: " " },
      { emergency: "1" },
    ]) {
      const refused = await postForm(system, bob.visitor, `${GRANTS}/ask`, { ...asked, ...wrong });
      expect([wrong, refused.status]).toEqual([wrong, 422]);
    }
    const id = await askFor(system, bob, "wiki");
    const carol = await personAt(originOf("wiki"), "carol");
    expect((await carol.visitor.get(at(id))).status).toBe(404);
    expect((await carol.visitor.get(at(`${id}/news`))).status).toBe(404);
    const alice = await personAt(originOf("wiki"), "alice");
    expect((await alice.visitor.get(at(`${id}/news`))).status).toBe(404);
    await answerTo(system, alice, id, "deny");
  });
});
