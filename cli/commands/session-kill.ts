import type { Command } from "commander";
import type { Called } from "../../shared/api/client.ts";
import type { Answer } from "../../shared/api/endpoints.ts";
import type { App } from "../app.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { noteOption } from "../note-option.ts";

/** `sessions kill`: one session by id, or all of a user or an app. */
export function addSessionKill(program: Command, app: App): void {
  const sessions = program.commands.find((command) => command.name() === "sessions");
  sessions
    ?.command("kill")
    .addOption(noteOption())
    .argument("[id]", "the session's id")
    .description("End sessions now; their open streams are cut")
    .option("--user <user>", "all sessions of a user, by e-mail or id")
    .option("--app <app>", "all sessions of an app, by name or id")
    .action(async (id: string | undefined, { user, app: name }: { user?: string; app?: string }) => {
      if ([id, user, name].filter((one) => one !== undefined).length !== 1)
        throw new Failure(EXIT.usage, "Give one of: a session's id, --user or --app");
      const { call, client } = await app.hub();
      if (id !== undefined) {
        const { data: session } = await client.call("sessions.get", { params: { session: id } });
        const { data } = await client.call("sessions.kill", { params: { session: id } });
        app.emit(data, () => endedText(data));
        if (session.kind === "app" && data.ended.length > 0) app.note(COMES_BACK);
        return;
      }
      const body = user !== undefined ? { by: "user", user } : { by: "app", app: name };
      const { data } = (await call("sessions.killMany", { body })) as Called<Answer<"sessions.killMany">>;
      app.emit(data, () => endedText(data));
      if (name !== undefined && data.ended.length > 0) app.note(COMES_BACK);
    });
}

/** An app session hangs on a sign-in session, by which the app makes another one without asking. */
const COMES_BACK =
  "Whoever is still signed in comes back by opening the app again: end all with --user, and keep them out with `users update USER --status disabled`.";

function endedText({ ended, pending }: Answer<"sessions.kill">): string {
  const count = ended.length === 1 ? "1 session" : `${ended.length} sessions`;
  const later = pending > 0 ? ` ${pending} places could not be reached yet; they are tried again.` : "";
  return `Ended ${count}.${later}\n`;
}
