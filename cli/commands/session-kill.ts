import type { Command } from "commander";
import type { Called } from "../../shared/api/client.ts";
import type { Answer } from "../../shared/api/endpoints.ts";
import type { App } from "../app.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";

/** `sessions kill`: one session by id, or all of a user or an app. */
export function addSessionKill(program: Command, app: App): void {
  const sessions = program.commands.find((command) => command.name() === "sessions");
  sessions
    ?.command("kill")
    .argument("[id]", "the session's id")
    .description("End sessions now; their open streams are cut")
    .option("--user <user>", "all sessions of a user, by e-mail or id")
    .option("--app <app>", "all sessions of an app, by name or id")
    .action(async (id: string | undefined, { user, app: name }: { user?: string; app?: string }) => {
      if ([id, user, name].filter((one) => one !== undefined).length !== 1)
        throw new Failure(EXIT.usage, "Give one of: a session's id, --user or --app");
      const { call, client } = await app.hub();
      if (id !== undefined) {
        await client.call("sessions.kill", { params: { session: id } });
        return app.emit({ ended: [id] }, () => `Ended ${id}.\n`);
      }
      const body = user !== undefined ? { by: "user", user } : { by: "app", app: name };
      const { data } = (await call("sessions.killMany", { body })) as Called<Answer<"sessions.killMany">>;
      const pending =
        data.pending > 0
          ? ` ${data.pending} session object(s) could not be reached yet; they are retried.`
          : "";
      app.emit(data, () => `Ended ${data.ended.length} session(s).${pending}\n`);
    });
}
