import type { Command } from "commander";
import type { App, Hub } from "../app.ts";
import { confirm } from "../confirm.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { askFounding, askPlaces, askProvider, type InitOptions, type Places } from "../init/answers.ts";
import { checkDeployment, type Finding } from "../init/check.ts";
import { isKnown, ownerHub } from "../init/hub.ts";
import { type Deployment, type Step, stepsOf } from "../init/steps.ts";
import { openWrangler, type Wrangler } from "../init/wrangler.ts";
import { readSettings } from "../init/wrangler-file.ts";

/** `init`: from a clone to a network that people sign in to. */
export function addInitCommand(program: Command, app: App): void {
  program
    .command("init")
    .description("Deploy to your Cloudflare account: database, secrets, hosts, owner, identity provider")
    .option("--zone <domain>", "domain that your Cloudflare account serves, such as example.com")
    .option("--auth-host <host>", "where people sign in; auth.<zone> unless said")
    .option("--hub-host <host>", "where you administrate; hub.<zone> unless said")
    .option("--apps-host <domain>", "below which the apps are; apps.<zone> unless said")
    .option("--name <text>", "what people know the network by; the zone unless said")
    .option("--owner <address>", "your e-mail address, exactly as your identity provider gives it")
    .option("--provider <name>", "what the sign-in page calls your identity provider; its host unless said")
    .option("--no-provider", "leave the identity provider for later")
    .option("--issuer <url>", "URL of your OpenID provider, as its discovery document names it")
    .option("--client-id <id>", "the client id that it gave you")
    .option("--client-secret-file <path>", "a file with the client secret, or - for stdin")
    .option("--account <id>", "the Cloudflare account, where you have several")
    .option("--secret-key-file <path>", "keeps SECRET_KEY in this file too; one that exists is used")
    .option("--config <path>", "the wrangler.toml to write", "wrangler.toml")
    .option("--wrangler <path>", "a wrangler in place of the repository's own")
    .option("--dry-run", "only show what would be done")
    .option("--check", "only check what is deployed")
    .option("-y, --yes", "do not ask: options and what is usual say everything")
    .action(async (options: InitOptions) => (options.check ? checkOnly(app, options) : init(app, options)));
}

async function init(app: App, options: InitOptions): Promise<void> {
  const wrangler = openWrangler(options.wrangler, options.config, app.io.env);
  const deployment = await ask(app, wrangler, options);
  const steps = stepsOf(deployment);
  if (options.dryRun) {
    const titles = steps.map(({ title }) => title);
    return app.emit({ steps: titles }, () => planOf(steps));
  }
  app.note(planOf(steps));
  await confirm(app, "Go on?", options.yes ?? false);
  for (const step of steps) await take(app, step);
  const hub = await ownerHub(app, deployment.places.hubOrigin);
  if (hub) await report(app, hub, deployment.places);
}

async function ask(app: App, wrangler: Wrangler, options: InitOptions): Promise<Deployment> {
  const settings = readSettings(await app.io.readFile(options.config));
  const accountId = await accountOf(app, wrangler, options.account ?? settings.accountId ?? undefined);
  const places = await askPlaces(app, options, settings);
  const isFounded = await isKnown(app, places.hubOrigin);
  return {
    app,
    wrangler,
    config: options.config,
    accountId,
    places,
    founding: isFounded ? null : await askFounding(app, options, places.zone),
    provider: await askProvider(app, options),
    secretKeyFile: options.secretKeyFile ?? null,
  };
}

/** The account to name in the file; null where there is only one to choose. */
async function accountOf(app: App, wrangler: Wrangler, given: string | undefined): Promise<string | null> {
  const accounts = await wrangler.accounts();
  if (accounts === null)
    throw new Failure(EXIT.unauthorised, "wrangler is not signed in to Cloudflare", {
      hint: "Run `npx wrangler login`, then this command again.",
    });
  if (given === undefined && (accounts.length === 1 || app.io.env.CLOUDFLARE_ACCOUNT_ID)) return null;
  const chosen = accounts.find(({ id }) => id === given);
  if (chosen) return chosen.id;
  throw new Failure(EXIT.usage, given ? `You have no account ${given}` : "You have several accounts", {
    detail: accounts.map(({ id, name }) => `${id}  ${name}`).join("\n"),
    hint: "Choose one with --account.",
  });
}

const planOf = (steps: readonly Step[]): string =>
  [
    "This will be done; what is done already is left as it is:",
    ...steps.map(({ title }, at) => `  ${at + 1}. ${title}`),
    "",
  ].join("\n");

async function take(app: App, step: Step): Promise<void> {
  if (await step.isDone()) return app.note(`✓ ${step.title}: done already`);
  app.note(`… ${step.title}`);
  const said = await step.run();
  app.note(`✓ ${step.title}${said ? `\n  ${said.replaceAll("\n", "\n  ")}` : ""}`);
}

async function checkOnly(app: App, options: InitOptions): Promise<void> {
  const places = await askPlaces(
    app,
    { ...options, yes: true },
    readSettings(await app.io.readFile(options.config)),
  );
  const hub = await ownerHub(app, places.hubOrigin);
  if (!hub)
    throw new Failure(EXIT.unauthorised, `You are not signed in to ${places.hubOrigin}`, {
      hint: `Run \`rustronaut login ${places.hubOrigin}\`.`,
    });
  await report(app, hub, places);
}

const MARKS = { good: "✓", warn: "!", bad: "✗" } as const;

async function report(app: App, hub: Hub, places: Places): Promise<void> {
  const findings = await checkDeployment(hub, places);
  const redirectUri = `${places.authOrigin}/.rustronaut/callback`;
  const logoutUri = `${places.authOrigin}/.rustronaut/backchannel-logout`;
  app.emit({ findings, redirectUri, logoutUri }, () =>
    [
      ...findings.map(({ about, result, words }: Finding) => `${MARKS[result]} ${about}: ${words}`),
      "",
      "Register at your identity provider",
      `  redirect URI             ${redirectUri}`,
      `  back-channel logout URI  ${logoutUri}`,
      `Then open ${hub.origin} and sign in. Next: docs/first-app.md`,
      "",
    ].join("\n"),
  );
  if (findings.some(({ result }) => result === "bad"))
    throw new Failure(EXIT.failure, "Not everything works yet", {
      hint: "Mend what is marked with ✗, then run `rustronaut init --check`.",
    });
}
