import type { Command } from "commander";
import { isToken } from "../../shared/api/tokens.ts";
import { type App, connect } from "../app.ts";
import { hubOrigin, removeConfig, writeConfig } from "../config.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { detailsOf } from "../output/things.ts";

export function addLoginCommands(program: Command, app: App): void {
  program
    .command("login")
    .description("Remember a hub and an API token")
    .requiredOption("--hub <url>", "address of the hub, such as https://hub.example.com")
    .option("--token <token>", "the API token; left out, it is asked for or read from stdin")
    .action(async (options: { hub: string; token?: string }) => {
      const hub = hubOrigin(options.hub);
      const token = options.token ?? (await askForToken(app));
      if (!isToken("rnapi", token))
        throw new Failure(EXIT.usage, "That is not a complete API token", {
          detail: "An API token begins with rnapi_ and carries a checksum, which does not fit.",
          hint: "Copy all of it, or have an owner create one with `rustronaut tokens create`.",
        });
      const { data } = await connect(hub, token).client.call("me.get");
      const path = await writeConfig(app.io.env, { hub, token });
      app.emit(
        { hub, config: path, me: data },
        () => `Logged in to ${hub} as ${data.actor} (${data.role}).\n`,
      );
    });

  program
    .command("logout")
    .description("Forget the hub and the token")
    .action(async () => {
      const removed = await removeConfig(app.io.env);
      app.emit({ removed }, () =>
        removed ? "Logged out. The token itself stays valid.\n" : "Nobody was logged in.\n",
      );
    });

  program
    .command("whoami")
    .description("Show the hub, the caller and its role")
    .action(async () => {
      const hub = await app.hub();
      const { data } = await hub.client.call("me.get");
      app.emit({ hub: hub.origin, ...data }, () => detailsOf({ hub: hub.origin, ...data }));
    });
}

async function askForToken(app: App): Promise<string> {
  const text = app.io.interactive
    ? await app.io.ask("API token: ", { secret: true })
    : await app.io.readStdin();
  return text.trim();
}
