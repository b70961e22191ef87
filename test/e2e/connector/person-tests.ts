import { connect, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { type AppSession, appSession } from "../../../cli/tcp/app-sessions.ts";
import { openConnection } from "../../../cli/tcp/connection.ts";
import { cookieOf } from "../../../shared/access/login/command-line/token.ts";
import { signIn } from "../../support/attack.ts";
import type { System } from "../../support/harness.ts";
import { until } from "../../support/mesh.ts";
import type { Shell } from "../cli/process.ts";
import { stepsOf } from "../cli/sign-in-steps.ts";

/** A TCP app that a person opens with the session of their command line, and what a thief could try. */
export function personTests(system: () => System): void {
  const { signedIn, agreed, post } = stepsOf(system);
  const origin = (app: string) => `http://${app}.localhost:${system().port}`;

  /** `rustronaut tcp database`, as this person runs it. */
  async function tcp(shell: Shell) {
    const end = new AbortController();
    let said = "";
    const hear = (text: string) => {
      said += text;
    };
    void shell.run(["tcp", "database"], "", hear, end.signal);
    await until("it listens", () => / is at 127\.0\.0\.1:\d+/.test(said), 20, 50);
    const port = Number(/ is at 127\.0\.0\.1:(\d+)/.exec(said)?.[1]);
    return {
      said: () => said,
      /** A connection that has echoed once. */
      held: async () => {
        const socket = connect({ host: "127.0.0.1", port }).on("error", () => {});
        socket.write("hello");
        await new Promise((resolve) => socket.once("data", resolve));
        return { socket, cut: new Promise((resolve) => socket.once("close", resolve)) };
      },
      refused: () => new Promise((resolve) => refusedSocket(port).once("close", resolve)),
      end: () => end.abort(),
    };
  }
  const refusedSocket = (port: number): Socket => connect({ host: "127.0.0.1", port }).on("error", () => {});

  const sessionsOf = async (app: string) =>
    (await system().admin.call("sessions.list", { query: { app, state: "live" } })).data.items;

  async function setPolicy(enabled: boolean): Promise<void> {
    const { etag } = await system().admin.call("policies.get", { params: { policy: "all" } });
    await system().admin.call("policies.update", {
      ...{ params: { policy: "all" }, body: { enabled }, ifMatch: etag ?? "" },
    });
  }

  describe("a TCP app of a person who signed in with `rustronaut login`", () => {
    it("opens by its name, as the person, and each connection is recorded as theirs", async () => {
      const program = await tcp(await signedIn("alice"));
      const { socket } = await program.held();
      const [session] = await sessionsOf("database");
      expect(session).toMatchObject({ email: "alice@example.com", userAgent: "rustronaut on build-7" });
      const decisions = async () =>
        (await system().admin.call("decisions.list", { query: { app: "database" } })).data.items;
      await expect.poll(decisions).toContainEqual(
        expect.objectContaining({
          sessionId: session?.id,
          facts: expect.objectContaining({ action: "connect" }),
        }),
      );
      socket.destroy();
      program.end();
    });

    it("ends with the command line, whatever ends that, and is not opened again", async () => {
      const shell = await signedIn("alice");
      const program = await tcp(shell);
      const { cut } = await program.held();
      expect((await shell.run(["logout"])).code).toBe(0);
      await cut;
      await expect.poll(program.said).toContain("A connection was cut: 4401 parent_ended");
      await program.refused();
      await expect.poll(program.said).toContain("This command line is not signed in any more");
      program.end();
    });

    it("ends when an administrator ends the command line: each session below it is named", async () => {
      const program = await tcp(await signedIn("alice"));
      const { cut } = await program.held();
      const [{ id } = { id: "" }] = await sessionsOf("command-line");
      const below = (await sessionsOf("database")).filter(({ parentId }) => parentId === id);
      const { data } = await system().admin.call("sessions.kill", { params: { session: id } });
      expect([...data.ended].sort()).toEqual([id, ...below.map((one) => one.id)].sort());
      await cut;
      program.end();
    });

    it("goes on with a new session when only its own session ended", async () => {
      const program = await tcp(await signedIn("alice"));
      const { cut } = await program.held();
      await system().admin.call("sessions.killMany", { body: { by: "app", app: "database" } });
      await cut;
      const again = await program.held();
      again.socket.destroy();
      program.end();
    });

    it("ends when a policy no longer allows it, and a new connection is judged anew", async () => {
      const program = await tcp(await signedIn("alice"));
      const { cut } = await program.held();
      await setPolicy(false);
      await cut;
      await expect.poll(program.said).toContain("A connection was cut: 4403");
      await program.refused();
      await expect.poll(program.said).toMatch(/A connection was refused: A policy does not allow this.*dec_/);
      await setPolicy(true);
      (await program.held()).socket.destroy();
      program.end();
    });

    it("ends when risk leaves the session reading only: nobody sees what bytes change", async () => {
      const program = await tcp(await signedIn("alice"));
      const { cut } = await program.held();
      const [{ userId } = { userId: "" }] = await sessionsOf("database");
      const risk = { params: { user: userId }, body: { score: 55 } };
      await system().admin.call("risk.set", risk);
      await cut;
      await program.refused();
      await expect.poll(program.said).toContain("The gateway wants a new sign-in");
      await system().admin.call("risk.clear", { params: { user: userId } });
      program.end();
    });

    it("is denied to somebody without the group, by the gateway and with a number", async () => {
      const shell = await signedIn("bob");
      const ended = await shell.run(["ssh-proxy", "database"]);
      expect(ended).toMatchObject({
        code: 3,
        err: expect.stringMatching(/A policy does not allow this.*dec_/s),
      });
    });

    it("keeps its session in a private file, and asks for no second one", async () => {
      const shell = await signedIn("alice");
      const before = (await sessionsOf("database")).length;
      for (let i = 0; i < 3; i++) {
        const program = await tcp(shell);
        (await program.held()).socket.destroy();
        program.end();
      }
      expect((await sessionsOf("database")).length).toBe(before + 1);
    });
  });

  describe("who took a token of a command line", () => {
    const config = (token: string | undefined) => ({ hub: system().hubOrigin, token: token ?? "" });
    const exchange = (fields: Record<string, string>) =>
      post("/oauth/token", {
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
        ...fields,
      });

    /** Tokens of alice: of the command line, and for the database. */
    async function stolen() {
      const { json } = await (await agreed("alice")).redeem();
      const home = (await signedIn("alice")).home;
      const session: AppSession = await appSession(
        { XDG_CONFIG_HOME: home },
        config(json.access_token),
        "database",
      );
      return { token: json.access_token ?? "", session };
    }

    const asBearer = (app: string, token: string, more: Record<string, string> = {}) =>
      openConnection(new URL(origin(app)), { authorization: `Bearer ${token}`, ...more }).then(
        (socket) => {
          socket.terminate();
          return "open";
        },
        (error) => `${error.title}: ${error.detail}`,
      );

    it("opens no other app with it, not the hub, and no new session", async () => {
      const { token, session } = await stolen();
      expect(await asBearer("database", session.token)).toBe("open");
      for (const app of ["wiki", "app", "hub", "auth"])
        expect(await asBearer(app, session.token), app).not.toBe("open");
      expect(await asBearer("wiki", session.token)).toContain("401 invalid_credentials");
      expect(await asBearer("database", token)).toContain("401 invalid_credentials");
      expect((await exchange({ subject_token: session.token, audience: "database" })).json.error).toBe(
        "invalid_request",
      );
      const { me } = stepsOf(system);
      expect((await me(session.token)).status).toBe(401);
      expect((await me(`rncli_${cookieOf(session.token)}`)).status).toBe(401);
    });

    it("finds no way around it: beside a cookie or another token, the bad one counts", async () => {
      const { session } = await stolen();
      const alice = await signIn(system(), "alice", origin("wiki"));
      const cookie = alice.visitor.cookieHeader(origin("wiki"));
      const own = { cookie, origin: origin("wiki") };
      expect(await asBearer("wiki", `${session.token}x`, own)).toContain("invalid_credentials");
      const two = { "x-rustronaut-service-token": session.token };
      expect(await asBearer("database", session.token, two)).toContain("invalid_credentials");
      expect(await asBearer("database", `${session.token}, Bearer ${session.token}`)).toContain("401");
      expect(await asBearer("database", session.token, { origin: "https://evil.example" })).toContain(
        "origin_not_allowed",
      );
    });

    it("gets no session of a website, of an unknown app, or of a command line that is over", async () => {
      const { token, session } = await stolen();
      for (const audience of ["wiki", "wiki.localhost", "nothing", "", "command-line", "hub"])
        expect((await exchange({ subject_token: token, audience })).json.error, audience).toBe(
          "invalid_target",
        );
      await post("/oauth/revoke", { token });
      expect((await exchange({ subject_token: token, audience: "database" })).json.error).toBe(
        "invalid_grant",
      );
      await expect.poll(() => asBearer("database", session.token)).toContain("401 session_ended");
      expect((await exchange({ subject_token: "rncli_x", audience: "database" })).json.error).toBe(
        "invalid_grant",
      );
      expect((await exchange({ subject_token: "rnapi_x", audience: "database" })).json.error).toBe(
        "invalid_request",
      );
    });
  });
}
