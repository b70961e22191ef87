import { type Command, Option } from "commander";
import { machineName } from "../../shared/access/login/command-line/request.ts";
import { isCommandLineToken } from "../../shared/access/login/command-line/token.ts";
import type { Answer } from "../../shared/api/endpoints.ts";
import { isToken } from "../../shared/api/tokens.ts";
import { type App, connect } from "../app.ts";
import { hubOrigin, readConfig, removeConfig, writeConfig } from "../config.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { details } from "../output/table.ts";
import { timeLeft } from "../output/values.ts";
import { signInByBrowser } from "../sign-in/by-browser.ts";
import { signInByDevice } from "../sign-in/by-device.ts";
import { endSignIn } from "../sign-in/end.ts";

interface LoginOptions {
  readonly device?: boolean;
  /** True where it is to be asked for. */
  readonly token?: string | true;
  readonly hub?: string;
}

export function addLoginCommands(program: Command, app: App): void {
  program
    .command("login")
    .description("Sign in to a hub, by your browser")
    .argument("[hub]", "its address, such as https://hub.example.com; the last one unless said")
    .option(
      "--device",
      "by a code that you type on another device; without a browser here, this is the default",
    )
    .option("--token [token]", "with an API token instead; without one, it is asked for or read from stdin")
    .addOption(new Option("--hub <url>", "its address, as earlier releases took it").hideHelp())
    .action(async (given: string | undefined, options: LoginOptions) => {
      const hub = await hubOf(app, given ?? options.hub);
      await (options.token === undefined
        ? signIn(app, hub, options.device === true)
        : keepToken(app, hub, options.token));
    });

  program
    .command("logout")
    .description("Sign out of a hub")
    .argument("[hub]", "its address; the one that commands go to unless said")
    .action(async (given: string | undefined) => {
      const removed = await removeConfig(app.io.env, given === undefined ? undefined : hubOrigin(given));
      const isEnded = removed !== null && isCommandLineToken(removed.token) && (await endSignIn(removed));
      app.emit({ removed: removed !== null, ended: isEnded }, () => {
        if (removed === null) return "Nobody was signed in.\n";
        if (isEnded) return `Signed out of ${removed.hub}.\n`;
        return isCommandLineToken(removed.token)
          ? `Signed out here. ${removed.hub} could not be told: end the session there (\`rustronaut sessions list\`).\n`
          : "Signed out. The API token itself stays valid.\n";
      });
    });

  program
    .command("whoami")
    .description("Show the hub, who you are there, and your role")
    .action(async () => {
      const hub = await app.hub();
      const { data } = await hub.client.call("me.get");
      app.emit({ hub: hub.origin, ...data }, () => whoText(hub.origin, data));
    });
}

/** Who somebody is at a hub, line by line. What they act through is left out where it says nothing new. */
function whoText(hub: string, { user, role, via, actor, network }: Answer<"me.get">): string {
  const name = user?.name ? `${user.email} (${user.name})` : (user?.email ?? via ?? actor);
  return details([
    ["you are", name],
    ["your role", role ?? "none: you are not an administrator of this network"],
    ...(user && via ? [["you act by", via] as const] : []),
    ["network", network.name],
    ["hub", hub],
    ["sign-in", network.authOrigin],
  ]);
}

async function hubOf(app: App, given: string | undefined): Promise<string> {
  const hub = given ?? app.io.env.RUSTRONAUT_HUB ?? (await readConfig(app.io.env))?.hub;
  if (hub) return hubOrigin(hub);
  throw new Failure(EXIT.usage, "Which hub?", {
    hint: "Give its address: `rustronaut login https://hub.example.com`.",
  });
}

async function signIn(app: App, hub: string, device: boolean): Promise<void> {
  const { io } = app;
  const byDevice = device || io.openBrowser === null;
  const { access_token, expires_in, email, role } = await (byDevice ? signInByDevice : signInByBrowser)(
    io,
    hub,
    fitName(io.machine),
  );
  const path = await writeConfig(io.env, { hub, token: access_token });
  app.emit({ hub, config: path, user: { email, role }, expiresInSeconds: expires_in }, () => {
    const who = role === null ? email : `${email} (${role})`;
    return `Signed in to ${hub} as ${who}, for at most ${timeLeft(expires_in)}.\n`;
  });
}

async function keepToken(app: App, hub: string, given: string | true): Promise<void> {
  const token = given === true ? await askForToken(app) : given;
  if (!isToken("rnapi", token))
    throw new Failure(EXIT.usage, "That is not a complete API token", {
      detail: "An API token begins with rnapi_ and carries a checksum, which does not fit.",
      hint: "Copy all of it, or have an owner create one with `rustronaut tokens create`.",
    });
  const { data } = await connect(hub, token).client.call("me.get");
  const path = await writeConfig(app.io.env, { hub, token });
  app.emit({ hub, config: path, me: data }, () => {
    const of = data.user ? ` of ${data.user.email}` : "";
    return `Signed in to ${hub} with the API token ${data.apiToken?.name ?? data.actor}${of} (${data.role ?? "no role"}).\n`;
  });
}

/** The machine's name as the hub takes it. */
const fitName = (machine: string): string =>
  machineName(machine.replace(/[^\p{L}\p{N} ._-]/gu, "-").slice(0, 63)) ?? "a machine without a name";

async function askForToken(app: App): Promise<string> {
  const text = app.io.interactive
    ? await app.io.ask("API token: ", { secret: true })
    : await app.io.readStdin();
  return text.trim();
}
